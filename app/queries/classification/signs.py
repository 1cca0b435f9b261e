"""Signs that relations with a buyer get worse: he is silent, his class or stage fell, his debt grew."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain.periods import DAY, Period
from app.domain.words import Sign
from app.models.counterparties import Counterparty
from app.queries.classification.history import in_force
from app.queries.classification.rhythm import rhythms
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.queries.sales.settlements import debts, overdue

FLAGS = {Sign.SILENT: "is_silent", Sign.FALLEN: "has_fallen", Sign.DEBT: "owes_more"}


def signs(
    day: date, silence: Decimal, days: int, *, sign: Sign | None = None, manager_id: int | None = None
) -> Select[Any]:
    """Of whoever has a sign, or that one: `is_silent`, `has_fallen`, `owes_more`, 1 or 0, and what they follow from.

    Silence is counted in rhythms; a class, a stage and a debt are compared over the last `days`.
    """
    before = day - days * DAY
    recent = Period(before + DAY, day)
    rhythm, debt = rhythms(day).subquery("rhythm"), debts(day, before).subquery("debt")
    abc, stage = fallen(ABC_TRACK, recent).subquery("abc"), fallen(STAGE_TRACK, recent).subquery("stage")
    each = select(
        Counterparty.id.label("counterparty_id"),
        one_if(literal(day) - rhythm.c.last_on > rhythm.c.usual * silence).label("is_silent"),
        one_if(or_(abc.c.since.is_not(None), stage.c.since.is_not(None))).label("has_fallen"),
        one_if(debt.c.grew_by > 0).label("owes_more"),
        *(rhythm.c[name] for name in ("usual", "expected")),
        abc.c.old.label("abc_old"),
        abc.c.abc.label("abc_now"),
        abc.c.since.label("abc_since"),
        stage.c.old_stage.label("stage_old"),
        stage.c.old_xyz.label("stage_old_xyz"),
        stage.c.stage.label("stage_now"),
        stage.c.xyz.label("stage_now_xyz"),
        stage.c.since.label("stage_since"),
        func.coalesce(debt.c.debt, 0).label("debt"),
        debt.c.grew_by,
    ).select_from(Counterparty)
    for known in (rhythm, abc, stage, debt):
        each = each.outerjoin(known, known.c.counterparty_id == Counterparty.id)
    if manager_id is not None:
        each = each.where(Counterparty.manager_id == manager_id)
    seen = each.subquery("seen").c
    wanted = seen[FLAGS[sign]] if sign else seen.is_silent + seen.has_fallen + seen.owes_more
    # Chosen here, where the base knows how many there are; further out it expects one and looks his debt up for each.
    found = select(*seen).where(wanted > 0).cte("found")
    owed = overdue(day, select(found.c.counterparty_id).where(found.c.debt > 0)).subquery("owed")
    return select(*found.c, func.coalesce(owed.c.overdue, 0).label("overdue")).outerjoin(
        owed, owed.c.id == found.c.counterparty_id
    )


def fallen(track: AnyTrack, recent: Period) -> Select[Any]:
    """`counterparty_id`, where he was and is (the columns of `track.move`), `since`: who moved last for the worse."""
    moved = last_moves(track, recent).subquery("moved")
    old, now = ([moved.c[getattr(column, name)] for column in track.columns] for name in ("old", "name"))
    return select(moved.c.counterparty_id, *old, *now, moved.c.since).where(track.rank(*now) < track.rank(*old))


def last_moves(track: AnyTrack, recent: Period) -> Select[Any]:
    """The last record of the period that changed what counts of its buyer: what counts now, the old and `since`.

    A hold that is over has changed it on the day after. A run of a day replaces
    what was written on that day before it.
    """
    record, later = aliased(track.record), aliased(track.record)
    now = {column: in_force(record, column, recent.last) for column in track.columns}
    released = or_(*(value.is_distinct_from(getattr(record, column.name)) for column, value in now.items()))
    moved = or_(*(value.is_distinct_from(getattr(record, column.old)) for column, value in now.items()))
    replaced = exists(
        select(later.id).where(
            later.counterparty_id == record.counterparty_id,
            later.on == record.on,
            later.id > record.id,
            later.run_id.is_not(None),
        )
    )
    return (
        select(
            record.counterparty_id,
            *(value.label(column.name) for column, value in now.items()),
            *(getattr(record, column.old).label(column.old) for column in track.columns),
            case((released, record.held_until + 1), else_=record.on).label("since"),
        )
        .where(record.on.between(recent.first, recent.last), moved, ~replaced)
        .ext(distinct_on(record.counterparty_id))
        .order_by(record.counterparty_id, record.on.desc(), record.id.desc())
    )


def one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """1 where it holds, 0 where it does not or nothing is known: signs are added up."""
    return case((condition, 1), else_=0)
