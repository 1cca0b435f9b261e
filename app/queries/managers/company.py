"""The rows that figures of the whole company are added up from, besides those of managers; each is its holder's.

Their selects are as those of app.queries.managers.facts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Date, func, literal, or_, select

from app.models.closing import OrderClosing
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.queries.managers.facts import FactSource, Scope, as_flag, keys_of
from app.queries.managers.holding import holds_on
from app.queries.purchasing import suppliers
from app.queries.purchasing.settlements import documents
from app.queries.sales.board import to_pay_by, to_ship_by


def _on(scope: Scope) -> ColumnElement[Any]:
    return literal(scope.last, Date)


def closings(scope: Scope, segments: CTE) -> Any:
    closing, order = OrderClosing, BuyerOrder
    return (
        select(
            *keys_of(segments, order.counterparty_id, closing.on, order.id, order.number),
            literal(1).label("closed_orders"),
            closing.closing_amount.label("closed_amount"),
        )
        .join(order, order.id == closing.order_id)
        .outerjoin(segments, holds_on(segments, order.counterparty_id, closing.on))
        .where(closing.on.between(scope.period.first, scope.period.last))
    )


def unfinished(scope: Scope, segments: CTE) -> Any:
    """Orders that are neither done nor closed at the end of the last day."""
    order, last = BuyerOrder, _on(scope)
    return (
        select(*keys_of(segments, order.counterparty_id, last, order.id, order.number), literal(1).label("orders_left"))
        .outerjoin(segments, holds_on(segments, order.counterparty_id, last))
        .where(
            order.date <= last,
            or_(order.completed_on.is_(None), order.completed_on > last),
            or_(order.closed_on.is_(None), order.closed_on > last),
        )
    )


def late(scope: Scope, segments: CTE) -> Any:
    """Orders whose day to ship or to pay has passed: as they stand now."""
    order, last = BuyerOrder, _on(scope)
    ship, pay = (by(scope.eve_of_today) for by in (to_ship_by, to_pay_by))
    return (
        select(
            *keys_of(segments, order.counterparty_id, last, order.id, order.number),
            as_flag(ship, "late_shipments"),
            as_flag(pay, "late_payments"),
        )
        .outerjoin(segments, holds_on(segments, order.counterparty_id, last))
        .where(or_(ship, pay), literal(scope.is_now))
    )


def supplier_orders(scope: Scope, segments: CTE) -> Any:
    """Orders to suppliers, as they stand now: of which something is awaited, what of it is late, whom we pay late."""
    order, last = SupplierOrder, _on(scope)
    awaited, pay = suppliers.awaited(), suppliers.to_pay_by(scope.eve_of_today)
    return (
        select(
            *keys_of(segments, order.counterparty_id, last, order.id, order.number),
            as_flag(awaited, "supplies_left"),
            as_flag(suppliers.to_receive_by(scope.eve_of_today), "late_receipts"),
            as_flag(pay, "late_supplier_payments"),
        )
        .outerjoin(segments, holds_on(segments, order.counterparty_id, last))
        .where(or_(awaited, pay), literal(scope.is_now))
    )


def payable(scope: Scope, segments: CTE) -> Any:
    """What we owe each supplier on the last day."""
    moved, last = documents(scope.last).c, _on(scope)
    owed = func.sum(moved.received - moved.paid)
    row = select(moved.counterparty_id, owed.label("payable")).group_by(moved.counterparty_id).having(owed > 0)
    owing = row.subquery("owing").c
    return select(*keys_of(segments, owing.counterparty_id, last), owing.payable).outerjoin(
        segments, holds_on(segments, owing.counterparty_id, last)
    )


CLOSINGS = FactSource("closings", ("closed_orders", "closed_amount"), closings, "BuyerOrder", by_day=True)
UNFINISHED = FactSource("unfinished", ("orders_left",), unfinished, "BuyerOrder")
LATE = FactSource("late", ("late_shipments", "late_payments"), late, "BuyerOrder", of_now=True)
SUPPLIER_ORDERS = FactSource(
    "supplier_orders",
    ("supplies_left", "late_receipts", "late_supplier_payments"),
    supplier_orders,
    "SupplierOrder",
    of_now=True,
)
PAYABLE = FactSource("payable", ("payable",), payable)
