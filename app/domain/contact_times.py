"""When a contact is: what happened lies behind us, what is planned lies in working time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.periods import DAY, Period
from app.domain.words import ContactState
from app.domain.work_plan import LENGTH, OPENS, WORKED
from app.domain.working_days import Exceptions, is_holiday, is_working, next_working

USUAL_LENGTH = timedelta(minutes=LENGTH)
JUST_TALKED = 5  # minutes of a contact that nobody timed
LONGEST = 12 * 60  # minutes
OPENING, CLOSING, MORNING = time(OPENS // 60), time((OPENS + WORKED) // 60), time(10)
HOUR = timedelta(hours=1)
STEP = timedelta(minutes=5)
FREE_MOVES = 2  # the next one needs a reason


class When(StrEnum):
    """A time that is chosen by one press."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    WORKING = "working"
    WEEK = "week"


def is_ahead(state: ContactState, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """A contact that has happened is said to be in the future, in part or whole."""
    return state == ContactState.DONE and max(starts_at, ends_at) > now


def minutes_between(opens: time, closes: time) -> int:
    return closes.hour * 60 + closes.minute - opens.hour * 60 - opens.minute


def needs_reason(moves: int) -> bool:
    """One that was moved so many times is not moved again without a word."""
    return moves >= FREE_MOVES


def usual_end(starts_at: datetime, state: ContactState, now: datetime) -> datetime:
    """When a contact ends of which only the start was said; one that has taken place is over by now."""
    end = starts_at + USUAL_LENGTH
    return max(starts_at, min(end, now)) if state == ContactState.DONE else end


def happened(now: datetime, minutes: int = JUST_TALKED) -> tuple[datetime, datetime]:
    """The start and the end of what has just ended."""
    end = now.replace(second=0, microsecond=0)
    return end - timedelta(minutes=minutes), end


@dataclass(frozen=True)
class Hours:
    """On which days of the week (Monday is 0) somebody works, and from when until when."""

    weekdays: frozenset[int]
    opens: time
    closes: time


LONGEST_AWAY = 366  # days that are looked through for one of work


@dataclass(frozen=True)
class Diary:
    """The working time of one person: his zone, the days that depart from the production calendar, his own hours
    (None: the company's) and when he is away.
    """

    zone: ZoneInfo
    exceptions: Exceptions = field(default_factory=dict)
    hours: Hours | None = None
    absences: tuple[Period, ...] = ()

    def is_away(self, day: date) -> bool:
        return any(away.first <= day <= away.last for away in self.absences)

    def on(self, day: date) -> tuple[time, time] | None:
        """From when until when he works on the day; None: not at all."""
        if self.is_away(day):
            return None
        if self.hours is None:
            return (OPENING, CLOSING) if is_working(day, self.exceptions) else None
        if day.weekday() not in self.hours.weekdays or is_holiday(day, self.exceptions):
            return None
        return self.hours.opens, self.hours.closes

    def minutes_on(self, day: date) -> int:
        hours = self.on(day)
        return minutes_between(*hours) if hours else 0

    def is_at_work(self, starts: datetime, ends: datetime) -> bool:
        """Whether all of it lies within the working hours of one of his days."""
        first, last = starts.astimezone(self.zone), ends.astimezone(self.zone)
        hours = self.on(first.date()) if first.date() == last.date() else None
        return hours is not None and first.time() >= hours[0] and last.time() <= hours[1]

    def next_hour(self, now: datetime) -> datetime:
        """The next round hour in which he works."""
        local = now.astimezone(self.zone)
        hour = (local + HOUR).replace(minute=0, second=0, microsecond=0)
        hours = self.on(hour.date())
        if hours and hours[0] <= hour.time() < hours[1]:
            return hour
        day = hour.date() if hours and hour.time() < hours[0] else self._next(hour.date() + DAY)
        return self._at(day, (self.on(day) or (OPENING, CLOSING))[0])

    def moment(self, when: When, now: datetime, start: datetime | None = None) -> datetime:
        """What is chosen by a press; an hour is counted from `start` while that is still to come."""
        today = now.astimezone(self.zone).date()
        match when:
            case When.HOUR:
                return self._round(max(now, start or now) + HOUR)
            case When.TOMORROW:
                return self._at(today + DAY, MORNING)
            case When.WORKING:
                return self._at(self._next(today + DAY), MORNING)
            case When.WEEK:
                return self._at(self._next(today + 7 * DAY), MORNING)

    def offered(self, now: datetime, start: datetime | None = None) -> Mapping[When, datetime]:
        """All that can be pressed; two that would be the same moment are one."""
        found: dict[When, datetime] = {}
        for when in When:
            moment = self.moment(when, now, start)
            if moment not in found.values():
                found[when] = moment
        return found

    def _next(self, day: date) -> date:
        """The day itself when he works on it; the company's, where he is not awaited at all."""
        days = (day + number * DAY for number in range(LONGEST_AWAY))
        return next((one for one in days if self.on(one)), next_working(day, self.exceptions))

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone)

    def _round(self, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone).replace(second=0, microsecond=0)
        return local + timedelta(minutes=-local.minute % (STEP // timedelta(minutes=1)))
