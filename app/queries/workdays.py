"""How a company departs from the production calendar, and when its employees work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, cast, func, select
from sqlalchemy.dialects.postgresql import array

from app.domain.periods import Period
from app.models.work_plan import WorkdayException
from app.models.working_time import WEEKDAYS, Absence, WorkingHours


def exceptions_in(period: Period) -> Select[date, bool]:
    exception = WorkdayException
    return select(exception.day, exception.works).where(exception.day.between(period.first, period.last))


def diaries_in(user_ids: Sequence[int | None], period: Period) -> Select[Any, Any, Any, Any]:
    """(user_id, exceptions: [[day, works]], hours: [days, opens, closes], absences: [[first, last]]), as JSON."""
    exceptions = exceptions_in(period).subquery()
    hours, away = WorkingHours, Absence
    who = func.unnest(cast([*user_ids], ARRAY(Integer))).table_valued("id").render_derived("who")
    days = array([getattr(hours, day) for day in WEEKDAYS])
    of_user = select(func.jsonb_build_array(func.to_jsonb(days), hours.opens, hours.closes))
    mine = select(func.jsonb_agg(func.jsonb_build_array(away.first_day, away.last_day)))
    mine = mine.where(away.user_id == who.c.id, away.last_day >= period.first, away.first_day <= period.last)
    return select(
        who.c.id.label("user_id"),
        select(func.jsonb_agg(func.jsonb_build_array(exceptions.c.day, exceptions.c.works)))
        .select_from(exceptions)
        .scalar_subquery()
        .label("exceptions"),
        of_user.where(hours.user_id == who.c.id).correlate(who).scalar_subquery().label("hours"),
        mine.correlate(who).scalar_subquery().label("absences"),
    )
