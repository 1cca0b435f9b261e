"""When one person works, by his zone and the production calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.domain.contact_times import Diary
from app.domain.periods import DAY, Period
from app.models.users import User
from app.queries.workdays import exceptions_in

SEEN_AHEAD = timedelta(days=60)  # nobody's days off last longer


def zone_of(user: User | None, company: ZoneInfo) -> ZoneInfo:
    """The user's own, or the company's where he has not chosen one."""
    profile = getattr(user, "profile", None)
    return ZoneInfo(profile.timezone) if profile and profile.timezone else company


def diary_of(session: Session, user: User | None, *, now: datetime, zone: ZoneInfo) -> Diary:
    """The working time of the user; `zone` is the company's, of whoever has not chosen one."""
    own = zone_of(user, zone)
    today = now.astimezone(own).date()
    return Diary(own, dict(session.execute(exceptions_in(Period(today, today + SEEN_AHEAD + DAY))).all()))
