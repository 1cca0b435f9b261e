"""The periods that relations with a client are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain.periods import DAY, Period, shift_months

MONTHS = 12


@dataclass(frozen=True)
class Windows:
    """The twelve months that end with the day, and the twelve before them."""

    now: Period
    before: Period

    @classmethod
    def until(cls, day: date) -> Windows:
        first = shift_months(day, -MONTHS) + DAY
        last = first - DAY
        return cls(Period(first, day), Period(shift_months(last, -MONTHS) + DAY, last))
