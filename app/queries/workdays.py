"""How a company departs from the production calendar, and when its employees work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Date, Integer, Row, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.models.work_plan import WorkdayException
from app.models.working_time import WEEKDAYS, Absence, WorkingHours


def exceptions_in(period: Period) -> Select[date, bool]:
    return _exceptions(period.first, period.last)


def _exceptions(first: date, last: date) -> Select[date, bool]:
    exception = WorkdayException
    return select(exception.day, exception.works).where(exception.day.between(first, last))


def diaries_in(session: Session, user_ids: Sequence[int | None], period: Period) -> Sequence[Row[Any, Any, Any, Any]]:
    """(user_id, exceptions: [[day, works]], hours: [days, opens, closes], absences: [[first, last]]), as JSON."""
    asked = {"users": list(user_ids), "first": period.first, "last": period.last}
    return session.execute(_diaries(), asked).all()


@cache
def _diaries() -> Select[Any, Any, Any, Any]:
    """Made once: to make it costs more than to ask it."""
    first: Any = bindparam("first", type_=Date)
    last: Any = bindparam("last", type_=Date)
    exceptions = _exceptions(first, last).subquery()
    hours, away = WorkingHours, Absence
    who = func.unnest(bindparam("users", type_=ARRAY(Integer))).table_valued("id").render_derived("who")
    days = array([getattr(hours, day) for day in WEEKDAYS])
    of_user = select(func.jsonb_build_array(func.to_jsonb(days), hours.opens, hours.closes))
    mine = select(func.jsonb_agg(func.jsonb_build_array(away.first_day, away.last_day)))
    mine = mine.where(away.user_id == who.c.id, away.last_day >= first, away.first_day <= last)
    return select(
        who.c.id.label("user_id"),
        select(func.jsonb_agg(func.jsonb_build_array(exceptions.c.day, exceptions.c.works)))
        .select_from(exceptions)
        .scalar_subquery()
        .label("exceptions"),
        of_user.where(hours.user_id == who.c.id).correlate(who).scalar_subquery().label("hours"),
        mine.correlate(who).scalar_subquery().label("absences"),
    ).execution_options(keeps_plan=True)
