"""What was paid to suppliers, and what we owe them."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ScalarSelect, Select, func, select

from app.models.counterparties import Counterparty
from app.models.supply import Receipt, SupplierOrder, SupplierPayment


def paid_amount() -> ScalarSelect[Decimal]:
    """Of a supplier order: what was paid by it, less what came back."""
    payments = select(func.coalesce(func.sum(SupplierPayment.amount), 0))
    payments = payments.where(SupplierPayment.order_id == SupplierOrder.id, SupplierPayment.stands())
    return payments.correlate(SupplierOrder).scalar_subquery()


def owed_to(supplier_id: int) -> Select:
    """(received, paid, debt): what came of a supplier, what he was paid, and what we owe; below zero he owes us."""
    received, paid = (
        select(func.coalesce(func.sum(document.amount), 0))
        .where(document.counterparty_id == Counterparty.id, document.stands())
        .correlate(Counterparty)
        .scalar_subquery()
        for document in (Receipt, SupplierPayment)
    )
    return select(received.label("received"), paid.label("paid"), (received - paid).label("debt")).where(
        Counterparty.id == supplier_id
    )
