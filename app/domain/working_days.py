"""The Russian production calendar: which days people work, moved days off included.

Days that the government moves are known to the `holidays` library once they are
decreed. Before that only the Labour Code counts (article 112): a holiday that falls
on a weekend moves to the next working day, those of January wherever the decree will say.
What a company does otherwise is in `exceptions`: day → worked or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import count

from holidays import country_holidays

from app.domain.periods import DAY, Period

JANUARY = [(1, day) for day in range(1, 9)]
HOLIDAYS = [(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)]
SATURDAY = 5

Exceptions = Mapping[date, bool]
NONE: Exceptions = {}


def is_working(day: date, exceptions: Exceptions = NONE) -> bool:
    known = exceptions.get(day)
    if known is not None:
        return known
    off, worked = _of_year(day.year)
    return day in worked or (day.weekday() < SATURDAY and day not in off)


def is_holiday(day: date, exceptions: Exceptions) -> bool:
    """Nobody works, whatever his days of the week are."""
    known = exceptions.get(day)
    return not known if known is not None else day in _of_year(day.year)[0]


def working_days(period: Period, exceptions: Exceptions = NONE) -> list[date]:
    return [day for day in period.each_day() if is_working(day, exceptions)]


def next_working(day: date, exceptions: Exceptions = NONE) -> date:
    """The day itself when it is a working one."""
    return next(one for one in _from(day) if is_working(one, exceptions))


def _from(day: date) -> Iterator[date]:
    return (day + n * DAY for n in count())


@lru_cache(maxsize=64)
def _of_year(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The days off, and the weekend days that are worked."""
    known = country_holidays("RU", years=year, expand=False)
    own = {date(year, month, day) for month, day in [*JANUARY, *HOLIDAYS]}
    off = {day for day in known if day.year == year} | own
    if off == own:  # nothing is decreed yet
        for holiday in (date(year, month, day) for month, day in HOLIDAYS):
            if holiday.weekday() >= SATURDAY:
                off.add(next(day for day in _from(holiday) if day.weekday() < SATURDAY and day not in off))
    return frozenset(off), frozenset(known.weekend_workdays)
