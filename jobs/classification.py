"""Classes and stages by the clock."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, Period, months_from
from app.models.classes import Withdrawal
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification import standing
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages, next_parameters
from jobs import runtime


def month_end() -> int:
    """Assign stages and classes by the month before, unless somebody has done so, or has taken it back."""
    return runtime.repeat(classify_month)


def new_day() -> int:
    """What was held until yesterday counts no more: lists are filtered by what counts today."""
    return runtime.repeat(stand_anew)


def stand_anew(session: Session) -> bool:
    standing.stand_on(session, clock.today())
    return False


def classify_month(session: Session) -> bool:
    """Stages come first: who is lost has no class."""
    today = clock.today()
    month = months_from(today.replace(day=1) - DAY, 1)
    if not settled(session, STAGE_TRACK, month):
        classify_stages(session, next_parameters(session, month.last), today=today)
    if not settled(session, ABC_TRACK, month):
        classify_abc(session, month, today=today)
    return False


def settled(session: Session, track: AnyTrack, month: Period) -> bool:
    """The month has its run, or somebody did not want one."""
    run, taken_back = track.run, select(Withdrawal.id).where(Withdrawal.kind == track.kind)
    made = select(run.id).where(run.end == month.last, run.on == month.last)
    taken_back = taken_back.where(Withdrawal.end == month.last, Withdrawal.on == month.last)
    return any(session.scalar(each.limit(1)) is not None for each in (made, taken_back))
