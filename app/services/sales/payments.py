"""Payments and refunds, and which orders they pay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.formatting import money
from app.models.allocations import PaymentAllocation
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sql import one_of
from app.services import checks, numbering, watching
from app.services.sales import allocating, posting
from app.services.typed import ZERO, Changed, Difference, PaymentDraft, RefundDraft, differences

watching.watch(
    Payment,
    matters=("amount", "date", "purpose", "reversed_on"),
    owners=("order", "counterparty"),
    touches=(watching.ITSELF, "counterparty"),
    ties={BuyerOrder: (PaymentAllocation.payment_id, PaymentAllocation.order_id)},
)


class OverRemainder(Refused):
    """A payment is more than is left to pay of its order: refused unless the person means an advance."""


def pay(session: Session, draft: PaymentDraft) -> Payment:
    """Take the money and lay it on orders by the rules of domain.allocation."""
    _check_amount(draft.amount)
    _check_document(session, draft)
    if draft.order_id is not None:
        order = checks.order_for(session, draft.order_id, draft.counterparty_id)
        _check_remainder(draft, order.unpaid_amount)
    else:
        posting.lock(session, [draft.counterparty_id])
    return _made(session, draft, draft.amount, order_id=draft.order_id)


def refund(session: Session, draft: RefundDraft) -> Payment:
    """Give money back: it is taken of the payment's advance, else of its order, else as domain.allocation says."""
    _check_amount(draft.amount)
    payment = None if draft.payment_id is None else _locked(session, draft.payment_id)
    if payment is not None:
        if payment.counterparty_id != draft.counterparty_id:
            raise Refused(_("There is no such payment."), field="payment")
        checks.check_standing(payment)
        checks.check_refunded_after(payment, draft.date)
    _check_document(session, draft)
    if payment is None and draft.order_id is not None:
        checks.order_for(session, draft.order_id, draft.counterparty_id)
    elif payment is None:
        posting.lock(session, [draft.counterparty_id])
    checks.check_refund(draft.amount, refundable(session, draft, payment))
    if payment is None:
        return _made(session, draft, -draft.amount, order_id=draft.order_id)
    free = free_of(session, payment)
    is_free = draft.amount <= free
    return _made(
        session,
        draft,
        -draft.amount,
        order_id=None if is_free else payment.order_id or _only_order(session, payment),
        refund_of_id=payment.id,
        by_hand=is_free and payment.by_hand,  # the advance that a person kept is nobody else's
    )


def refundable(session: Session, draft: RefundDraft, payment: Payment | None, but: int | None = None) -> Decimal:
    """The most that can be given back: of the payment, of the order, of all; the refund `but` left out."""
    if payment is not None:
        return payment.amount - checks.given_back(session, payment, but)
    if draft.order_id is not None:
        paid = select(func.coalesce(func.sum(PaymentAllocation.amount), 0))
        paid = paid.where(PaymentAllocation.order_id == draft.order_id, PaymentAllocation.payment_id != (but or 0))
    else:
        paid = select(func.coalesce(func.sum(Payment.amount), 0))
        paid = paid.where(Payment.counterparty_id == draft.counterparty_id, Payment.stands(), Payment.id != (but or 0))
    return Decimal(session.scalar(paid.execution_options(unscoped=True)) or 0)


def free_of(session: Session, payment: Payment) -> Decimal:
    """What of the payment is an advance still: its refunds were taken of it first."""
    back = select(func.coalesce(func.sum(Payment.amount - Payment.allocated_amount), 0))
    back = back.where(Payment.refund_of_id == payment.id, Payment.stands())
    gone = session.scalar(back.execution_options(unscoped=True))
    return payment.amount - payment.allocated_amount + Decimal(gone or 0)


