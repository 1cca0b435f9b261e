"""When a reminder rings: before what it is about, or at a time; and how long it is put off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.contact_times import Diary, When
from app.domain.periods import DAY

# Minutes before: at once, 5 to 30 minutes, 1 to 8 hours, 1 to 4 days, a week.
INTERVALS = (0, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 4320, 5760, 10080)


class Snooze(StrEnum):
    """How long a reminder that rings is put off by one press."""

    QUARTER = "quarter"
    HOUR = "hour"
    TOMORROW = "tomorrow"
    WORKING = "working"


def rings_at(happens: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """So many minutes before it happens; whole days end at the same hour of the zone. The base does so too.

    As PostgreSQL reads a local time: the second of an hour that comes twice, and one that does not come as if it did.
    """
    days, rest = divmod(timedelta(minutes=minutes), DAY)
    if not days:
        return happens.astimezone(UTC) - rest
    local = happens.astimezone(zone) - days * DAY
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)) - rest


def put_off(snooze: Snooze, now: datetime, diary: Diary) -> datetime:
    """When it rings again, by the working time of its owner."""
    match snooze:
        case Snooze.QUARTER:
            return now + timedelta(minutes=15)
        case Snooze.HOUR:
            return now + timedelta(hours=1)
        case Snooze.TOMORROW:
            return diary.moment(When.TOMORROW, now)
        case Snooze.WORKING:
            return diary.moment(When.WORKING, now)
