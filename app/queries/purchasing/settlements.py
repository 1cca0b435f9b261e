"""What we owe suppliers, document by document."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Numeric, Subquery, cast, literal, select, union_all

from app.domain.words import DocumentKind
from app.models.supply import Receipt, SupplierPayment

NOTHING = cast(literal(0), Numeric(15, 2))


def documents(on: date, supplier_id: int | None = None) -> Subquery:
    """Receipts and payments up to the day, of one supplier or of all."""
    parts = []
    for model, kind, received, paid in (
        (Receipt, DocumentKind.RECEIPT, Receipt.amount, NOTHING),
        (SupplierPayment, DocumentKind.SUPPLIER_PAYMENT, NOTHING, SupplierPayment.amount),
    ):
        part = select(
            model.id,
            model.counterparty_id,
            literal(kind.value).label("kind"),
            model.number,
            model.date,
            model.order_id,
            received.label("received"),
            paid.label("paid"),
        ).where(model.date <= on, model.stands())
        parts.append(part if supplier_id is None else part.where(model.counterparty_id == supplier_id))
    return union_all(*parts).subquery("moved")
