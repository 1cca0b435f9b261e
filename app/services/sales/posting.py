"""Keeps the figures of orders and the allocation of payments equal to the documents.

Everything that writes documents of orders calls `settle` in the same transaction
(ORM sessions do it by themselves, see app.services.watching). The counterparties
are locked first, in the order of their numbers, and the figures are computed in
new statements after that: whoever posts at the same time waits, so the result is
exact and no debt is paid twice. See docs/adr/0003-order-state.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, case, event, or_, select, union
from sqlalchemy.orm import Session, SessionTransaction

from app.models.allocations import PaymentAllocation
from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sales.orders import completed_of_orders, figures_of_orders, newly_completed, paid_of_orders
from app.queries.sql import execute_kept, numbers, one_of
from app.services.sales import allocating

CHUNK = 5_000
LOCKED = "counterparties locked"  # in session.info: until the transaction ends, or a savepoint in it
KEPT_PLAN = {"unscoped": True, "keeps_plan": True}


class Step(IntEnum):
    """What settling does one after another with money and what follows from it."""

    RELEASE = 1
    TRIM = 2
    ALLOCATE = 3
    COMPLETE = 4


def settle(
    session: Session,
    *,
    orders: Iterable[int] = (),
    payments: Iterable[int] = (),
    counterparties: Iterable[int] = (),
) -> None:
    """Make the figures right after documents of these orders and payments were written, changed or deleted.

    `orders`: their lines, shipments, corrections or closings changed. `payments`
    are new or changed: they are allocated again, unless that was done by hand.
    `counterparties`: their advances look for debts. Set-based: call it once for
    all documents of an import.
    """
    session.flush()
    order_ids, payment_ids = set(orders), set(payments)
    owners = set(counterparties) | _owners(session, order_ids, payment_ids)
    lock(session, owners)
    if order_ids:
        allocating.write(session, BuyerOrder, figures_of_orders, order_ids)
    touched, first = order_ids, Step.RELEASE if payment_ids else _first_step(session, owners, order_ids)
    if first is Step.RELEASE:
        touched = order_ids | allocating.release(session, payment_ids, order_ids)
        if touched:
            allocating.write(session, BuyerOrder, paid_of_orders, touched)
    if owners and first is not None:
        if first <= Step.TRIM:
            allocating.trim(session, owners)
        if first <= Step.ALLOCATE:
            allocating.allocate(session, owners)
        _complete(session, owners, touched)
    _forget(session, owners)


def _first_step(session: Session, owners: set[int], order_ids: set[int]) -> Step | None:
    """The first step that has something to do: each of them may make work for those that follow, none for another."""
    asked, options = {"owners": list(owners), "orders": list(order_ids)}, allocating.plan_options(order_ids)
    first = execute_kept(session, _first_steps(), asked, **options).scalar()
    return None if first is None else Step(first)


@cache
def _first_steps() -> Select[Any]:
    """Made once: most documents leave money and days as they are, and this is all that they cost there."""
    order, orders, owners = BuyerOrder, numbers("orders"), numbers("owners")
    paid = paid_of_orders(orders).subquery("paid").c
    otherwise = or_(order.paid_amount != paid.paid_amount, order.paid_on.is_distinct_from(paid.paid_on))
    misfits = allocating.strangers().where(one_of(PaymentAllocation.order_id, orders))
    unlike = select(order.id).join(paid.id.table, paid.id == order.id).where(otherwise)
    over = select(order.id).where(one_of(order.counterparty_id, owners), allocating.holds_too_much())
    free = select(Payment.id).where(one_of(Payment.counterparty_id, owners), allocating.has_free_money())
    done = newly_completed(owners, orders)
    return select(
        case(
            (or_(misfits.exists(), unlike.exists()), Step.RELEASE),
            (over.exists(), Step.TRIM),
            (free.exists(), Step.ALLOCATE),
            (done.exists(), Step.COMPLETE),
        )
    ).execution_options(unscoped=True)


def _complete(session: Session, owners: set[int], order_ids: set[int]) -> None:
    """Keep the day on which orders were done first."""
    asked = {"owners": list(owners), "orders": list(order_ids)}
    ids = execute_kept(session, _newly_completed(), asked).scalars().all()
    if ids:
        allocating.write(session, BuyerOrder, completed_of_orders, ids)


@cache
def _newly_completed() -> CompoundSelect[int]:
    return newly_completed(numbers("owners"), numbers("orders")).execution_options(**KEPT_PLAN)


def settle_all(session: Session) -> Iterator[int]:
    """Make every figure of the base again; returns how many counterparties are done; the caller commits."""
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
    locked: set[int] = session.info.setdefault(LOCKED, set())
    ids = set(counterparty_ids) - locked
    if ids:
        execute_kept(session, _locking(), {"ids": sorted(ids)})
        locked |= ids


@cache
def _locking() -> Select[Any]:
    query = select(Counterparty.id).where(one_of(Counterparty.id, numbers("ids"))).order_by(Counterparty.id)
    return query.with_for_update(key_share=True).execution_options(**KEPT_PLAN)


@event.listens_for(Session, "after_transaction_end")
def _unlocked(session: Session, transaction: SessionTransaction) -> None:
    """What was locked after a savepoint is free again when it is rolled back."""
    if transaction.parent is None or transaction.nested:
        session.info.pop(LOCKED, None)


def _owners(session: Session, order_ids: set[int], payment_ids: set[int]) -> set[int]:
    if not (order_ids or payment_ids):
        return set()
    asked = {"orders": list(order_ids), "payments": list(payment_ids)}
    return set(execute_kept(session, _owning(), asked).scalars())


@cache
def _owning() -> CompoundSelect[Any]:
    queries = [
        select(model.counterparty_id).where(one_of(model.id, numbers(name)))
        for model, name in ((BuyerOrder, "orders"), (Payment, "payments"))
    ]
    return union(*queries).execution_options(**KEPT_PLAN)


def _forget(session: Session, owners: set[int]) -> None:
    """Loaded orders and payments of these counterparties read their figures again."""
    for loaded in list(session.identity_map.values()):
        if isinstance(loaded, BuyerOrder) and loaded.__dict__.get("counterparty_id") in owners:
            session.expire(loaded, FIGURES)
        elif isinstance(loaded, Payment) and loaded.__dict__.get("counterparty_id") in owners:
            session.expire(loaded, ["allocated_amount"])


FIGURES = [
    *(column.name for column in figures_of_orders([]).selected_columns if column.name != "id"),
    *("paid_amount", "paid_on", "due_amount", "unpaid_amount", "shipment_state", "payment_state", "status", "done_on"),
    "completed_on",
]
