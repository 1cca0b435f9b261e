"""Closing of buyer orders."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.models.closing import OrderClosing
from app.models.orders import BuyerOrder
from app.services import watching
from app.services.closing import Closable, no_longer_awaited
from app.services.sales import posting

watching.watch(OrderClosing, owners=("order",), touches=("order",))


def _written_off(_session: Session, orders: Sequence[BuyerOrder]) -> dict[int, dict[str, Decimal]]:
    return {
        order.id: {
            "closing_amount": order.rest_amount,
            "unpaid_amount": no_longer_awaited(
                unpaid=order.unpaid_amount,
                delivered=order.shipped_amount - order.returned_amount,
                paid=order.paid_amount,
            ),
            "order_amount": order.planned_amount,
        }
        for order in orders
    }


BUYER_ORDERS = Closable(
    BuyerOrder,
    OrderClosing,
    DocumentKind.CLOSING,
    lock=lambda session, owned: posting.lock(session, {owner for _order, owner in owned}),
    written_off=_written_off,
)
close_orders, reopen = BUYER_ORDERS.close, BUYER_ORDERS.reopen
