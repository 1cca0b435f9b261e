"""For tests; production runs queries.classification.rhythm: how often a buyer comes."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median

from app.domain.rhythm import FEWEST, Rhythm, window


def rhythm(shipped: Iterable[date], day: date) -> Rhythm:
    """By the days of his shipments, in any order; returns are no purchases."""
    days = sorted({one for one in shipped if one in window(day)})
    if not days:
        return Rhythm()
    gaps = [Decimal((after - before).days) for before, after in pairwise(days)]
    return Rhythm(len(days), days[-1], median(gaps) if len(days) >= FEWEST else None)
