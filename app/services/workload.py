"""Whether a day of an employee has room for what is planned."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.models.contacts import Contact
from app.models.tasks import Task
from app.models.users import User
from app.queries.workload import planned_minutes
from app.services.diaries import diary_of


def overfull(
    session: Session,
    user: User,
    day: date,
    minutes: int,
    *,
    now: datetime,
    zone: ZoneInfo,
    besides: Contact | Task | None = None,
) -> str:
    """What is said of so many minutes more on the day; "" while they fit into the hours of the user, or on a day off.

    `besides` is a row that is there already and whose minutes these are.
    """
    diary = diary_of(session, user, now=now, zone=zone, days=Period(day, day))
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
