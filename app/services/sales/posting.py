"""Keeps the figures of orders and the allocation of payments equal to the documents.

Everything that writes documents of orders calls `settle` in the same transaction
(ORM sessions do it by themselves, see app.services.watching). The counterparties
are locked first, in the order of their numbers, and the figures are computed in
new statements after that: whoever posts at the same time waits, so the result is
exact and no debt is paid twice. See docs/adr/0003-order-state.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sales.orders import completed_of_orders, figures_of_orders, newly_completed, paid_of_orders
from app.queries.sql import one_of
from app.services.sales import allocating

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
    are new or changed: they are allocated again, unless that was done by hand.
    `counterparties`: their advances look for debts. Set-based: call it once for
    all documents of an import.
    """
    session.flush()
    order_ids, payment_ids = set(orders), set(payments)
    owners = set(counterparties) | _owners(session, order_ids, payment_ids)
    lock(session, owners)
    if order_ids:
        allocating.write(session, BuyerOrder, figures_of_orders(order_ids))
    touched = order_ids | allocating.release(session, payment_ids, order_ids)
    if touched:
        allocating.write(session, BuyerOrder, paid_of_orders(touched))
    if owners:
        allocating.trim(session, owners)
        allocating.allocate(session, owners)
        _complete(session, owners, touched)
    _forget(session, owners)


def _complete(session: Session, owners: set[int], order_ids: set[int]) -> None:
    """Keep the day on which orders were done first."""
    ids = session.scalars(newly_completed(owners, order_ids), execution_options={"unscoped": True}).all()
    if ids:
        allocating.write(session, BuyerOrder, completed_of_orders(ids))


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
