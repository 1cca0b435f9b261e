"""Payments to suppliers, and what suppliers gave back."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.supply import SupplierPayment
from app.services import checks, numbering, watching
from app.services.purchasing.suppliers import check_supplier

watching.watch(SupplierPayment, matters=("amount",), owners=("order",), touches=("order",))


def complete(session: Session, payment: SupplierPayment) -> None:
    """Check the payment before it is kept; without a number it gets the next one."""
    if payment.amount == 0:
        raise Refused(_("The amount of a payment cannot be zero."), field="amount")
    supplier, order = payment.counterparty, payment.order
    check_supplier(session, supplier.id)
    if order is not None and order.counterparty_id != supplier.id:
        raise Refused(_("This order belongs to another counterparty."), field="order")
    same = (SupplierPayment.date == payment.date, SupplierPayment.counterparty_id == supplier.id)
    checks.check_number(session, SupplierPayment, payment.number, payment.date, payment.id, *same)
    if not payment.number:
        payment.number = numbering.next_number(session, DocumentKind.SUPPLIER_PAYMENT, payment.date.year)
