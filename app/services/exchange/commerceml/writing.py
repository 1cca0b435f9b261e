"""Goods and orders for 1C, as much of them as whoever asks sees."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.formats import commerceml_writing as xml
from app.domain.formats.commerceml import OWN
from app.domain.formats.commerceml_writing import SoldBy, SoldItem, SoldLine, SoldOrder, SoldTo
from app.domain.words import CounterpartyKind, InfoType, OrderStatus, PaymentState
from app.formatting import currency_code
from app.models.captions import caption
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.orders import BuyerOrder, OrderLine
from app.models.organisation import Organisation
from app.models.products import Item
from app.queries.sql import one_of
from app.services.exchange.fields import CONTACT_INFORMATION

BATCH = 500  # orders in memory
GOOD = "<Товар>".encode()
WAYS = (InfoType.PHONE, InfoType.EMAIL, InfoType.ADDRESS)


def file_of(session: Session, lacking: Collection[str]) -> Iterator[tuple[int, bytes]]:
    """All goods and orders as one file, in blocks, each with the number of its rows."""
    now, currency = session.scalars(select(func.now())).one(), currency_code()
    ours = session.scalars(select(Organisation)).one()
    firm = SoldBy(ours.name or "Vizavi", ours.inn, ours.kpp)
    groups = session.scalars(select(Item.group).where(Item.group != "").distinct().order_by(Item.group)).all()
    yield 0, xml.opening(now)
    for block in xml.catalogue(goods(session), groups, firm):
        yield int(block.startswith(GOOD)), block
    for block in xml.offers(goods(session), firm, currency):
        yield 0, block
    ids = session.scalars(select(BuyerOrder.id).order_by(BuyerOrder.id)).all()
    for order in orders(session, ids, lacking):
        yield 1, xml.document(order, currency)
    yield 0, xml.closing()


def goods(session: Session) -> Iterator[SoldItem]:
    rows = session.scalars(select(Item).order_by(Item.id), execution_options={"yield_per": BATCH})
    return map(good, rows)


def good(item: Item) -> SoldItem:
    key = item.outside_key or OWN + item.code
    return SoldItem(
        key, item.code, item.name, item.unit, item.group, item.vat, item.is_service, item.price.normalize(), item.stock
    )


def orders(session: Session, ids: Sequence[int], lacking: Collection[str] = ()) -> Iterator[SoldOrder]:
    """The orders of these numbers, in their order, those that are seen."""
    for first in range(0, len(ids), BATCH):
        some = ids[first : first + BATCH]
        query = select(BuyerOrder).where(one_of(BuyerOrder.id, some)).order_by(BuyerOrder.id)
        query = query.options(
            joinedload(BuyerOrder.counterparty),
            joinedload(BuyerOrder.counterparty_name),
            selectinload(BuyerOrder.lines).joinedload(OrderLine.item),
        )
        rows = session.scalars(query).all()
        seen = [row.counterparty for row in rows if row.counterparty is not None]
        ways = ways_of(session, [each.id for each in seen]) if CONTACT_INFORMATION not in lacking else {}
        yield from (sold(row, ways) for row in rows)


Ways = dict[int, dict[InfoType, list[str]]]


def ways_of(session: Session, ids: Sequence[int]) -> Ways:
    """How the clients themselves are reached."""
    found: Ways = {}
    query = (
        select(ContactInfo.counterparty_id, ContactInfoKind.type, ContactInfo.value)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(one_of(ContactInfo.counterparty_id, ids), ContactInfo.person_id.is_(None))
        .where(ContactInfoKind.type.in_(WAYS))
        .order_by(ContactInfoKind.position, ContactInfo.id)
    )
    for whose, kind, value in session.execute(query):
        found.setdefault(whose, {}).setdefault(kind, []).append(value)
    return found


def sold(order: BuyerOrder, ways: Ways) -> SoldOrder:
    return SoldOrder(
        order.outside_key or f"{OWN}{order.id}",
        order.number,
        order.date,
        order.amount,
        party(order, ways),
        tuple(
            SoldLine(good(line.item), line.quantity, line.price.normalize(), line.discount, line.amount, line.vat)
            for line in order.lines
        ),
        order.pay_by,
        order.ship_on,
        order.comment,
        order.delivery_address,
        {
            "Статус заказа": caption(order.status),
            "Заказ оплачен": str(order.payment_state is PaymentState.FULL).lower(),
            "Отменен": str(order.status is OrderStatus.CLOSED and not order.shipped_quantity).lower(),
        },
    )


def party(order: BuyerOrder, ways: Ways) -> SoldTo:
    """The buyer; of an order that is seen for itself no more than his name."""
    buyer: Counterparty | None = order.counterparty
    if buyer is None:
        name = order.counterparty_name
        return SoldTo(OWN + name.code, name.name, "", is_person=False)
    mine = ways.get(buyer.id, {})
    return SoldTo(
        OWN + buyer.code,
        buyer.name,
        buyer.full_name,
        buyer.kind is CounterpartyKind.PERSON,
        buyer.inn,
        buyer.kpp,
        next(iter(mine.get(InfoType.ADDRESS, [])), ""),
        tuple(mine.get(InfoType.PHONE, [])),
        tuple(mine.get(InfoType.EMAIL, [])),
    )
