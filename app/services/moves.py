"""Moves of buyers between classes and between stages, of those whom the reader sees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.domain import abc, stages
from app.domain.periods import DAY, Period
from app.domain.stages import Standing
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.queries import moves
from app.services import runs

Days = tuple[date, date]


def ends_of(period: Period, today: date) -> Days:
    """The day before the period and its last day, or today while it lasts."""
    runs.check_begun(period, today)
    return period.first - DAY, min(period.last, today)


def class_moves(session: Session, days: Days, manager_id: int | None = None) -> abc.Moves:
    """How many went from which class to which between the ends of two days."""
    return abc.Moves({(was, now): count for was, now, count in _moved(session, AbcRecord, AbcRun, days, manager_id)})


def stage_moves(session: Session, days: Days, manager_id: int | None = None) -> stages.Moves:
    """The same of stages and XYZ classes."""
    rows = _moved(session, StageRecord, StageRun, days, manager_id)
    return stages.Moves({(Standing(a, b), Standing(c, d)): count for a, b, c, d, count in rows})


def stage_counts(session: Session, day: date) -> Mapping[Standing, int]:
    """How many buyers are in which stage on the day; NEW are those without one."""
    rows = session.execute(moves.counts(StageRecord, day, runs.by(session, StageRun, day)))
    return {Standing(stage, xyz): count for stage, xyz, count in rows.tuples()}


def _moved(session: Session, record: Any, run: Any, days: Days, manager_id: int | None) -> Any:
    first, last = (runs.by(session, run, day) for day in days)
    return session.execute(moves.moves(record, days, (first, last), manager_id)).tuples()
