"""How a company departs from the production calendar, and when its employees work."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import array

from app.domain.periods import Period
from app.models.work_plan import WorkdayException
from app.models.working_time import WEEKDAYS, Absence, WorkingHours


def exceptions_in(period: Period) -> Select[date, bool]:
    exception = WorkdayException
    return select(exception.day, exception.works).where(exception.day.between(period.first, period.last))


def diary_in(user_id: int | None, period: Period) -> Select[Any, Any, Any]:
    """(exceptions: [[day, works]], hours: [days, opens, closes], absences: [[first, last]]) of the period, as JSON."""
    exceptions = exceptions_in(period).subquery()
    hours, away = WorkingHours, Absence
    days = array([getattr(hours, day) for day in WEEKDAYS])
    of_user = select(func.jsonb_build_array(func.to_jsonb(days), hours.opens, hours.closes))
    mine = select(func.jsonb_agg(func.jsonb_build_array(away.first_day, away.last_day)))
    mine = mine.where(away.user_id == user_id, away.last_day >= period.first, away.first_day <= period.last)
    return select(
        select(func.jsonb_agg(func.jsonb_build_array(exceptions.c.day, exceptions.c.works)))
        .select_from(exceptions)
        .scalar_subquery()
        .label("exceptions"),
        of_user.where(hours.user_id == user_id).scalar_subquery().label("hours"),
        mine.scalar_subquery().label("absences"),
    )
