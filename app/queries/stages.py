"""Stages and XYZ classes of buyers: what the rule gives, and what was assigned by a day.

The rule of app.domain.stages in SQL, for the whole company at once; a test holds
the two together.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Numeric,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.domain.periods import Period
from app.domain.stages import MONTHS, Parameters, Periodicity, Stage, StageMeasure, Thresholds, XyzClass
from app.domain.words import MovementKind
from app.models.classes import Hold, StageRecord, StageRun
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from app.models.sales import BuyerMonth
from app.queries.history import Before, counted, holds_on

STAGE, XYZ = StageRecord.stage.type, StageRecord.xyz.type
FITS = 3_000_000_000  # its square is a bigint, which adds up faster than numeric
UNITS = {StageMeasure.REVENUE: 100, StageMeasure.PROFIT: 100, StageMeasure.QUANTITY: 1000}
Buyer = SQLColumnExpression[int]
TO_BUCKETS = {
    StageMeasure.REVENUE: BuyerMonth.revenue,
    StageMeasure.PROFIT: BuyerMonth.revenue - BuyerMonth.cost,
    StageMeasure.SALES: BuyerMonth.shipments,
    StageMeasure.QUANTITY: BuyerMonth.quantity,
}
SHIPPED = Shipment.kind == MovementKind.SHIPMENT
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
        .where(Shipment.date.between(days.first, days.last))
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


def assess(row: Any, thresholds: Thresholds) -> tuple[ColumnElement[Stage], ColumnElement[XyzClass | None]]:
    """The stage and the class after the window, for a row of `stage`, `purchases`, `value`, `total` and `scatter`."""
    stage = {one: literal(one, STAGE) for one in Stage}
    before = func.coalesce(row.stage, stage[Stage.POTENTIAL])
    idle = or_(row.purchases == 0, row.value <= 0)
    was_one_time = before == stage[Stage.ONE_TIME]
    few = and_(before.in_((stage[Stage.POTENTIAL], stage[Stage.ONE_TIME])), row.purchases <= thresholds.one_time_to)
    started = or_(was_one_time, row.purchases >= thresholds.one_time_from)

    def within(bound: Decimal) -> ColumnElement[bool]:
        limit: ColumnElement[Decimal] = bound * bound * row.total * row.total
        return 10_000 * cast(row.scatter, Numeric) <= limit

    after = case(
        (and_(idle, before.in_((stage[Stage.REGULAR], stage[Stage.LOST]))), stage[Stage.LOST]),
        (idle, before),
        (and_(few, started), stage[Stage.ONE_TIME]),
        (few, stage[Stage.POTENTIAL]),
        (within(thresholds.z_to), stage[Stage.REGULAR]),
        else_=before,
    )
    bounds = (thresholds.x_to, thresholds.y_to, thresholds.z_to)
    xyz = case(
        (or_(idle, few), None),
        *((within(bound), literal(one, XYZ)) for bound, one in zip(bounds, XyzClass, strict=True)),
        else_=None,
    )
    return after, cast(xyz, XYZ)


def stages_by(parameters: Parameters, day: date, previous: StageRun | None) -> Select[Any]:
    """What a run on the day writes of every buyer: the columns of StageRecord but its run, in the order of buyers.

    Whoever is lost and bought nothing is left out.
    """
    sold, before = figures(parameters).subquery("sold"), Before(StageRecord, previous, day)
    interval = parameters.measure is StageMeasure.INTERVALS
    purchases = func.coalesce(sold.c.purchases, 0)
    query = (
        select(
            Counterparty.id.label("counterparty_id"),
            before.said("stage", "computed_stage").label("stage"),
            before.counted("stage", "computed_stage").label("old_stage"),
            before.counted("xyz", "computed_xyz").label("old_xyz"),
            purchases.label("purchases"),
            func.coalesce(sold.c.total, 0).label("total"),
            (purchases if interval else func.coalesce(sold.c.total, 0)).label("value"),
            func.coalesce(sold.c.scatter, 0).label("scatter"),
        )
        .select_from(Counterparty)
        .outerjoin(sold, sold.c.counterparty_id == Counterparty.id)
        .where(or_(Counterparty.is_buyer, sold.c.counterparty_id.is_not(None)))
    )
    # Materialized: the planner would else write the old stage out at every place that asks for it.
    known = before.join(query).cte("known").prefix_with("MATERIALIZED", dialect="postgresql")
    stage, xyz = assess(known.c, parameters.thresholds)
    hold: Any = aliased(Hold, holds_on(day, Hold.stage).subquery("holds"))
    held = hold.id.is_not(None)
    return (
        select(
            known.c.counterparty_id,
            literal(day, Date).label("on_date"),
            case((held, hold.stage), else_=stage).label("stage"),
            case((held, hold.xyz), else_=xyz).label("xyz"),
            known.c.old_stage,
            known.c.old_xyz,
            known.c.purchases,
            (cast(known.c.value, Numeric) / UNITS.get(parameters.measure, 1)).label("value"),
            variation(known.c.scatter, known.c.total).label("variation"),
            case((held, stage)).label("computed_stage"),
            case((held, xyz)).label("computed_xyz"),
            hold.until.label("held_until"),
            hold.id.label("hold_id"),
        )
        .select_from(known.outerjoin(hold, hold.counterparty_id == known.c.counterparty_id))
        .where(or_(known.c.stage.is_distinct_from(Stage.LOST), known.c.purchases > 0))
        .order_by(known.c.counterparty_id)
    )


def rank(stage: Any, xyz: Any) -> ColumnElement[int]:
    """Standing.rank of the domain: lost < potential < one-time < Z < Y < X; -1 without a stage."""
    return case(
        (stage == Stage.LOST, 0),
        (stage == Stage.POTENTIAL, 1),
        (stage == Stage.ONE_TIME, 2),
        (and_(stage == Stage.REGULAR, xyz == XyzClass.X), 5),
        (and_(stage == Stage.REGULAR, xyz == XyzClass.Y), 4),
        (stage == Stage.REGULAR, 3),
        else_=-1,
    )


def latest_on(day: Any, buyer: Buyer, what: Any) -> ScalarSelect[Any]:
    """`what(record)` of the buyer's latest record on the day or before it."""
    record: Any = aliased(StageRecord)
    return (
        select(what(record))
        .where(record.counterparty_id == buyer, record.on <= day)
        .order_by(record.on.desc(), record.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def stage_on(day: Any, buyer: Buyer) -> ScalarSelect[Stage | None]:
    return latest_on(day, buyer, lambda record: counted(record, "stage", "computed_stage", day))


def xyz_on(day: Any, buyer: Buyer) -> ScalarSelect[XyzClass | None]:
    return latest_on(day, buyer, lambda record: counted(record, "xyz", "computed_xyz", day))
