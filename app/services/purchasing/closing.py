"""Closing of orders to suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.closing import SupplierOrderClosing
from app.models.supply import SupplierOrder
from app.queries.purchasing.suppliers import rest_amount
from app.queries.sql import one_of
from app.services import watching
from app.services.closing import Closable, no_longer_awaited
from app.services.purchasing import supply

watching.watch(SupplierOrderClosing, owners=("order",), touches=("order",))


def _written_off(session: Session, orders: Sequence[SupplierOrder]) -> dict[int, dict[str, Decimal]]:
    rests = select(SupplierOrder.id, rest_amount()).where(one_of(SupplierOrder.id, [order.id for order in orders]))
    left = dict(session.execute(rests).all())
    return {
        order.id: {
            "closing_amount": left[order.id],
            "unpaid_amount": no_longer_awaited(
                unpaid=order.unpaid_amount, delivered=order.received_amount, paid=order.paid_amount
            ),
            "order_amount": order.amount,
        }
        for order in orders
    }


SUPPLIER_ORDERS = Closable(
    SupplierOrder,
    SupplierOrderClosing,
    DocumentKind.SUPPLIER_CLOSING,
    lock=lambda session, owned: supply.lock(session, {order for order, _owner in owned}),
    written_off=_written_off,
)
