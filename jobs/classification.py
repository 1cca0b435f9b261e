"""Classes and stages by the clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, Period, months_from
from app.models.classes import AbcRun, StageRun
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages, next_parameters
from jobs import runtime


def month_end() -> int:
    """Assign stages and classes by the month before, unless somebody has done so."""
    return runtime.repeat(classify_month)


def classify_month(session: Session) -> bool:
    """Stages come first: who is lost has no class."""
    today = clock.today()
    month = months_from(today.replace(day=1) - DAY, 1)
    if not done(session, StageRun, month):
        classify_stages(session, next_parameters(session, month.last), today=today)
    if not done(session, AbcRun, month):
        classify_abc(session, month, today=today)
    return False


def done(session: Session, model: Any, month: Period) -> bool:
    same = select(model.id).where(model.end == month.last, model.on == month.last).limit(1)
    return session.scalar(same) is not None
