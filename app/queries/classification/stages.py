"""Stages and XYZ classes of buyers: what the rule gives, and what was assigned by a day.

The rule is said once more in plain Python, tests.rules.stages; a test holds the two together.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Numeric,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.domain.periods import Period
from app.domain.stages import Parameters, Stage, StageMeasure, Thresholds, XyzClass
from app.models.classes import StageRecord, StageRun
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from app.queries.classification.history import Before, held, hold_on, in_force_on
from app.queries.classification.tracks import STAGE, STAGE_TRACK, XYZ
from app.queries.classification.variations import SHIPPED, display_value, figures, variation
from app.queries.sql import materialized

Buyer = SQLColumnExpression[int]


def assess(row: Any, thresholds: Thresholds) -> tuple[ColumnElement[Stage], ColumnElement[XyzClass | None]]:
    """The stage and the class after the window, for a row of `stage`, `purchases`, `value`, `total`, `scatter` and
    `is_silent`, which a one-time buyer is lost by.
    """
    stage = {one: literal(one, STAGE.type) for one in Stage}
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
        (and_(idle, was_one_time, row.is_silent), stage[Stage.LOST]),
        (idle, before),
        (and_(few, started), stage[Stage.ONE_TIME]),
        (few, stage[Stage.POTENTIAL]),
        (within(thresholds.z_to), stage[Stage.REGULAR]),
        else_=before,
    )
    bounds = (thresholds.x_to, thresholds.y_to, thresholds.z_to)
    xyz = case(
        (or_(idle, few), None),
        *((within(bound), literal(one, XYZ.type)) for bound, one in zip(bounds, XyzClass, strict=True)),
        else_=None,
    )
    return after, cast(xyz, XYZ.type)


def facts_on(parameters: Parameters, day: date, previous: StageRun | None) -> CTE:
    """Every buyer with the figures of the window and where he stood before the day: what the rule is applied to.

    `stage` is what the last run said, held or not; `old_stage` and `old_xyz` are what counted.
    """
    sold, before = figures(parameters).subquery("sold"), Before(STAGE_TRACK, previous, day)
    interval = parameters.measure is StageMeasure.INTERVALS
    purchases = func.coalesce(sold.c.purchases, 0)
    query = (
        select(
            Counterparty.id.label("counterparty_id"),
            before.computed(STAGE).label("stage"),
            before.in_force(STAGE).label(STAGE.old),
            before.in_force(XYZ).label(XYZ.old),
            purchases.label("purchases"),
            func.coalesce(sold.c.total, 0).label("total"),
            (purchases if interval else func.coalesce(sold.c.total, 0)).label("value"),
            func.coalesce(sold.c.scatter, 0).label("scatter"),
            _is_silent(parameters.silence, before.computed(STAGE), purchases).label("is_silent"),
        )
        .select_from(Counterparty)
        .outerjoin(sold, sold.c.counterparty_id == Counterparty.id)
        .where(or_(Counterparty.is_buyer, sold.c.counterparty_id.is_not(None)))
    )
    # Materialized: the planner would else write the old stage out at every place that asks for it.
    return materialized(before.join(query), "known")


def _is_silent(silence: Period | None, stage: Any, purchases: Any) -> ColumnElement[bool]:
    """Whether a one-time buyer bought nothing all through the silence: only of them is it asked."""
    if silence is None:
        return false()
    bought = exists().where(
        Shipment.counterparty_id == Counterparty.id, Shipment.date.between(silence.first, silence.last), SHIPPED
    )
    return case((and_(stage == Stage.ONE_TIME, purchases == 0), not_(bought)), else_=false())


def takes_part(known: Any) -> ColumnElement[bool]:
    """Whoever is lost and bought nothing is left out."""
    return or_(known.stage.is_distinct_from(Stage.LOST), known.purchases > 0)


def stages_by(parameters: Parameters, day: date, previous: StageRun | None) -> Select[Any]:
    """What a run on the day writes of every buyer: the columns of StageRecord but its run, in the order of buyers."""
    known = facts_on(parameters, day, previous)
    stage, xyz = assess(known.c, parameters.limits)
    hold = hold_on(STAGE_TRACK, day)
    return (
        select(
            known.c.counterparty_id,
            literal(day, Date).label("on_date"),
            known.c.old_stage,
            known.c.old_xyz,
            known.c.purchases,
            display_value(known.c, parameters.measure).label("value"),
            variation(known.c.scatter, known.c.total).label("variation"),
            *held(STAGE_TRACK, hold, [stage, xyz]),
        )
        .select_from(known.outerjoin(hold, hold.counterparty_id == known.c.counterparty_id))
        .where(takes_part(known.c))
        .order_by(known.c.counterparty_id)
    )


def record_on(day: date) -> Any:
    """A counterparty's latest record on the day or before it, whole: to be joined to counterparties on true."""
    latest = (
        select(StageRecord)
        .where(StageRecord.counterparty_id == Counterparty.id, StageRecord.on <= day)
        .order_by(StageRecord.on.desc(), StageRecord.id.desc())
        .limit(1)
        .lateral("latest")
    )
    return aliased(StageRecord, latest)


def stage_on(day: Any, buyer: Buyer) -> ScalarSelect[Stage | None]:
    return in_force_on(STAGE_TRACK, STAGE, day, buyer)


def xyz_on(day: Any, buyer: Buyer) -> ScalarSelect[XyzClass | None]:
    return in_force_on(STAGE_TRACK, XYZ, day, buyer)
