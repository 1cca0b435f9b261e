"""The production calendar of Russia as it was decreed, and what a company does otherwise."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.periods import Period
from app.domain.working_days import is_working, next_working, working_days


def days(text: str) -> list[date]:
    return [date.fromisoformat(day) for day in text.split()]


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        ("2024-04-29 2024-04-30 2024-05-10 2024-12-30 2024-12-31", "2024-04-27 2024-11-02 2024-12-28"),
        ("2025-05-02 2025-05-08 2025-06-13 2025-11-03 2025-12-31", "2025-11-01 2025-12-30"),
        ("2026-01-01 2026-01-08 2026-01-09 2026-03-09 2026-05-11 2026-12-31", "2026-01-12 2026-12-30 2026-11-03"),
        ("2027-01-08 2027-02-22 2027-05-03 2027-05-10 2027-06-14 2027-11-05", "2027-01-11 2027-02-20"),
    ],
)
def test_days_that_the_government_moved(off: str, worked: str) -> None:
    assert [day for day in days(off) if is_working(day)] == []
    assert [day for day in days(worked) if not is_working(day)] == []


@pytest.mark.parametrize(("month", "count"), [(1, 15), (2, 19), (3, 21), (5, 19), (6, 21), (11, 20), (12, 22)])
def test_the_months_of_2026_have_as_many_working_days_as_the_calendar_says(month: int, count: int) -> None:
    last = {1: 31, 2: 28, 3: 31, 5: 31, 6: 30, 11: 30, 12: 31}[month]
    assert len(working_days(Period(date(2026, month, 1), date(2026, month, last)))) == count


def test_before_a_decree_a_holiday_on_a_weekend_moves_to_the_next_working_day() -> None:
    assert date(2028, 11, 4).weekday() == 5
    assert not is_working(date(2028, 11, 6))
    assert is_working(date(2028, 11, 7))
    assert working_days(Period(date(2040, 5, 1), date(2040, 5, 4))) == days("2040-05-02 2040-05-03 2040-05-04")
    assert not any(is_working(date(2040, 1, day)) for day in range(1, 9))


def test_the_exceptions_of_the_company_count_first() -> None:
    exceptions = {date(2026, 11, 28): True, date(2026, 11, 27): False}
    assert is_working(date(2026, 11, 28), exceptions)
    assert working_days(Period(date(2026, 11, 26), date(2026, 11, 30)), exceptions) == days(
        "2026-11-26 2026-11-28 2026-11-30"
    )


def test_the_next_working_day_may_be_the_day_itself_or_in_another_year() -> None:
    assert next_working(date(2026, 11, 26)) == date(2026, 11, 26)
    assert next_working(date(2026, 12, 31)) == date(2027, 1, 11)
    assert next_working(date(2026, 11, 28), {date(2026, 11, 30): False}) == date(2026, 12, 1)
