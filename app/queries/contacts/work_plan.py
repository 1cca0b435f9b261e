"""Plans of contacts: the clients of a cell as they are judged, what managers have planned, and what can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, case, cast, func, literal, select, true

from app.domain.periods import DAY, Period
from app.domain.words import ContactState
from app.domain.work_plan import Cell, Verdict
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.work_plan import WorkPlan, WorkPlanRule
from app.queries.classification.classes import abc_on
from app.queries.classification.history import in_force
from app.queries.classification.stages import record_on
from app.queries.classification.tracks import STAGE_TRACK
from app.queries.sql import materialized


def rule_of(cell: Cell) -> Select[WorkPlanRule]:
    return select(WorkPlanRule).where(
        WorkPlanRule.abc == cell.abc, WorkPlanRule.stage == cell.stage, WorkPlanRule.xyz == cell.xyz
    )


def clients_of(cell: Cell, on: date, zone: ZoneInfo) -> Select[Any]:
    """Whoever the reader sees in the cell on the day, with what was talked and is planned: what `clients_due` reads."""
    record = record_on(on)
    stage, xyz = (in_force(record, column, on) for column in STAGE_TRACK.columns)
    is_open = select(Contact.id).where(
        Contact.counterparty_id == Counterparty.id, Contact.state == ContactState.PLANNED
    )
    last_on = (
        select(cast(func.timezone(zone.key, Contact.starts_at), Date))
        .where(Contact.counterparty_id == Counterparty.id, Contact.state == ContactState.DONE)
        .order_by(Contact.starts_at.desc(), Contact.id.desc())
        .limit(1)
    )
    return (
        select(
            Counterparty.id,
            Counterparty.name,
            Counterparty.manager_id,
            record.value,
            is_open.exists().label("is_open"),
            last_on.scalar_subquery().label("last_on"),
        )
        .select_from(Counterparty)
        .join(record, true())
        .where(stage == cell.stage, xyz == cell.xyz, abc_on(on, Counterparty.id) == cell.abc)
    )


def clients_due(clients: Select[Any], *, every_days: int, period: Period, planner_id: int, most: int) -> Select[Any]:
    """The rule of tests.rules.work_plan: those who are due, the first `most` of each manager, as they are planned.

    `total` is how many the manager has of that verdict; of the others, and of too many, one row says it.
    """
    # Materialized: what is asked of contacts would otherwise be asked again at every place that needs it.
    known = materialized(clients, "clients")
    first = literal(period.first, Date)
    due = func.greatest(first, func.coalesce(known.c.last_on + every_days, first))
    verdict = case(
        (known.c.is_open, literal(Verdict.OPEN.value)),
        (due > period.last, literal(Verdict.RECENT.value)),
        else_=literal(Verdict.DUE.value),
    )
    manager = func.coalesce(known.c.manager_id, planner_id)
    group, order = (manager, verdict), (due, known.c.value.desc(), known.c.id)
    ranked = select(
        known.c.id,
        known.c.name,
        known.c.value,
        known.c.last_on,
        manager.label("manager_id"),
        due.label("due"),
        verdict.label("verdict"),
        func.row_number().over(partition_by=group, order_by=order).label("place"),
        func.count().over(partition_by=group).label("total"),
    ).subquery("ranked")
    shown = case((ranked.c.verdict == Verdict.DUE, most), else_=1)
    return select(ranked).where(ranked.c.place <= func.greatest(shown, 1)).order_by(ranked.c.place, ranked.c.id)


def busy_minutes(manager_ids: Iterable[int], period: Period, zone: ZoneInfo) -> Select[int | None, date, Sequence[int]]:
    """`manager_id`, `day`, `minutes`: when in the day what the managers have planned begins."""
    local = func.timezone(zone.key, Contact.starts_at)
    day = cast(local, Date)
    minute = cast(func.extract("epoch", local - func.date_trunc("day", local)) / 60, Integer)
    since, until = (datetime.combine(edge, time(), zone) for edge in (period.first, period.last + DAY))
    return (
        select(Contact.manager_id, day.label("day"), func.array_agg(minute).label("minutes"))
        .where(
            Contact.manager_id.in_(manager_ids),
            Contact.state == ContactState.PLANNED,
            Contact.starts_at >= since,
            Contact.starts_at < until,
        )
        .group_by(Contact.manager_id, day)
    )


def untouched(plan_id: Any) -> ColumnElement[bool]:
    """Contacts of a plan as it made them: nobody has done, moved or edited them."""
    return and_(Contact.work_plan_id == plan_id, Contact.state == ContactState.PLANNED, Contact.version == 1)


def plans() -> Select[WorkPlan, int]:
    """The plans that the reader sees, newest first, each with how many of its contacts can be undone."""
    left = select(func.count()).select_from(Contact).where(untouched(WorkPlan.id)).scalar_subquery()
    return select(WorkPlan, left.label("left")).order_by(WorkPlan.id.desc())
