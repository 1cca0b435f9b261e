"""Birthdays of leap years, of unknown years, near and far."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.birthdays import age_on, is_near, next_birthday

LEAP = date(1988, 2, 29)


@pytest.mark.parametrize(
    ("born", "today", "expected"),
    [
        (date(1990, 5, 10), date(2026, 5, 10), date(2026, 5, 10)),
        (date(1990, 5, 10), date(2026, 5, 11), date(2027, 5, 10)),
        (date(1990, 1, 2), date(2026, 12, 31), date(2027, 1, 2)),
        (LEAP, date(2026, 2, 1), date(2026, 2, 28)),
        (LEAP, date(2026, 2, 28), date(2026, 2, 28)),
        (LEAP, date(2026, 3, 1), date(2027, 2, 28)),
        (LEAP, date(2028, 2, 28), date(2028, 2, 29)),
        (LEAP, date(2027, 3, 1), date(2028, 2, 29)),
    ],
)
def test_the_next_birthday(born: date, today: date, expected: date) -> None:
    assert next_birthday(born, today) == expected


def test_the_age_is_that_of_the_birthday_and_none_when_the_year_is_not_known() -> None:
    assert age_on(date(1990, 1, 2), date(2027, 1, 2)) == 37  # told in December 2026
    assert age_on(date(1904, 5, 10), date(2026, 5, 10)) is None


@pytest.mark.parametrize(
    ("days", "today", "near"),
    [
        (0, date(2026, 5, 10), True),
        (0, date(2026, 5, 9), False),
        (3, date(2026, 5, 10), True),  # on the day itself too
        (3, date(2026, 5, 7), True),
        (3, date(2026, 5, 6), False),
        (3, date(2026, 5, 11), False),
    ],
)
def test_it_is_told_from_so_many_days_before_until_the_day(days: int, today: date, near: bool) -> None:
    assert is_near(date(1990, 5, 10), today, days) is near
