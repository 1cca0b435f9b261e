"""When one person works, by his zone, his hours, the days that he is away and the production calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.contact_times import Diary, Hours
from app.domain.periods import Period
from app.models.contacts import Contact
from app.models.tasks import Task
from app.models.users import User
from app.queries.workdays import diary_in
from app.queries.workload import planned_minutes

SEEN_AHEAD = timedelta(days=366)  # nobody plans further


def zone_of(user: User | None, company: ZoneInfo) -> ZoneInfo:
    """The user's own, or the company's where he has not chosen one."""
    profile = getattr(user, "profile", None)
    return ZoneInfo(profile.timezone) if profile and profile.timezone else company


def diary_of(session: Session, user: User | None, *, now: datetime, zone: ZoneInfo) -> Diary:
    """The working time of the user; `zone` is the company's, of whoever has not chosen one."""
    own = zone_of(user, zone)
    today = now.astimezone(own).date()
    period = Period(today, today + SEEN_AHEAD)
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


def overfull(
    session: Session,
    user: User,
    day: date,
    minutes: int,
    *,
    diary: Diary,
    besides: Contact | Task | None = None,
) -> str:
    """What is said of so many minutes more on the day; "" while they fit into the hours of his diary, or on a day off.

    `besides` is a row that is there already and whose minutes these are.
    """
    if diary.is_away(day):
        return str(_("%(who)s is away on this day.", who=user.get_full_name()))
    worked = diary.minutes_on(day)
    planned = minutes + int(session.scalar(planned_minutes(user.id, day, diary.zone, besides)) or 0)
    if planned <= worked or not worked:
        return ""
    hours = {"planned": clock_of(planned), "worked": clock_of(worked)}
    return str(_("The day is filled beyond its hours: %(planned)s of %(worked)s.", **hours))


def clock_of(minutes: int) -> str:
    """«9:30»."""
    return f"{minutes // 60}:{minutes % 60:02}"
