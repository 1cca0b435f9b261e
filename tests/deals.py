"""Orders and their documents for tests, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services.sales.orders import save_order
from app.services.sales.payments import pay, refund
from app.services.sales.shipments import ship, take_return
from app.services.typed import LineDraft, OrderDraft, PaymentDraft, RefundDraft, ShipmentDraft, ShippedDraft
from tests.factories import added, numbers

D = Decimal
DAY = date(2026, 3, 10)
Goods = Mapping[Item, Any]


def item(session: Session, price: Any = 100, **more: Any) -> Item:
    number = next(numbers)
    return added(session, Item(**{"code": f"Т-{number:05}", "name": f"Товар {number}", "price": D(price), **more}))


def order(session: Session, of: Counterparty, goods: Goods, on: date = DAY, **more: Any) -> BuyerOrder:
    """An order of so many of each item, at the item's price."""
    lines = [LineDraft(i.id, D(str(quantity)), i.price) for i, quantity in goods.items()]
    return save_order(session, OrderDraft(counterparty_id=of.id, date=on, lines=lines, **more))


def shipped(session: Session, by: BuyerOrder, goods: Goods, on: date = DAY, **more: Any) -> Shipment:
    return ship(session, _moved(by, goods, on, more))


def returned(session: Session, by: BuyerOrder, goods: Goods, on: date = DAY, **more: Any) -> Shipment:
    return take_return(session, _moved(by, goods, on, more))


def _moved(by: BuyerOrder, goods: Goods, on: date, more: Mapping[str, Any]) -> ShipmentDraft:
    lines = [ShippedDraft(i.id, D(str(quantity)), i.price) for i, quantity in goods.items()]
    return ShipmentDraft(by.counterparty_id, on, lines, order_id=by.id, **more)


def paid(session: Session, by: Counterparty, amount: Any, on: date = DAY, **more: Any) -> Payment:
    """More than is left to pay is an advance."""
    return pay(session, PaymentDraft(by.id, on, D(str(amount)), **{"confirmed": True, **more}))


def refunded(session: Session, to: Counterparty, amount: Any, on: date = DAY, **more: Any) -> Payment:
    return refund(session, RefundDraft(to.id, on, D(str(amount)), **more))
