"""Moves of buyers between classes and between stages, of those whom the reader sees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period
from app.domain.stages import Standing
from app.queries.classification import moves as queries
from app.queries.classification.tracks import STAGE_TRACK, M, Track
from app.services.classification import runs

Days = tuple[date, date]


def ends_of(period: Period, today: date) -> Days:
    """The day before the period and its last day, or today while it lasts."""
    runs.check_begun(period, today)
    return period.first - DAY, min(period.last, today)


def moves(session: Session, track: Track[Any, M], days: Days, manager_id: int | None = None) -> M:
    """How many went from where to where between the ends of two days."""
    first, last = (runs.run_on(session, track, day) for day in days)
    rows = session.execute(queries.moves(track, days, (first, last), manager_id))
    return track.moves.from_rows(rows)


def stage_counts(session: Session, day: date) -> Mapping[Standing, int]:
    """How many buyers are in which stage on the day; NEW are those without one."""
    rows = session.execute(queries.counts(STAGE_TRACK, day, runs.run_on(session, STAGE_TRACK, day)))
    return {Standing(stage, xyz): count for stage, xyz, count in rows}
