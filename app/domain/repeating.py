"""Contacts that come again: «every second Tuesday, ten times»."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count

from app.domain.periods import DAY, shift_months

MOST = 100  # contacts of one series
LONGEST = timedelta(days=2 * 366)  # nobody plans further
MOST_EVERY = 52


class RepeatUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OnDayOff(StrEnum):
    """What becomes of a date that nobody works on."""

    MOVE = "move"  # to the next working day
    SKIP = "skip"  # another one comes at the end
    KEEP = "keep"


@dataclass(frozen=True)
class Repeat:
    """How often, on which days of the week (Monday is 0; none: that of the first), how many times or until when."""

    every: int = 1
    unit: RepeatUnit = RepeatUnit.WEEK
    weekdays: frozenset[int] = frozenset()
    times: int | None = 10
    until: date | None = None
    on_day_off: OnDayOff = OnDayOff.MOVE

    def dates(self, first: date, is_working: Callable[[date], bool]) -> list[date]:
        """The first day as it is, then those of the rule: in order, none twice, MOST at most."""
        found = [first]
        for by_rule in self._days(first):
            if len(found) >= min(self.times or MOST, MOST) or by_rule > min(self.until or date.max, first + LONGEST):
                break
            if by_rule <= found[-1] or (self.on_day_off is OnDayOff.SKIP and not is_working(by_rule)):
                continue
            day = by_rule
            if self.on_day_off is OnDayOff.MOVE:
                day = next(one for one in (by_rule + n * DAY for n in count()) if is_working(one))
            if day > found[-1]:
                found.append(day)
        return found

    def _days(self, first: date) -> Iterator[date]:
        for step in count():
            match self.unit:
                case RepeatUnit.DAY:
                    yield first + step * self.every * DAY
                case RepeatUnit.WEEK:
                    monday = first - first.weekday() * DAY + 7 * step * self.every * DAY
                    yield from (monday + n * DAY for n in sorted(self.weekdays or {first.weekday()}))
                case RepeatUnit.MONTH:
                    yield shift_months(first, step * self.every)
