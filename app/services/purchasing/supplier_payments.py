"""Payments to suppliers, and what suppliers gave back."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.supply import SupplierPayment
from app.services import checks, numbering, watching
from app.services.purchasing.suppliers import check_supplier
from app.services.typed import RefundDraft

watching.watch(SupplierPayment, matters=("amount", "reversed_on"), owners=("order",), touches=("order",))


def complete(session: Session, payment: SupplierPayment) -> None:
    """Check the payment before it is kept, new or changed; without a number it gets the next one."""
    if payment.amount == 0:
        raise Refused(_("The amount of a payment cannot be zero."), field="amount")
    checks.check_standing(payment)
    supplier, order = payment.counterparty, payment.order
    check_supplier(session, supplier.id)
    if order is not None and order.counterparty_id != supplier.id:
        raise Refused(_("This order belongs to another counterparty."), field="order")
    same = (SupplierPayment.date == payment.date, SupplierPayment.counterparty_id == supplier.id)
    checks.check_number(session, SupplierPayment, payment.number, payment.date, payment.id, *same)
    if payment.refund_of is not None:
        _check_refund(session, payment, payment.refund_of)
    if payment.id is not None:
        _check_refunded(session, payment)
    if not payment.number:
        payment.number = numbering.next_number(session, DocumentKind.SUPPLIER_PAYMENT, payment.date.year)


def take_back(session: Session, draft: RefundDraft) -> SupplierPayment:
    """Money of a payment came back from its supplier: taken of the order that the payment was for."""
    if draft.amount <= 0:
        raise Refused(_("The amount must be above zero."), field="amount")
    payment = _locked(session, draft.payment_id or 0)
    checks.check_standing(payment)
    refund = SupplierPayment(
        number=draft.number,
        date=draft.date,
        amount=-draft.amount,
        purpose=draft.purpose,
        counterparty=payment.counterparty,
        order=payment.order,
        refund_of=payment,
    )
    with session.no_autoflush:
        complete(session, refund)
    session.add(refund)
    watching.post(session)
    return refund


def reverse_supplier_payment(
    session: Session, payment_id: int, reason: str, *, on: date, version: int | None = None
) -> SupplierPayment:
    """The payment, or the refund, was wrong as a whole: it stays with the reason and pays nothing."""
    payment = _locked(session, payment_id)
    checks.check_version(payment, version)
    checks.check_nothing_back(session, payment)
    checks.mark_reversed(payment, reason, on)
    watching.post(session)
    return payment


def _check_refund(session: Session, refund: SupplierPayment, payment: SupplierPayment) -> None:
    """A refund gives back no more than is left of its payment, of the same supplier and not before it."""
    if refund.amount > 0:
        raise Refused(_("The supplier gave it back: the amount is below zero."), field="amount")
    if refund.counterparty.id != payment.counterparty_id:
        raise Refused(_("It is a refund of a payment: its supplier cannot be changed."), field="counterparty")
    checks.check_refunded_after(payment, refund.date)
    checks.check_refund(-refund.amount, payment.amount - checks.given_back(session, payment, refund.id))


def _check_refunded(session: Session, payment: SupplierPayment) -> None:
    """What was given back of a payment holds it: its supplier stays, and it is not made smaller than that."""
    checks.check_left_of(session, payment, payment.amount)
    query = select(SupplierPayment.counterparty_id).where(SupplierPayment.refund_of_id == payment.id).limit(1)
    owner = session.scalar(query.execution_options(unscoped=True))
    if owner not in (None, payment.counterparty.id):
        raise Refused(_("Money of it was given back: its counterparty cannot be changed."), field="counterparty")


def _locked(session: Session, payment_id: int) -> SupplierPayment:
    """The payment as it is now, nobody else changing it."""
    query = select(SupplierPayment).where(SupplierPayment.id == payment_id).with_for_update(of=SupplierPayment)
    payment = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if payment is None:
        raise Refused(_("There is no such payment."), field="payment")
    return payment
