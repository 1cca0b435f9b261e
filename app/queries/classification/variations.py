"""How much every buyer bought in a window, and how evenly: the figures that stages and XYZ follow from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, Select, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.domain.periods import Period
from app.domain.stages import MONTHS, Parameters, Periodicity, StageMeasure
from app.domain.words import MovementKind
from app.models.movements import Shipment
from app.models.sales import BuyerMonth

FITS = 3_000_000_000  # its square is a bigint, which adds up faster than numeric
UNITS = {StageMeasure.REVENUE: 100, StageMeasure.PROFIT: 100, StageMeasure.QUANTITY: 1000}
TO_BUCKETS = {
    StageMeasure.REVENUE: BuyerMonth.revenue,
    StageMeasure.PROFIT: BuyerMonth.revenue - BuyerMonth.cost,
    StageMeasure.SALES: BuyerMonth.shipments,
    StageMeasure.QUANTITY: BuyerMonth.quantity,
}
SHIPPED = and_(Shipment.kind == MovementKind.SHIPMENT, Shipment.stands())
OF_DOCUMENTS = {
    StageMeasure.REVENUE: func.sum(Shipment.amount) * 100,
    StageMeasure.PROFIT: func.sum(Shipment.amount - Shipment.cost_amount) * 100,
    StageMeasure.SALES: func.count().filter(SHIPPED),
    StageMeasure.QUANTITY: func.sum(Shipment.quantity) * 1000,
}


def figures(parameters: Parameters) -> Select[Any]:
    """`counterparty_id`, `purchases`, `total`, `scatter` of everybody who has a document in the window.

    `total` is in whole units (kopecks, thousandths). `scatter` is N·Σx² - (Σx)²:
    the variation is its root by the total, and compares exactly without a root.
    """
    if parameters.measure is StageMeasure.INTERVALS:
        return _gaps(parameters.window)
    if parameters.periodicity is Periodicity.MONTH:
        return _scatter(BuyerMonth, TO_BUCKETS[parameters.measure], BuyerMonth.shipments, parameters)
    in_buckets = (_months if parameters.periodicity in MONTHS else _documents)(parameters).subquery("buckets")
    return _scatter(in_buckets.c, in_buckets.c.x, in_buckets.c.shipments, parameters)


def _scatter(rows: Any, x: Any, shipments: Any, parameters: Parameters) -> Select[Any]:
    total = func.sum(x)
    squares = func.coalesce(func.sum(x * x).filter(func.abs(x) < FITS), 0) + func.coalesce(
        func.sum(cast(x, Numeric) * x).filter(func.abs(x) >= FITS), 0
    )
    query = select(
        rows.counterparty_id,
        func.sum(shipments).label("purchases"),
        total.label("total"),
        (parameters.count * squares - total * total).label("scatter"),
    ).group_by(rows.counterparty_id)
    if rows is BuyerMonth:
        query = query.where(BuyerMonth.month.between(parameters.window.first, parameters.window.last))
    return query


def _bucket(day: Any, parameters: Parameters) -> ColumnElement[int]:
    return func.width_bucket(day, literal([bucket.first for bucket in parameters.buckets], ARRAY(Date)))


def _months(parameters: Parameters) -> Select[Any]:
    days = parameters.window
    x = cast(func.sum(TO_BUCKETS[parameters.measure]), BuyerMonth.revenue.type)
    return (
        select(BuyerMonth.counterparty_id, x.label("x"), func.sum(BuyerMonth.shipments).label("shipments"))
        .where(BuyerMonth.month.between(days.first, days.last))
        .group_by(BuyerMonth.counterparty_id, _bucket(BuyerMonth.month, parameters))
    )


def _documents(parameters: Parameters) -> Select[Any]:
    days = parameters.window
    x = cast(OF_DOCUMENTS[parameters.measure], BuyerMonth.revenue.type)
    return (
        select(Shipment.counterparty_id, x.label("x"), func.count().filter(SHIPPED).label("shipments"))
        .where(Shipment.date.between(days.first, days.last), Shipment.stands())
        .group_by(Shipment.counterparty_id, _bucket(Shipment.date, parameters))
    )


def _gaps(days: Period) -> Select[Any]:
    """In half-days: a document has a day only, so it stands at its noon."""
    end = 2 * days.days
    at = 2 * (Shipment.date - literal(days.first, Date)) + 1
    before = func.lag(at, 1, 0).over(partition_by=Shipment.counterparty_id, order_by=Shipment.date)
    moments = (
        select(Shipment.counterparty_id, at.label("at"), (at - before).label("gap"))
        .where(Shipment.date.between(days.first, days.last), SHIPPED)
        .subquery("moments")
    )
    gap, last = moments.c.gap, end - func.max(moments.c.at)
    squares = func.sum(gap * gap) + last * last
    return select(
        moments.c.counterparty_id,
        func.count().label("purchases"),
        literal(end).label("total"),
        ((func.count() + 1) * squares - end * end).label("scatter"),
    ).group_by(moments.c.counterparty_id)


def variation(scatter: Any, total: Any) -> ColumnElement[Decimal]:
    """In percent, as it is shown; comparing is done without the root."""
    root = func.sqrt(cast(scatter, Numeric))
    return case((total != 0, func.round(100 * root / func.abs(total), 4)), else_=literal(Decimal(0)))


def display_value(known: Any, measure: StageMeasure) -> ColumnElement[Any]:
    """In money, in units or in documents, not in kopecks and thousandths."""
    return cast(known.value, Numeric) / UNITS.get(measure, 1)
