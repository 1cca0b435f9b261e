"""What the forms made from an order are filled with, and what they say of the buyer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.words import InfoType
from app.formatting import money
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.movements import Shipment, ShipmentLine
from app.models.products import Item
from app.queries.sales import settlements
from app.services.line_entry import Prices
from app.services.sales.orders import last_price
from app.services.typed import RestLine

# Of sales: the price and discount of the buyer's last order, else the usual price.
SALE = Prices(last_price, attrgetter("price"))


@dataclass(frozen=True)
class BuyerSummary:
    """Delivery addresses; what the buyer owes, in words, and whether some of it is overdue; what to remember of him."""

    addresses: list[str]
    balance: str
    is_overdue: bool
    needs: str


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
    """What was shipped by the order and not returned, by item, price and rate of VAT: a return is filled in with it."""
    left = func.sum(ShipmentLine.quantity)
    query = (
        select(Item, ShipmentLine.price, ShipmentLine.discount, ShipmentLine.vat, left.label("quantity"))
        .join(ShipmentLine.item)
        .join(ShipmentLine.shipment)
        .where(Shipment.order_id == order_id, Shipment.stands())
        .group_by(Item.id, ShipmentLine.price, ShipmentLine.discount, ShipmentLine.vat)
        .having(left > 0)
        .order_by(Item.name_sort, Item.id)
    )
    return [
        RestLine(item=row.Item, quantity=row.quantity, price=row.price, discount=row.discount, vat=row.vat)
        for row in session.execute(query)
    ]
