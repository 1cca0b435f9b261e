"""How a company departs from the production calendar."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, select

from app.domain.periods import Period
from app.models.work_plan import WorkdayException


def exceptions_in(period: Period) -> Select[date, bool]:
    exception = WorkdayException
    return select(exception.day, exception.works).where(exception.day.between(period.first, period.last))
