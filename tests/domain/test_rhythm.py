"""Rhythm of purchases: golden examples counted by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.domain.periods import Period
from app.domain.rhythm import Rhythm, window
from tests.rules.rhythm import rhythm

DAY = date(2026, 11, 26)


def bought(*days_ago: int) -> list[date]:
    return [DAY - timedelta(days=days) for days in days_ago]


@pytest.mark.parametrize(
    ("days_ago", "purchases", "usual", "expected"),
    [
        # every 30 days: 26.08, 25.09, 25.10, 24.11 -> 24.12
        ([92, 62, 32, 2], 4, "30", date(2026, 12, 24)),
        # gaps 10, 20, 90: the long one changes nothing
        ([125, 115, 95, 5], 4, "20", date(2026, 12, 11)),
        # gaps 10, 11, 20, 30: (11 + 20) / 2 = 15.5 is 16 whole days
        ([71, 61, 50, 30, 0], 5, "15.5", date(2026, 12, 12)),
        # two shipments of a day are one purchase: gaps 7, 7, 7
        ([21, 21, 14, 7, 7, 0], 4, "7", date(2026, 12, 3)),
        # three days are too few, and so are four shipments of three days
        ([60, 30, 0], 3, None, None),
        ([60, 30, 30, 0], 3, None, None),
        ([], 0, None, None),
    ],
)
def test_the_rhythm_is_the_median_of_days_between_purchases(
    days_ago: list[int], purchases: int, usual: str | None, expected: date | None
) -> None:
    found = rhythm(bought(*days_ago), DAY)
    assert (found.purchases, found.usual) == (purchases, Decimal(usual) if usual else None)
    assert found.expected == expected
    assert found == rhythm(bought(*reversed(days_ago)), DAY)


def test_the_window_is_24_months_with_the_day_itself() -> None:
    assert window(DAY) == Period(date(2024, 11, 27), DAY)
    assert window(date(2024, 2, 29)) == Period(date(2022, 3, 1), date(2024, 2, 29))
    outside = [date(2024, 11, 26), DAY + timedelta(days=1)]
    found = rhythm([*outside, date(2024, 11, 27), DAY], DAY)
    assert (found.purchases, found.last_on) == (2, DAY)


@pytest.mark.parametrize(
    ("days_since", "silence", "silent"),
    [(60, "2", False), (61, "2", True), (45, "1.5", False), (46, "1.5", True), (61, "3", False)],
)
def test_silent_is_longer_than_so_many_rhythms(days_since: int, silence: str, silent: bool) -> None:
    found = rhythm(bought(*(days_since + 30 * n for n in range(4))), DAY)
    assert found.usual == 30
    assert found.is_silent(DAY, Decimal(silence)) is silent


def test_nobody_is_silent_without_a_rhythm() -> None:
    assert not Rhythm().is_silent(DAY)
    assert not rhythm(bought(700, 600, 500), DAY).is_silent(DAY)
