"""Payments and refunds, and which orders they pay."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.allocations import PaymentAllocation
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sql import one_of
from app.services import checks, numbering, watching
from app.services.sales import allocating, posting
from app.services.typed import ZERO, PaymentDraft

watching.watch(
    Payment,
    matters=("amount", "date", "purpose"),
    owners=("order", "counterparty"),
    touches=(watching.ITSELF, "counterparty"),
    ties={BuyerOrder: (PaymentAllocation.payment_id, PaymentAllocation.order_id)},
)


def pay(session: Session, draft: PaymentDraft) -> Payment:
    """Take the money (or give it back) and lay it on orders by the rules of domain.allocation."""
    _check(session, draft)
    payment = Payment(
        number=draft.number or numbering.next_number(session, DocumentKind.PAYMENT, draft.date.year),
        date=draft.date,
        counterparty_id=draft.counterparty_id,
        order_id=draft.order_id,
        amount=draft.amount,
        purpose=draft.purpose,
    )
    session.add(payment)
    watching.post(session)
    return payment


def correct(session: Session, payment_id: int, version: int, draft: PaymentDraft) -> Payment:
    """Put a wrong payment right: everything is settled anew, the journal keeps what stood before."""
    payment = _locked(session, payment_id)
    if payment.version != version:
        raise Refused(_("Somebody saved this row a moment ago. Check the values and save once more."))
    _check(session, draft, payment)
    payment.number = draft.number or payment.number
    payment.date, payment.amount, payment.purpose = draft.date, draft.amount, draft.purpose
    payment.counterparty_id, payment.order_id = draft.counterparty_id, draft.order_id
    watching.post(session)
    return payment


def _check(session: Session, draft: PaymentDraft, payment: Payment | None = None) -> None:
    if draft.amount == 0:
        raise Refused(_("The amount of a payment cannot be zero."), field="amount")
    if draft.order_id is None:
        checks.check_counterparty(session, draft.counterparty_id)
    same = (Payment.date == draft.date, Payment.counterparty_id == draft.counterparty_id)
    checks.check_number(session, Payment, draft.number, draft.date, payment.id if payment else None, *same)
    if draft.order_id is not None:
        checks.order_for(session, draft.order_id, draft.counterparty_id)
    else:
        posting.lock(session, [draft.counterparty_id])


def allocate_by_hand(session: Session, payment_id: int, shares: Mapping[int, Decimal]) -> Payment:
    """Lay the payment on these orders (order: sum) and on no others; what is left is an advance.

    What was allocated to them by rule makes room; another decision by hand does not.
    """
    payment = _locked(session, payment_id)
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
    payment.by_hand = False
    posting.settle(session, payments=[payment.id])
    return payment


def _locked(session: Session, payment_id: int) -> Payment:
    owner = session.scalar(select(Payment.counterparty_id).where(Payment.id == payment_id))
    if owner is None:
        raise Refused(_("There is no such payment."), field="payment")
    posting.lock(session, [owner])
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
