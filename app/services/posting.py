"""Keeps the figures of orders and the allocation of payments equal to the documents.

Everything that writes documents of orders calls `settle` in the same transaction
(ORM sessions do it by themselves, see app.services.watching). The counterparties
are locked first, in the order of their numbers, and the figures are computed in
new statements after that: whoever posts at the same time waits, so the result is
exact and no debt is paid twice. See docs/adr/0003-order-state.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, Integer, Numeric, Select, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain import allocation
from app.models.allocations import PaymentAllocation
from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.orders import figures_of_orders, one_of, paid_of_orders

# The figures are the company's, whoever looks.
ALL = {"unscoped": True, "synchronize_session": False}
CHUNK = 5_000


def settle(
    session: Session,
    *,
    orders: Iterable[int] = (),
    payments: Iterable[int] = (),
    counterparties: Iterable[int] = (),
) -> None:
    """Make the figures right after documents of these orders and payments were written, changed or deleted.

    `orders`: their lines, shipments, corrections or closings changed. `payments`
    are new or changed: they are allocated anew, unless that was done by hand.
    `counterparties`: their advances look for debts. Set-based: call it once for
    all documents of an import.
    """
    session.flush()
    order_ids, payment_ids = set(orders), set(payments)
    owners = set(counterparties) | _owners(session, order_ids, payment_ids)
    lock(session, owners)
    if order_ids:
        _write(session, BuyerOrder, figures_of_orders(order_ids))
    touched = order_ids | _release(session, payment_ids, order_ids)
    if touched:
        _write(session, BuyerOrder, paid_of_orders(touched))
    if owners:
        _trim(session, owners)
        _allocate(session, owners)
    _forget(session, owners)


def settle_all(session: Session) -> Iterator[int]:
    """Make every figure of the base anew; gives how many counterparties are done; the caller commits."""
    ids = session.scalars(select(Counterparty.id).order_by(Counterparty.id).execution_options(unscoped=True)).all()
    for first in range(0, len(ids), CHUNK):
        some = ids[first : first + CHUNK]
        orders = session.scalars(
            select(BuyerOrder.id).where(one_of(BuyerOrder.counterparty_id, some)).execution_options(unscoped=True)
        ).all()
        settle(session, orders=orders, counterparties=some)
        yield first + len(some)


def lock(session: Session, counterparty_ids: Iterable[int]) -> None:
    """Let nobody else post documents of these counterparties until the transaction ends.

    Whoever will also write their orders takes this lock before, so that two
    writers never wait for each other.
    """
    ids = sorted(set(counterparty_ids))
    if ids:
        query = (
            select(Counterparty.id)
            .where(one_of(Counterparty.id, ids))
            .order_by(Counterparty.id)
            .with_for_update(key_share=True)
        )
        session.execute(query.execution_options(unscoped=True))


def _owners(session: Session, order_ids: set[int], payment_ids: set[int]) -> set[int]:
    owners: set[int] = set()
    for model, ids in ((BuyerOrder, order_ids), (Payment, payment_ids)):
        if ids:
            query = select(model.counterparty_id).where(one_of(model.id, ids)).distinct()
            owners |= set(session.scalars(query.execution_options(unscoped=True)))
    return owners


def _write(session: Session, model: Any, figures: Select) -> None:
    """Put the computed columns of `figures` into the rows that differ."""
    new = figures.subquery("figures")
    names = [column.name for column in new.c if column.name != "id"]
    session.execute(
        update(model)
        .values({name: new.c[name] for name in names})
        .where(model.id == new.c.id, or_(*(getattr(model, n).is_distinct_from(new.c[n]) for n in names)))
        .execution_options(**ALL)
    )


def _release(session: Session, payment_ids: set[int], order_ids: set[int]) -> set[int]:
    """Take back what the payments paid by rule, and what went to an order that now is another's; gives the orders."""
    share, conditions = PaymentAllocation, []
    if payment_ids:
        _unpin(session, payment_ids)
        conditions.append(
            share.payment_id.in_(select(Payment.id).where(one_of(Payment.id, payment_ids), ~Payment.by_hand))
        )
    if payment_ids or order_ids:
        strangers = select(share.id).join(share.payment).join(share.order)
        strangers = strangers.where(Payment.counterparty_id != BuyerOrder.counterparty_id)
        either = or_(one_of(share.payment_id, payment_ids), one_of(share.order_id, order_ids))
        conditions.append(share.id.in_(strangers.where(either)))
    if not conditions:
        return set()
    gone = session.execute(
        delete(share).where(or_(*conditions)).returning(share.payment_id, share.order_id).execution_options(**ALL)
    ).all()
    _count(session, {row.payment_id for row in gone} | payment_ids)
    # The days of payments allocated by hand may have changed.
    kept = select(share.order_id).where(one_of(share.payment_id, payment_ids)).execution_options(unscoped=True)
    return {row.order_id for row in gone} | (set(session.scalars(kept)) if payment_ids else set())


def _unpin(session: Session, payment_ids: set[int]) -> None:
    """A payment that no longer covers what was allocated by hand goes back to the rules."""
    misfit = or_(
        Payment.allocated_amount * Payment.amount < 0, func.abs(Payment.allocated_amount) > func.abs(Payment.amount)
    )
    change = update(Payment).where(one_of(Payment.id, payment_ids), Payment.by_hand, misfit).values(by_hand=False)
    session.execute(change.execution_options(**ALL))


