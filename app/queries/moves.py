"""Who stood where on two days: moves between classes and between stages."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.domain.periods import DAY
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.models.counterparties import Counterparty
from app.queries.history import Before

Run = AbcRun | StageRun | None
KEPT: dict[Any, tuple[tuple[str, str], ...]] = {  # what counts, and what the run says where something else is held
    AbcRecord: (("abc", "computed"),),
    StageRecord: (("stage", "computed_stage"), ("xyz", "computed_xyz")),
}


def standings(record: Any, day: date, run: Run) -> Select[Any]:
    """Every counterparty with what counts of him on the day; `run` is the last one by that day.

    The same as queries.classes.abc_on and queries.stages.stage_on say of one buyer, of all of them at once.
    """
    before = Before(record, run, day + DAY)
    what = (before.counted(name, computed).label(name) for name, computed in KEPT[record])
    who = select(Counterparty.id, Counterparty.is_buyer, Counterparty.manager_id, *what).select_from(Counterparty)
    return before.join(who)


def counts(record: Any, day: date, run: Run) -> Select[Any]:
    """How many buyers stand where on the day; those who are nowhere too."""
    seen = standings(record, day, run).subquery("seen")
    where = [seen.c[name] for name, _ in KEPT[record]]
    return select(*where, func.count()).where(or_(seen.c.is_buyer, where[0].is_not(None))).group_by(*where)


def moves(record: Any, days: tuple[date, date], runs: tuple[Run, Run], manager_id: int | None) -> Select[Any]:
    """How many went from where to where between the ends of two days; who is nowhere on both is left out."""
    was, now = (
        standings(record, day, run).subquery(name) for day, run, name in zip(days, runs, ("was", "now"), strict=True)
    )
    names = [name for name, _ in KEPT[record]]
    columns = [side.c[name] for side in (was, now) for name in names]
    query = (
        select(*columns, func.count())
        .join(now, now.c.id == was.c.id)
        .where(or_(was.c[names[0]].is_not(None), now.c[names[0]].is_not(None)))
        .group_by(*columns)
    )
    return query if manager_id is None else query.where(was.c.manager_id == manager_id)
