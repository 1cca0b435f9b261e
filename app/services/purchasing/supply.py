"""Orders to suppliers and receipts by them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.models.supply import SupplierOrder
from app.queries.purchasing.suppliers import figures_of_supplier_orders
from app.queries.sql import one_of


def refresh(session: Session, order_ids: Iterable[int]) -> None:
    """Make what is left to receive of these supplier orders, and the day all of it came, equal to the receipts."""
    ids = sorted(set(order_ids))
    lock = select(SupplierOrder.id).where(one_of(SupplierOrder.id, ids)).order_by(SupplierOrder.id).with_for_update()
    session.execute(lock.execution_options(unscoped=True))
    new = figures_of_supplier_orders(ids).subquery("figures").c
    session.execute(
        update(SupplierOrder)
        .values(rest_quantity=new.rest_quantity, received_on=new.received_on)
        .where(
            SupplierOrder.id == new.id,
            or_(
                SupplierOrder.rest_quantity.is_distinct_from(new.rest_quantity),
                SupplierOrder.received_on.is_distinct_from(new.received_on),
            ),
        )
        .execution_options(unscoped=True, synchronize_session=False)
    )
    for loaded in list(session.identity_map.values()):
        if isinstance(loaded, SupplierOrder) and loaded.id in ids:
            session.expire(loaded, ["rest_quantity", "received_on"])
