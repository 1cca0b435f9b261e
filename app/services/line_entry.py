"""What a form with rows of items asks while one types: items with their prices, rows from a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.domain.digits import PRICE
from app.domain.formats.values import BadValue, parse_decimal
from app.formatting import plain
from app.models.products import Item
from app.queries import search
from app.queries.sql import one_of

PAGE = 20
PriceAndDiscount = tuple[Decimal, Decimal]


@dataclass(frozen=True)
class Prices:
    """Where prices of the lines come from: the last price and discount with the counterparty, else the usual one."""

    last: Callable[[Session, int, Sequence[int]], dict[int, PriceAndDiscount]]
    usual: Callable[[Item], Decimal | None]


def items_of(session: Session, ids: Collection[int]) -> dict[int, Item]:
    """The items by number; the base is asked only for those that the session has not read, for all see all of them."""
    items: dict[int, Item] = {}
    for number in ids:
        held = session.identity_map.get(identity_key(Item, number))
        if held is not None and not inspect(held).expired_attributes:
            items[number] = held
    missing = set(ids) - items.keys()
    if missing:
        items |= {item.id: item for item in session.scalars(select(Item).where(one_of(Item.id, missing)))}
    return items


@dataclass(frozen=True)
class OfferedItem:
    """An item that may be picked; price and discount are as people type them, `last` when the client had them."""

    item: Item
    price: str
    discount: str
    last: bool


@dataclass(frozen=True)
class OfferedItems:
    items: list[OfferedItem]
    more: bool


@dataclass(frozen=True)
class PastedLine:
    offer: OfferedItem
    quantity: str
    price: str
    discount: str


@dataclass
class Pasted:
    lines: list[PastedLine] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def offer_items(
    session: Session, text: str, counterparty_id: int | None, *, page: int = 1, prices: Prices
) -> OfferedItems:
    """A page of items by code or any word's beginning, in the order of names."""
    query = select(Item).order_by(Item.name_sort, Item.id)
    if text.strip():
        query = query.where(search.item_matches(text))
    found = session.scalars(query.limit(PAGE + 1).offset((min(page, 50) - 1) * PAGE)).all()
    return OfferedItems(_offered(session, found[:PAGE], counterparty_id, prices), len(found) > PAGE)


def read_rows(
    session: Session, rows: Sequence[Sequence[str]], counterparty_id: int | None, *, prices: Prices
) -> Pasted:
    """Rows of code or name, quantity, price, discount; the last two may be missing."""
    typed = [[cell.strip() for cell in row] for row in rows if row and row[0].strip()]
    names = {row[0] for row in typed}
    folded = {name.lower().replace("ё", "е") for name in names}
    found = session.scalars(select(Item).where(or_(Item.code.in_(names), Item.name_sort.in_(folded)))).all()
    offers = {offer.item.id: offer for offer in _offered(session, found, counterparty_id, prices)}
    by_name = {item.name_sort: item.id for item in found} | {item.code: item.id for item in found}
    pasted = Pasted()
    for row in typed:
        number = by_name.get(row[0]) or by_name.get(row[0].lower().replace("ё", "е"))
        if number is None:
            pasted.unknown.append(row[0])
            continue
        offer = offers[number]
        quantity, price, discount = ([*row[1:4], "", "", ""])[:3]
        pasted.lines.append(
            PastedLine(offer, _cell(quantity) or "1", _cell(price) or offer.price, _cell(discount) or offer.discount)
        )
    return pasted


def _offered(session: Session, found: Sequence[Item], counterparty_id: int | None, prices: Prices) -> list[OfferedItem]:
    last: dict[int, PriceAndDiscount] = {}
    if counterparty_id is not None and found:
        last = prices.last(session, counterparty_id, [item.id for item in found])
    offers = []
    for item in found:
        price, discount = last.get(item.id, (prices.usual(item), Decimal(0)))
        offers.append(OfferedItem(item, "" if price is None else f"{price:f}", f"{discount:f}", item.id in last))
    return offers


def _cell(text: str) -> str:
    """A number out of a spreadsheet as it is typed here; what is no number is shown as it came."""
    try:
        return plain(parse_decimal(text, PRICE)) if text else ""
    except BadValue:
        return text
