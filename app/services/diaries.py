"""When one person works, by his zone, his hours, the days that he is away and the production calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.contact_times import Diary, Hours
from app.domain.periods import Period
from app.models.contacts import Contact
from app.models.tasks import Task
from app.models.users import User, full_name
from app.queries.workdays import diaries_in
from app.queries.workload import planned_by_day, planned_minutes
from app.services.own_fields import STAMP

SEEN_AHEAD = timedelta(days=366)  # nobody plans further
CACHED: dict[tuple[str, int | None, ZoneInfo, date], Diary] = {}
MOST_CACHED = 500


def zone_of(user: User | None, company: ZoneInfo) -> ZoneInfo:
    """The user's own, or the company's where he has not chosen one."""
    profile = getattr(user, "profile", None)
    return ZoneInfo(profile.timezone) if profile and profile.timezone else company


def diary_of(session: Session, user: User | None, *, now: datetime, zone: ZoneInfo) -> Diary:
    """The working time of the user; `zone` is the company's, of whoever has not chosen one.

    It is kept while the stamp of rights is the same, which changes with the hours and days of anybody too.
    """
    own, number, stamp = zone_of(user, zone), user.id if user else None, session.info.get(STAMP)
    today = now.astimezone(own).date()
    kept = CACHED.get((stamp, number, own, today)) if stamp else None
    if kept is None:
        kept = diaries_of(session, [user], Period(today, today + SEEN_AHEAD), zone=zone)[number]
        if stamp:
            if len(CACHED) >= MOST_CACHED:
                CACHED.clear()
            CACHED[stamp, number, own, today] = kept
    return kept


def diaries_of(
    session: Session, users: Sequence[User | None], period: Period, *, zone: ZoneInfo
) -> dict[int | None, Diary]:
    """The working time of each on the days of the period, by his number; nobody's is the company's."""
    zones = {user.id if user else None: zone_of(user, zone) for user in users}
    return {row.user_id: _diary(row, zones[row.user_id]) for row in diaries_in(session, [*zones], period)}


def _diary(row: Any, zone: ZoneInfo) -> Diary:
    hours = None
    if row.hours:
        worked, opens, closes = row.hours
        weekdays = frozenset(number for number, is_worked in enumerate(worked) if is_worked)
        hours = Hours(weekdays, time.fromisoformat(opens), time.fromisoformat(closes))
    return Diary(
        zone,
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
        return str(_("%(who)s is away on this day.", who=full_name(user)))
    worked = diary.minutes_on(day)
    if not worked:
        return ""
    planned = minutes + planned_minutes(session, user.id, day, diary.zone, besides)
    if planned <= worked:
        return ""
    hours = {"planned": clock_of(planned), "worked": clock_of(worked)}
    return str(_("The day is filled beyond its hours: %(planned)s of %(worked)s.", **hours))


def overfull_days(
    session: Session, diaries: Mapping[int, Diary], period: Period, zone: ZoneInfo
) -> dict[tuple[int, date], str]:
    """Of these users the days that are planned beyond their hours, each with what is said of it."""
    found = {}
    for owner, day, minutes in planned_by_day(session, [*diaries], period, zone):
        worked = diaries[owner].minutes_on(day)
        if 0 < worked < minutes:
            found[owner, day] = str(_("%(planned)s of %(worked)s", planned=clock_of(minutes), worked=clock_of(worked)))
    return found


def clock_of(minutes: int) -> str:
    """«9:30»."""
    return f"{minutes // 60}:{minutes % 60:02}"
