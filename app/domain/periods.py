"""Periods of closed calendar days, and the words people type for them.

A word such as `last-month` stays relative: it becomes a Period only when a day
is called today.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
YEARS = range(1900, 2200)  # further away is a slip of the finger
UNITS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
WEEKS = {"last-week": -1, "this-week": 0, "next-week": 1}
LAST_DAYS = re.compile(r"last-([1-9]\d{0,3})-days", re.ASCII)
AGO = re.compile(r"([1-9]\d{0,3})-(days|workdays)-ago", re.ASCII)
NUMBER = "%"  # in its place, in a text without its number of days
WORDS = ("today", "yesterday", *(f"{which}-{unit}" for unit in UNITS for which in ("this", "last")))


class Ago(StrEnum):
    """How long before a period the analogous one is."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Undated(StrEnum):
    """Spans that are no period: what was to be done before today, and what has no day."""

    OVERDUE = "overdue"
    UNDATED = "undated"


class PeriodProblem(StrEnum):
    """What is wrong with a text; its sentence is made where the reader's language is known."""

    UNKNOWN = "unknown"
    NO_SUCH_DAY = "no such day"
    BACKWARDS = "backwards"


class BadPeriod(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """The text is no period (or no day)."""

    def __init__(self, problem: PeriodProblem, text: str) -> None:
        super().__init__(f"{problem}: {text!r}")
        self.problem = problem
        self.text = text


@dataclass(frozen=True, order=True)
class Period:
    """Whole days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadPeriod(PeriodProblem.BACKWARDS, f"{self.first}..{self.last}")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_whole_months(self) -> bool:
        return self.first.day == 1 and self.last == end_of_month(self.last)

    def previous(self) -> Period:
        """The same length immediately before; for whole months, as many months."""
        return self._next_to(-1)

    def following(self) -> Period:
        """The same length immediately after; for whole months, as many months."""
        return self._next_to(1)

    def _next_to(self, sign: int) -> Period:
        if self.is_whole_months:
            length = months_between(self.first, self.last) + 1
            return months_from(shift_months(self.first, sign * length), length)
        shift = timedelta(days=sign * self.days)
        return Period(self.first + shift, self.last + shift)

    def around(self, day: date) -> Period:
        """The one with the day in it, of those that lie before and after this one without a gap."""
        if self.is_whole_months:
            length = months_between(self.first, self.last) + 1
            steps = months_between(self.first, day) // length
            return months_from(shift_months(self.first, steps * length), length)
        shift = (day - self.first).days // self.days * self.days * DAY
        return Period(self.first + shift, self.last + shift)

    def analogous(self, ago: Ago = Ago.YEAR) -> Period:
        """The same a week, month or year before: whole weeks, or less than a week, keep their weekdays."""
        months, weeks = {Ago.WEEK: (0, 1), Ago.MONTH: (1, 4), Ago.YEAR: (12, 52)}[ago]
        if self.is_whole_months and months:
            return months_from(shift_months(self.first, -months), months_between(self.first, self.last) + 1)
        if not months or self.days < 7 or self.days % 7 == 0:
            return Period(self.first - timedelta(weeks=weeks), self.last - timedelta(weeks=weeks))
        return Period(shift_months(self.first, -months), shift_months(self.last, -months))

    def each_day(self) -> Iterator[date]:
        return (self.first + number * DAY for number in range(self.days))

    def months(self) -> Iterator[Period]:
        """Its calendar months in order; the first and the last may be parts of a month."""
        first = self.first
        while first <= self.last:
            last = min(end_of_month(first), self.last)
            yield Period(first, last)
            first = last + DAY

    def text(self) -> str:
        """The shortest text that means this period on any day."""
        if self.is_whole_months:
            year, month = self.first.year, self.first.month
            length = months_between(self.first, self.last) + 1
            if length == 12 and month == 1:
                return f"{year:04}"
            if length == 3 and month % 3 == 1:
                return f"{year:04}-Q{month // 3 + 1}"
            if length == 1:
                return f"{year:04}-{month:02}"
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def week_of(day: date) -> Period:
    """From its Monday to its Sunday."""
    monday = day - day.weekday() * DAY
    return Period(monday, monday + 6 * DAY)


def shift_months(day: date, months: int) -> date:
    """The same day `months` later; the last day of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def months_from(first: date, count: int) -> Period:
    """`count` whole months that begin with the month of `first`."""
    first = first.replace(day=1)
    return Period(first, end_of_month(shift_months(first, count - 1)))


def parse_day(text: str, today: date) -> date:
    """`2026-11-23`, `today`, `yesterday`, `tomorrow`, `3-days-ago`, or `1-workdays-ago`, which of a Monday is the
    Friday; anything else raises BadPeriod.
    """
    text = text.strip().lower()
    if text in DAYS:
        return today + DAYS[text] * DAY
    if found := AGO.fullmatch(text):
        count = int(found[1])
        return today - count * DAY if found[2] == "days" else workdays_before(today, count)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise BadPeriod(PeriodProblem.UNKNOWN, text)
    return _calendar_day(text, *map(int, text.split("-")))


def workdays_before(day: date, count: int) -> date:
    """So many days before, Saturdays and Sundays left out."""
    for _each in range(count):
        day -= DAY
        while day.weekday() > 4:
            day -= DAY
    return day


def numbered(text: str) -> tuple[str, int] | None:
    """`last-%-days` and 30 of `last-30-days`; None where the text has no number of days."""
    found = LAST_DAYS.fullmatch(text) or AGO.fullmatch(text)
    return (text.replace(found[1], NUMBER, 1), int(found[1])) if found else None


def parse_span(text: str, today: date) -> Period | Undated:
    """What parse_period reads, or `overdue` or `undated`."""
    word = text.strip().lower()
    return Undated(word) if word in {*Undated} else parse_period(text, today)


def parse_period(text: str, today: date) -> Period:
    """A year, a quarter, a month, a day, `first..last`, a week from Monday (`this-week`, `last-week`, `next-week`),
    `last-7-days` (that end today) or one of WORDS; anything else raises BadPeriod.
    """
    text = text.strip()
    word = text.lower()
    if word in WEEKS:
        return week_of(today + 7 * WEEKS[word] * DAY)
    if found := LAST_DAYS.fullmatch(word):
        return Period(today - (int(found[1]) - 1) * DAY, today)
    if word in WORDS and "-" in word:
        which, unit = word.split("-")
        return _around(today, UNITS[unit], previous=which == "last")
    if found := re.fullmatch(r"(\d{4})(?:-(?:q([1-4])|(\d{2})))?", word, re.ASCII):
        year, quarter, month = found.groups()
        length = 3 if quarter else 1 if month else 12
        first = _calendar_day(text, int(year), int(quarter) * 3 - 2 if quarter else int(month or 1), 1)
        return months_from(first, length)
    start, dots, end = word.partition("..")
    day = parse_day(start, today)
    return Period(day, parse_day(end, today) if dots else day)


def _around(today: date, length: int, *, previous: bool) -> Period:
    """The calendar month, quarter or year of today, or the one before it."""
    month = (today.month - 1) // length * length + 1
    first = today.replace(month=month, day=1)
    return months_from(shift_months(first, -length) if previous else first, length)


def _calendar_day(text: str, year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise BadPeriod(PeriodProblem.NO_SUCH_DAY, text) from None
    if year not in YEARS:
        raise BadPeriod(PeriodProblem.NO_SUCH_DAY, text)
    return found