def correct_payment(session: Session, payment_id: int, draft: PaymentDraft, version: int | None = None) -> Payment:
    """Make the payment, or the refund, what it should have been; its money is laid on orders anew.

    The amount of a refund is above zero here too. What somebody decided by hand
    stays while it fits; another order is another decision.
    """
    _check_amount(draft.amount)
    payment = _locked(session, payment_id, draft.counterparty_id)
    is_refund = payment.amount < 0
    amount = -draft.amount if is_refund else draft.amount
    if version is not None and payment.version != version:
        typed = replace(draft, amount=amount)
        others = differences(typed, payment)
        if typed.order_id != payment.order_id:
            others.append(Difference("order_id", typed.order_id, payment.order_id))
        raise Changed(others, payment.version)
    checks.check_standing(payment)
    _check_owner(session, draft, payment)
    _check_document(session, draft, payment.id)
    if draft.order_id is not None and draft.order_id != payment.order_id:
        checks.order_for(session, draft.order_id, draft.counterparty_id)
    if is_refund:
        _check_corrected_refund(session, draft, payment)
    else:
        _check_corrected(session, draft, payment)
    is_same = (payment.counterparty_id, payment.order_id) == (draft.counterparty_id, draft.order_id)
    payment.by_hand = payment.by_hand and is_same
    payment.number = draft.number or payment.number
    payment.date, payment.amount, payment.purpose = draft.date, amount, draft.purpose
    payment.counterparty_id, payment.order_id = draft.counterparty_id, draft.order_id
    watching.post(session)
    return payment


def reverse_payment(session: Session, payment_id: int, reason: str, *, on: date, version: int | None = None) -> Payment:
    """The payment, or the refund, was wrong as a whole: it stays with the reason and pays nothing."""
    payment = _locked(session, payment_id)
    checks.check_version(payment, version)
    checks.check_nothing_back(session, payment)
    checks.mark_reversed(payment, reason, on)
    payment.by_hand = False
    watching.post(session)
    return payment


def allocate_by_hand(session: Session, payment_id: int, shares: Mapping[int, Decimal]) -> Payment:
    """Lay the payment on these orders (order: sum) and on no others; what is left is an advance.

    What was allocated to them by rule makes room; another decision by hand does not.
    """
    payment = _locked(session, payment_id)
    checks.check_standing(payment)
    orders = _orders(session, payment, shares)
    taken = _by_hand(session, payment, orders)
    total = sum(shares.values(), ZERO)
    for order_id, amount in shares.items():
        at = f"order-{order_id}"
        if order_id not in orders:
            raise Refused(_("This order belongs to another counterparty."), field=at)
        if amount * payment.amount <= 0:
            raise Refused(_("The sum must have the sign of the payment and not be zero."), field=at)
        room = orders[order_id] - taken.get(order_id, ZERO)
        if amount > 0 and amount > room:
            raise Refused(_("This order takes no more than %(sum)s.", sum=max(room, ZERO)), field=at)
    if abs(total) > abs(payment.amount):
        raise Refused(_("The orders get more than the payment brought."), field="amount")
    before = _forget(session, payment)
    session.add_all(
        PaymentAllocation(payment_id=payment.id, order_id=order_id, amount=amount)
        for order_id, amount in shares.items()
    )
    payment.by_hand = True
    payment.allocated_amount = total
    session.flush()
    posting.settle(session, orders=before | set(shares), counterparties=[payment.counterparty_id])
    return payment


def allocate_by_rule(session: Session, payment_id: int) -> Payment:
    """Undo what was decided by hand."""
    payment = _locked(session, payment_id)
    checks.check_standing(payment)
    payment.by_hand = False
    posting.settle(session, payments=[payment.id])
    return payment


def _check_amount(amount: Decimal) -> None:
    if amount == 0:
        raise Refused(_("The amount of a payment cannot be zero."), field="amount")
    if amount < 0:
        raise Refused(_("The amount must be above zero. Money is given back by “Refund”."), field="amount")


def _check_document(session: Session, draft: PaymentDraft | RefundDraft, row_id: int | None = None) -> None:
    if draft.order_id is None and row_id is None:
        checks.check_counterparty(session, draft.counterparty_id)
    same = (Payment.date == draft.date, Payment.counterparty_id == draft.counterparty_id)
    checks.check_number(session, Payment, draft.number, draft.date, row_id, *same)


