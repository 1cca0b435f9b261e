"""The figures that orders to suppliers keep."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.models.supply import SupplierOrder
from app.queries.purchasing.suppliers import figures_of_supplier_orders
from app.queries.sql import one_of

FIGURES = ("rest_quantity", "received_on", "received_amount", "paid_amount", "closed_on")


def refresh(session: Session, order_ids: Iterable[int]) -> None:
    """Make what these supplier orders keep equal to their receipts, payments and closings."""
    ids = sorted(set(order_ids))
    lock(session, ids)
    new = figures_of_supplier_orders(ids).subquery("figures").c
    session.execute(
        update(SupplierOrder)
        .values({name: new[name] for name in FIGURES})
        .where(
            SupplierOrder.id == new.id,
            or_(*(getattr(SupplierOrder, name).is_distinct_from(new[name]) for name in FIGURES)),
        )
        .execution_options(unscoped=True, synchronize_session=False)
    )
    for loaded in list(session.identity_map.values()):
        if isinstance(loaded, SupplierOrder) and loaded.id in ids:
            session.expire(loaded, [*FIGURES, "due_amount", "unpaid_amount"])


def lock(session: Session, order_ids: Iterable[int]) -> None:
    """Let nobody else post documents of these orders until the transaction ends.

    Those who have named an order in a document and are about to lock it as well do not stand in the way.
    """
    order = SupplierOrder
    query = select(order.id).where(one_of(order.id, order_ids)).order_by(order.id).with_for_update(key_share=True)
    session.execute(query.execution_options(unscoped=True))
