"""Rhythm of purchases: how often a buyer comes, when he is expected next, whether he is silent.

`app.queries.classification.rhythm` finds a rhythm in shipments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from app.domain.periods import DAY, Period, shift_months

MONTHS = 24
FEWEST = 4  # days of purchase: three intervals
SILENCE = Decimal(2)  # rhythms


@dataclass(frozen=True)
class Rhythm:
    """What the window says of a buyer; `usual` is the median of days between his purchases, None for too little data.

    Purchases of one day are one.
    """

    purchases: int = 0
    last_on: date | None = None
    usual: Decimal | None = None

    @property
    def expected(self) -> date | None:
        """The day of the next purchase, if he keeps his rhythm."""
        if self.last_on is None or self.usual is None:
            return None
        return self.last_on + timedelta(days=ceil(self.usual))

    def is_silent(self, day: date, silence: Decimal = SILENCE) -> bool:
        """He has kept away for longer than so many of his rhythms."""
        if self.last_on is None or self.usual is None:
            return False
        return (day - self.last_on).days > self.usual * silence


def window(day: date) -> Period:
    """The 24 months that end with the day."""
    return Period(shift_months(day, -MONTHS) + DAY, day)