def _count(session: Session, payment_ids: Iterable[int]) -> None:
    """Keep with the payments what of them is allocated."""
    ids = list(payment_ids)
    if ids:
        total = (
            select(Payment.id, func.coalesce(func.sum(PaymentAllocation.amount), 0).label("allocated_amount"))
            .outerjoin(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
            .where(one_of(Payment.id, ids))
            .group_by(Payment.id)
        )
        _write(session, Payment, total)


def _trim(session: Session, owners: Iterable[int]) -> None:
    """Where an order or a payment holds more than it may, take the excess back, the latest payment first."""
    order, share = BuyerOrder, PaymentAllocation
    over = select(order.id, order.unpaid_amount, order.paid_amount).where(
        one_of(order.counterparty_id, owners),
        order.unpaid_amount != 0,
        or_(order.unpaid_amount < 0, order.paid_amount < 0),
    )
    excess = {
        row.id: -row.unpaid_amount if row.unpaid_amount < 0 else row.paid_amount
        for row in session.execute(over.execution_options(unscoped=True))
    }
    if not excess:
        return
    shares = session.execute(
        select(share.id, share.order_id, share.payment_id, share.amount)
        .join(share.payment)
        .where(one_of(share.order_id, excess))
        .order_by(Payment.by_hand, Payment.date.desc(), Payment.id.desc())
        .execution_options(unscoped=True)
    ).all()
    payments = set()
    for row in shares:
        left = excess[row.order_id]
        if left * row.amount <= 0:
            continue
        taken = min(left, row.amount) if left > 0 else max(left, row.amount)
        excess[row.order_id] -= taken
        payments.add(row.payment_id)
        if taken == row.amount:
            session.execute(delete(share).where(share.id == row.id).execution_options(**ALL))
        else:
            change = update(share).where(share.id == row.id).values(amount=share.amount - taken)
            session.execute(change.execution_options(**ALL))
    _count(session, payments)
    _write(session, BuyerOrder, paid_of_orders(excess))


def _allocate(session: Session, owners: Iterable[int]) -> None:
    """Lay the free money of these counterparties on their orders by the rules."""
    free = session.execute(
        select(
            Payment.counterparty_id,
            Payment.id,
            Payment.date,
            Payment.amount - Payment.allocated_amount,
            Payment.order_id,
            Payment.purpose,
        )
        .where(one_of(Payment.counterparty_id, owners), Payment.allocated_amount != Payment.amount, ~Payment.by_hand)
        .execution_options(unscoped=True)
    ).all()
    if not free:
        return
    money: dict[int, list[allocation.Money]] = defaultdict(list)
    for row in free:
        money[row.counterparty_id].append(allocation.Money(*row[1:]))
    giving = {owner for owner, payments in money.items() if any(payment.free < 0 for payment in payments)}
    debts = _debts(session, set(money), giving)
    shares = [share for owner, payments in money.items() for share in allocation.allocate(payments, debts[owner])]
    _lay(session, shares)


def _debts(session: Session, owners: set[int], giving: set[int]) -> dict[int, list[allocation.Debt]]:
    """The orders that await money; of counterparties who get a refund also those already paid."""
    order = BuyerOrder
    open_orders = one_of(order.counterparty_id, owners) & (order.unpaid_amount > 0)
    paid_orders = one_of(order.counterparty_id, giving) & (order.paid_amount > 0)
    query = select(
        order.counterparty_id, order.id, order.number, order.date, order.pay_by, order.unpaid_amount, order.paid_amount
    ).where(or_(open_orders, paid_orders) if giving else open_orders)
    debts: dict[int, list[allocation.Debt]] = defaultdict(list)
    for row in session.execute(query.execution_options(unscoped=True)):
        debts[row.counterparty_id].append(allocation.Debt(*row[1:]))
    return debts


def _lay(session: Session, shares: Iterable[allocation.Share]) -> None:
    total: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for share in shares:
        total[share.payment_id, share.order_id] += share.amount
    if total:
        pairs, amounts = list(total), list(total.values())
        rows = select(
            func.unnest(cast([payment_id for payment_id, _ in pairs], ARRAY(Integer))),
            func.unnest(cast([order_id for _, order_id in pairs], ARRAY(Integer))),
            func.unnest(cast(amounts, ARRAY(Numeric(15, 2)))),
        )
        add = insert(PaymentAllocation).from_select(["payment_id", "order_id", "amount"], rows)
        more = {"amount": PaymentAllocation.amount + add.excluded.amount}
        session.execute(add.on_conflict_do_update(index_elements=["payment_id", "order_id"], set_=more))
        _count(session, {payment_id for payment_id, _ in pairs})
        _write(session, BuyerOrder, paid_of_orders({order_id for _, order_id in pairs}))


def _forget(session: Session, owners: set[int]) -> None:
    """Loaded orders and payments of these counterparties read their figures again."""
    for loaded in list(session.identity_map.values()):
        if isinstance(loaded, BuyerOrder) and loaded.__dict__.get("counterparty_id") in owners:
            session.expire(loaded, FIGURES)
        elif isinstance(loaded, Payment) and loaded.__dict__.get("counterparty_id") in owners:
            session.expire(loaded, ["allocated_amount"])


FIGURES = [
    *(column.name for column in figures_of_orders([]).selected_columns if column.name != "id"),
    *("paid_amount", "paid_on", "unpaid_amount", "shipment_state", "payment_state", "status", "done_on"),
]
