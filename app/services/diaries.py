"""When one person works, by his zone, his hours, the days that he is away and the production calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.domain.contact_times import Diary, Hours
from app.domain.periods import DAY, Period
from app.models.users import User
from app.queries.workdays import diary_in

SEEN_AHEAD = timedelta(days=60)  # nobody's days off last longer


def zone_of(user: User | None, company: ZoneInfo) -> ZoneInfo:
    """The user's own, or the company's where he has not chosen one."""
    profile = getattr(user, "profile", None)
    return ZoneInfo(profile.timezone) if profile and profile.timezone else company


def diary_of(
    session: Session, user: User | None, *, now: datetime, zone: ZoneInfo, days: Period | None = None
) -> Diary:
    """The working time of the user, of `days` too; `zone` is the company's, of whoever has not chosen one."""
    own = zone_of(user, zone)
    today = now.astimezone(own).date()
    period = Period(
        min(today, days.first if days else today), max(today + SEEN_AHEAD + DAY, days.last if days else today)
    )
    row = session.execute(diary_in(user.id if user else None, period)).one()
    hours = None
    if row.hours:
        worked, opens, closes = row.hours
        weekdays = frozenset(number for number, is_worked in enumerate(worked) if is_worked)
        hours = Hours(weekdays, time.fromisoformat(opens), time.fromisoformat(closes))
    return Diary(
        own,
        {date.fromisoformat(day): works for day, works in row.exceptions or ()},
        hours,
        tuple(Period(*map(date.fromisoformat, days)) for days in row.absences or ()),
    )
