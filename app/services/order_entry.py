"""What the form of an order asks while one types: items with their last prices, rows from a spreadsheet, the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.formats.values import BadValue, parse_decimal
from app.domain.words import InfoType
from app.formatting import money, plain
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.movements import Shipment, ShipmentLine
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.queries import search, settlements
from app.queries.sql import one_of
from app.services.orders import last_price
from app.services.typed import RestLine

PAGE = 20
PriceAndDiscount = tuple[Decimal, Decimal]


@dataclass(frozen=True)
class Prices:
    """Where prices of the lines come from: the last price and discount with the counterparty, else the usual one."""

    last: Callable[[Session, int, Sequence[int]], dict[int, PriceAndDiscount]]
    usual: Callable[[Item], Decimal | None]


SALE = Prices(last_price, attrgetter("price"))


@dataclass(frozen=True)
class Choice:
    """An item that may be picked; price and discount are as people type them, `last` when the client had them."""

    item: Item
    price: str
    discount: str
    last: bool


@dataclass(frozen=True)
class Choices:
    choices: list[Choice]
    more: bool


@dataclass(frozen=True)
class PastedLine:
    choice: Choice
    quantity: str
    price: str
    discount: str


@dataclass
class Pasted:
    lines: list[PastedLine] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class BuyerSummary:
    """Delivery addresses; what the buyer owes, in words, and whether some of it is overdue; what to remember of him."""

    addresses: list[str]
    balance: str
    is_overdue: bool
    needs: str


def items(session: Session, text: str, counterparty_id: int | None, *, page: int = 1, prices: Prices = SALE) -> Choices:
    """A page of items by code or any word's beginning, in the order of names."""
    query = select(Item).order_by(Item.name_sort, Item.id)
    if text.strip():
        query = query.where(search.item_found(text))
    found = session.scalars(query.limit(PAGE + 1).offset((min(page, 50) - 1) * PAGE)).all()
    return Choices(_choices(session, found[:PAGE], counterparty_id, prices), len(found) > PAGE)


def paste(
    session: Session, rows: Sequence[Sequence[str]], counterparty_id: int | None, *, prices: Prices = SALE
) -> Pasted:
    """Rows of code or name, quantity, price, discount; the last two may be missing."""
    typed = [[cell.strip() for cell in row] for row in rows if row and row[0].strip()]
    names = {row[0] for row in typed}
    folded = {name.lower().replace("ё", "е") for name in names}
    found = session.scalars(select(Item).where(or_(Item.code.in_(names), Item.name_sort.in_(folded)))).all()
    choices = {choice.item.id: choice for choice in _choices(session, found, counterparty_id, prices)}
    by_name = {item.name_sort: item.id for item in found} | {item.code: item.id for item in found}
    pasted = Pasted()
    for row in typed:
        number = by_name.get(row[0]) or by_name.get(row[0].lower().replace("ё", "е"))
        if number is None:
            pasted.unknown.append(row[0])
            continue
        choice = choices[number]
        quantity, price, discount = ([*row[1:4], "", "", ""])[:3]
        pasted.lines.append(
            PastedLine(choice, _cell(quantity) or "1", _cell(price) or choice.price, _cell(discount) or choice.discount)
        )
    return pasted


def summary_of(session: Session, counterparty: Counterparty, *, today: date) -> BuyerSummary:
    addresses = session.scalars(
        select(ContactInfo.value)
        .join(ContactInfo.kind)
        .where(ContactInfo.counterparty_id == counterparty.id, ContactInfoKind.type == InfoType.ADDRESS)
        .order_by(ContactInfoKind.position.desc(), ContactInfo.id)
        .limit(20)
    ).all()
    row = session.execute(settlements.overdue(today, [counterparty.id])).first()
    balance, is_overdue = "", False
    if row is not None and row.debt:
        owes, is_overdue = row.debt > 0, bool(row.overdue)
        balance = _("Owes us %(sum)s") if owes else _("Paid in advance %(sum)s")
        balance %= {"sum": money(abs(row.debt))}
        if is_overdue:
            balance += ", " + _("overdue %(sum)s", sum=money(row.overdue))
    return BuyerSummary(list(addresses), balance, is_overdue, counterparty.needs)


def shipped_of(session: Session, order_id: int) -> list[RestLine]:
    """What was shipped by the order and not returned, by item and price: a return is filled in with it."""
    left = func.sum(ShipmentLine.quantity)
    query = (
        select(Item, ShipmentLine.price, ShipmentLine.discount, left.label("quantity"))
        .join(ShipmentLine.item)
        .join(ShipmentLine.shipment)
        .where(Shipment.order_id == order_id)
        .group_by(Item.id, ShipmentLine.price, ShipmentLine.discount)
        .having(left > 0)
        .order_by(Item.name_sort, Item.id)
    )
    return [
        RestLine(item=row.Item, quantity=row.quantity, price=row.price, discount=row.discount)
        for row in session.execute(query)
    ]


def named(session: Session, order_ids: Sequence[int]) -> list[str]:
    """Numbers of the orders that the viewer sees."""
    return list(
        session.scalars(select(BuyerOrder.number).where(one_of(BuyerOrder.id, order_ids)).order_by(BuyerOrder.id))
    )


def _choices(session: Session, found: Sequence[Item], counterparty_id: int | None, prices: Prices) -> list[Choice]:
    last: dict[int, PriceAndDiscount] = {}
    if counterparty_id is not None and found:
        last = prices.last(session, counterparty_id, [item.id for item in found])
    choices = []
    for item in found:
        price, discount = last.get(item.id, (prices.usual(item), Decimal(0)))
        choices.append(Choice(item, "" if price is None else f"{price:f}", f"{discount:f}", item.id in last))
    return choices


def _cell(text: str) -> str:
    """A number out of a spreadsheet as it is typed here; what is no number is shown as it came."""
    try:
        return plain(parse_decimal(text, 3)) if text else ""
    except BadValue:
        return text
