"""Keeps which payment paid which order: what posting.settle does with money, under its locks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Update,
    and_,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain import allocation
from app.models.allocations import PaymentAllocation
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sales.orders import paid_of_orders
from app.queries.sql import Numbers, execute_kept, numbers, one_number, one_of

# The figures are the company's, whoever looks.
ALL = {"unscoped": True, "synchronize_session": False}
FEW = 20  # rows whose statement may keep its plan: thousands of an import are better planned for
Figures = Callable[[Numbers], Select]


def write(session: Session, model: Any, figures: Figures, ids: Collection[int]) -> None:
    """Put the computed columns that `figures` gives of these rows into those that differ."""
    alone = len(ids) == 1
    asked = {"ids": next(iter(ids)) if alone else list(ids)}
    session.execute(_writing(model, figures, alone), asked, execution_options=plan_options(ids))


def plan_options(ids: Collection[int]) -> dict[str, Any]:
    """How a statement about these rows is planned."""
    return {"keeps_plan": True} if len(ids) <= FEW else {}


@cache
def _writing(model: Any, figures: Figures, alone: bool) -> Update:
    """Made once: to make it costs several times what the base needs to do it."""
    table, new = model.__table__, figures((one_number if alone else numbers)("ids")).subquery("figures")
    names = [column.name for column in new.c if column.name != "id"]
    return (
        update(table)
        .values({name: new.c[name] for name in names})
        .where(table.c.id == new.c.id, or_(*(table.c[name].is_distinct_from(new.c[name]) for name in names)))
        .execution_options(unscoped=True)
    )


def strangers() -> Select:
    """The shares that are not their payment's to give: the order is another's now, or the payment is reversed."""
    share = PaymentAllocation
    query = select(share.id).join(share.payment).join(share.order)
    return query.where(or_(Payment.counterparty_id != BuyerOrder.counterparty_id, ~Payment.stands()))


def holds_too_much() -> ColumnElement[bool]:
    """An order that is paid more than it awaits, or less than nothing."""
    unpaid = BuyerOrder.unpaid_amount
    return and_(unpaid != 0, or_(unpaid < 0, BuyerOrder.paid_amount < 0))


def has_free_money() -> ColumnElement[bool]:
    """A payment of which the rules have something to lay on orders."""
    return and_(Payment.allocated_amount != Payment.amount, ~Payment.by_hand, Payment.stands())


def release(session: Session, payment_ids: set[int], order_ids: set[int]) -> set[int]:
    """Take back what the payments paid by rule, and what is no longer theirs to pay; returns the orders.

    That is an order that now is another's, and whatever a reversed payment paid.
    """
    share, conditions = PaymentAllocation, []
    if payment_ids:
        _unpin(session, payment_ids)
        conditions.append(
            share.payment_id.in_(select(Payment.id).where(one_of(Payment.id, payment_ids), ~Payment.by_hand))
        )
    if payment_ids or order_ids:
        either = or_(one_of(share.payment_id, payment_ids), one_of(share.order_id, order_ids))
        conditions.append(share.id.in_(strangers().where(either)))
    if not conditions:
        return set()
    gone = session.execute(
        delete(share).where(or_(*conditions)).returning(share.payment_id, share.order_id).execution_options(**ALL)
    ).all()
    count(session, {row.payment_id for row in gone} | payment_ids)
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


def count(session: Session, payment_ids: Iterable[int]) -> None:
    """Keep with the payments what of them is allocated."""
    ids = list(payment_ids)
    if ids:
        write(session, Payment, _allocated_of_payments, ids)


def _allocated_of_payments(payment_ids: Numbers) -> Select:
    return (
        select(Payment.id, func.coalesce(func.sum(PaymentAllocation.amount), 0).label("allocated_amount"))
        .outerjoin(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(one_of(Payment.id, payment_ids))
        .group_by(Payment.id)
    )


def trim(session: Session, owners: Iterable[int]) -> None:
    """Where an order or a payment holds more than it may, take the excess back, the latest payment first."""
    order, share = BuyerOrder, PaymentAllocation
    over = select(order.id, order.unpaid_amount, order.paid_amount).where(
        one_of(order.counterparty_id, owners), holds_too_much()
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
    count(session, payments)
    write(session, BuyerOrder, paid_of_orders, excess)


def allocate(session: Session, owners: Iterable[int]) -> None:
    """Lay the free money of these counterparties on their orders by the rules."""
    free = execute_kept(session, _free(), {"owners": list(owners)}).all()
    if not free:
        return
    money: dict[int, list[allocation.FreeMoney]] = defaultdict(list)
    for row in free:
        money[row.counterparty_id].append(
            allocation.FreeMoney(
                payment_id=row.id, on=row.date, free=row.free, order_id=row.order_id, purpose=row.purpose
            )
        )
    giving = {owner for owner, payments in money.items() if any(payment.free < 0 for payment in payments)}
    debts = _debts(session, set(money), giving)
    shares = [share for owner, payments in money.items() for share in allocation.allocate(payments, debts[owner])]
    _lay(session, shares)


@cache
def _free() -> Select:
    return (
        select(
            Payment.counterparty_id,
            Payment.id,
            Payment.date,
            (Payment.amount - Payment.allocated_amount).label("free"),
            Payment.order_id,
            Payment.purpose,
        )
        .where(one_of(Payment.counterparty_id, numbers("owners")), has_free_money())
        .execution_options(unscoped=True, keeps_plan=True)
    )


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
        debts[row.counterparty_id].append(
            allocation.Debt(
                order_id=row.id,
                number=row.number,
                on=row.date,
                pay_by=row.pay_by,
                unpaid=row.unpaid_amount,
                paid=row.paid_amount,
            )
        )
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
        count(session, {payment_id for payment_id, _ in pairs})
        write(session, BuyerOrder, paid_of_orders, {order_id for _, order_id in pairs})