def _check_owner(session: Session, draft: PaymentDraft, payment: Payment) -> None:
    """A payment that was another buyer's goes to him, unless money of it was given back."""
    if draft.counterparty_id == payment.counterparty_id:
        return
    checks.check_counterparty(session, draft.counterparty_id)
    if payment.refund_of_id is not None or checks.given_back(session, payment):
        raise Refused(_("Money of it was given back: its counterparty cannot be changed."), field="counterparty")
    if draft.order_id == payment.order_id and draft.order_id is not None:
        raise Refused(_("This order belongs to another counterparty."), field="order")


def _check_remainder(draft: PaymentDraft, left: Decimal) -> None:
    over = draft.amount - max(left, ZERO)
    if over > 0 and not draft.confirmed:
        told = _("It is %(sum)s more than is left to pay of the order. Keep that as an advance?", sum=money(over))
        raise OverRemainder(told, field="amount")


def _check_corrected(session: Session, draft: PaymentDraft, payment: Payment) -> None:
    checks.check_left_of(session, payment, draft.amount)
    if draft.order_id is None or (draft.order_id == payment.order_id and draft.amount <= payment.amount):
        return
    share = select(PaymentAllocation.amount).where(
        PaymentAllocation.payment_id == payment.id, PaymentAllocation.order_id == draft.order_id
    )
    left = select(BuyerOrder.unpaid_amount + func.coalesce(share.scalar_subquery(), 0))
    left = left.where(BuyerOrder.id == draft.order_id)
    _check_remainder(draft, session.scalar(left.execution_options(unscoped=True)) or ZERO)


def _check_corrected_refund(session: Session, draft: PaymentDraft, refund: Payment) -> None:
    query = select(Payment).where(Payment.id == refund.refund_of_id).execution_options(unscoped=True)
    payment = session.scalars(query).one_or_none()
    if payment is not None:
        checks.check_refunded_after(payment, draft.date)
    asked = RefundDraft(draft.counterparty_id, draft.date, draft.amount, order_id=draft.order_id)
    checks.check_refund(draft.amount, refundable(session, asked, payment, refund.id))


def _only_order(session: Session, payment: Payment) -> int | None:
    """The order that the payment pays, when it is one."""
    share = PaymentAllocation
    query = select(share.order_id).where(share.payment_id == payment.id).limit(2)
    paid = session.scalars(query.execution_options(unscoped=True)).all()
    return paid[0] if len(paid) == 1 else None


def _made(session: Session, draft: PaymentDraft | RefundDraft, amount: Decimal, **more: Any) -> Payment:
    payment = Payment(
        number=draft.number or numbering.next_number(session, DocumentKind.PAYMENT, draft.date.year),
        date=draft.date,
        counterparty_id=draft.counterparty_id,
        amount=amount,
        purpose=draft.purpose,
        **more,
    )
    session.add(payment)
    watching.post(session)
    return payment


def _locked(session: Session, payment_id: int, *owners: int) -> Payment:
    """The payment as it is now, nobody else posting for its buyer and these."""
    owner = session.scalar(select(Payment.counterparty_id).where(Payment.id == payment_id))
    if owner is None:
        raise Refused(_("There is no such payment."), field="payment")
    posting.lock(session, [owner, *owners])
    query = select(Payment).where(Payment.id == payment_id).execution_options(populate_existing=True)
    return session.scalars(query).one()


def _orders(session: Session, payment: Payment, shares: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What each of these orders of the payer may hold in all."""
    query = select(BuyerOrder.id, BuyerOrder.unpaid_amount + BuyerOrder.paid_amount).where(
        one_of(BuyerOrder.id, shares), BuyerOrder.counterparty_id == payment.counterparty_id
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _by_hand(session: Session, payment: Payment, orders: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What other payments were put on these orders by hand."""
    query = (
        select(PaymentAllocation.order_id, func.sum(PaymentAllocation.amount))
        .join(PaymentAllocation.payment)
        .where(one_of(PaymentAllocation.order_id, orders), Payment.by_hand, Payment.id != payment.id)
        .group_by(PaymentAllocation.order_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _forget(session: Session, payment: Payment) -> set[int]:
    """Take the payment off its orders; returns them."""
    gone = delete(PaymentAllocation).where(PaymentAllocation.payment_id == payment.id)
    gone = gone.returning(PaymentAllocation.order_id)  # type: ignore[assignment]
    return set(session.scalars(gone.execution_options(**allocating.ALL)))
