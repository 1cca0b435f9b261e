"""Indicators: what is made of sums, how a period stands beside an earlier one, and beside its plan.

A sum that was not found (None) is not 0: a percent of it is not known either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.periods import DAY, Ago, Period
from app.domain.working_days import Exceptions, working_days

Figure = Decimal | None
Sums = Mapping[str, Figure]  # by the names of what is added up
HUNDRED = Decimal(100)


class Family(StrEnum):
    """Indicators that are drawn together."""

    MONEY = "money"
    DEALS = "deals"
    COMPLETENESS = "completeness"
    ORDERS = "orders"
    DEBT = "debt"
    CONTACTS = "contacts"
    STAGES = "stages"
    SUPPLY = "supply"


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    PERCENT = "percent"


class Beside(StrEnum):
    """What a period is compared with."""

    PREVIOUS = "previous"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Formula:
    """A sum, or a quotient of two sums: a percent or an average."""

    part: str
    per: str = ""
    times: Decimal = Decimal(1)

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.part, self.per) if self.per else (self.part,)

    def of(self, sums: Sums) -> Figure:
        """None where a sum is not known, or there is nothing to divide by."""
        above = sums.get(self.part)
        if not self.per or above is None:
            return above
        below = sums.get(self.per)
        return self.times * above / below if below else None


def percent_of(part: str, per: str) -> Formula:
    return Formula(part, per, HUNDRED)


def share(part: Figure, whole: Figure) -> Figure:
    """In percent of the whole."""
    return HUNDRED * part / whole if part is not None and whole else None


def mean(figures: Iterable[Figure]) -> Figure:
    """Of those that are known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known, Decimal(0)) / len(known) if known else None


def change(now: Figure, before: Figure) -> Figure:
    """In percent of what was; None where there was nothing to compare with."""
    return HUNDRED * (now - before) / abs(before) if now is not None and before else None


def elapsed(period: Period, today: date) -> Period:
    """What of the period has passed; all of one that has not begun."""
    return Period(period.first, max(period.first, min(period.last, today)))


def beside(period: Period, today: date, how: Beside) -> Period:
    """The earlier period; beside one that is not over, as many of its days as have passed."""
    before = period.previous() if how is Beside.PREVIOUS else period.analogous(Ago(how))
    if not period.first <= today < period.last:
        return before
    days = (today - period.first).days
    return Period(before.first, min(before.last, before.first + days * DAY))


def planned_by_now(plan: Decimal, month: Period, within: Period, exceptions: Exceptions) -> Decimal:
    """The part of a month's plan that falls on the days `within`: each working day has the same part of it."""
    first, last = max(month.first, within.first), min(month.last, within.last)
    if last < first:
        return Decimal(0)
    if (first, last) == (month.first, month.last):
        return plan
    all_days, some = (len(working_days(days, exceptions)) for days in (month, Period(first, last)))
    return plan * some / all_days if all_days else Decimal(0)
