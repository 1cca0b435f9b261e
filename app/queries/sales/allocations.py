"""Which orders a payment may pay."""

from __future__ import annotations

from sqlalchemy import Select, func, or_, select

from app.models.allocations import PaymentAllocation
from app.models.movements import Payment
from app.models.orders import BuyerOrder


def orders_for(payment: Payment, limit: int) -> Select:
    """(BuyerOrder, what it has of this payment), the first due first; a refund is taken of orders that were paid."""
    own = PaymentAllocation
    takes = BuyerOrder.unpaid_amount > 0 if payment.amount > 0 else BuyerOrder.paid_amount > 0
    return (
        select(BuyerOrder, func.coalesce(own.amount, 0).label("own"))
        .outerjoin(own, (own.order_id == BuyerOrder.id) & (own.payment_id == payment.id))
        .where(BuyerOrder.counterparty_id == payment.counterparty_id, or_(takes, own.amount.is_not(None)))
        .order_by(own.amount.is_(None), func.coalesce(BuyerOrder.pay_by, BuyerOrder.date), BuyerOrder.id)
        .limit(limit)
    )
