"""Periods and the words for them."""

from datetime import date

import pytest

from app.domain.periods import (
    Ago,
    BadPeriod,
    Period,
    PeriodProblem,
    Undated,
    numbered,
    parse_day,
    parse_period,
    parse_span,
)

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026-q1", "2026-01-01", "2026-03-31"),
        ("2026-03", "2026-03-01", "2026-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-03-01..2026-03-15", "2026-03-01", "2026-03-15"),
        (" 2026-03-15 ", "2026-03-15", "2026-03-15"),
        ("2026-01-01..today", "2026-01-01", "2026-11-23"),
        ("this-month", "2026-11-01", "2026-11-30"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("this-quarter", "2026-10-01", "2026-12-31"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("this-year", "2026-01-01", "2026-12-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("today", "2026-11-23", "2026-11-23"),
        ("yesterday", "2026-11-22", "2026-11-22"),
        ("Today", "2026-11-23", "2026-11-23"),
        ("last-30-days", "2026-10-25", "2026-11-23"),
        ("3-days-ago", "2026-11-20", "2026-11-20"),
        ("30-days-ago..yesterday", "2026-10-24", "2026-11-22"),
        # 23.11.2026 is a Monday
        ("1-workdays-ago", "2026-11-20", "2026-11-20"),
        ("6-workdays-ago", "2026-11-13", "2026-11-13"),
    ],
)
def test_every_text_of_a_period_means_its_days(text: str, first: str, last: str) -> None:
    assert parse_period(text, TODAY) == Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("last-month", "2025-12-01", "2025-12-31"),
        ("last-quarter", "2025-10-01", "2025-12-31"),
        ("yesterday", "2025-12-31", "2025-12-31"),
    ],
)
def test_words_look_back_over_the_new_year(text: str, first: str, last: str) -> None:
    assert parse_period(text, date(2026, 1, 1)) == Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", PeriodProblem.UNKNOWN),
        ("soon", PeriodProblem.UNKNOWN),
        ("next-month", PeriodProblem.UNKNOWN),
        ("2026-Q5", PeriodProblem.UNKNOWN),
        ("26-03", PeriodProblem.UNKNOWN),
        ("2026-3", PeriodProblem.UNKNOWN),
        ("2026-03-01..", PeriodProblem.UNKNOWN),
        ("2026-03-01..2026-03-02..2026-03-03", PeriodProblem.UNKNOWN),
        ("2026-03-01 - 2026-03-15", PeriodProblem.UNKNOWN),
        ("٢٠٢٦", PeriodProblem.UNKNOWN),
        ("2026-13", PeriodProblem.NO_SUCH_DAY),
        ("0000", PeriodProblem.NO_SUCH_DAY),
        ("9999", PeriodProblem.NO_SUCH_DAY),
        ("2026-02-29", PeriodProblem.NO_SUCH_DAY),
        ("2026-02-01..2026-02-30", PeriodProblem.NO_SUCH_DAY),
        ("2026-03-15..2026-03-01", PeriodProblem.BACKWARDS),
    ],
)
def test_a_text_that_is_no_period_is_named_with_what_is_wrong(text: str, problem: PeriodProblem) -> None:
    with pytest.raises(BadPeriod) as refusal:
        parse_period(text, TODAY)
    assert refusal.value.problem == problem


@pytest.mark.parametrize(
    "text",
    [
        *("2026", "2026-Q3", "2026-03", "2026-03-01..2026-03-15", "2026-01-01..2026-02-28"),
        *("2026-02-01..2026-04-30", "2026-02-01..2027-01-31"),  # no quarter, no year
    ],
)
def test_the_text_of_a_period_gives_it_back(text: str) -> None:
    period = parse_period(text, TODAY)
    assert period.text() == text
    assert parse_period(period.text(), date(1999, 1, 1)) == period


@pytest.mark.parametrize(
    ("text", "previous", "following", "analogous"),
    [
        ("2026-03", "2026-02", "2026-04", "2025-03"),
        ("2026-01", "2025-12", "2026-02", "2025-01"),
        ("2024-02", "2024-01", "2024-03", "2023-02"),
        ("2026-Q1", "2025-Q4", "2026-Q2", "2025-Q1"),
        ("2026", "2025", "2027", "2025"),
        # a Monday to a Sunday stays so
        (
            "2026-11-16..2026-11-22",
            "2026-11-09..2026-11-15",
            "2026-11-23..2026-11-29",
            "2025-11-17..2025-11-23",
        ),
        ("2026-11-23", "2026-11-22", "2026-11-24", "2025-11-24"),
        ("2026-03-16..2026-03-31", "2026-02-28..2026-03-15", "2026-04-01..2026-04-16", "2025-03-16..2025-03-31"),
        (
            "2026-03-01..2026-03-15",
            "2026-02-14..2026-02-28",
            "2026-03-16..2026-03-30",
            "2025-03-01..2025-03-15",
        ),
    ],
)
def test_neighbours_have_the_same_length(text: str, previous: str, following: str, analogous: str) -> None:
    period = parse_period(text, TODAY)
    assert period.previous() == parse_period(previous, TODAY)
    assert period.following() == parse_period(following, TODAY)
    assert period.analogous() == parse_period(analogous, TODAY)


@pytest.mark.parametrize(
    ("text", "day", "around"),
    [
        ("2026-03", "2024-12-31", "2024-12"),
        ("2026-03", "2026-03-31", "2026-03"),
        ("2026-Q1", "2027-11-01", "2027-Q4"),
        ("2026-02..2026-03", "2025-11-30", "2025-10..2025-11"),
        ("2026", "2019-06-05", "2019"),
        ("2026-11-16..2026-11-22", "2026-10-04", "2026-09-28..2026-10-04"),
        ("2026-11-16..2026-11-22", "2026-11-23", "2026-11-23..2026-11-29"),
        ("2026-11-23", "2026-11-20", "2026-11-20"),
    ],
)
def test_the_one_around_a_day_lies_as_this_one_does(text: str, day: str, around: str) -> None:
    def period(words: str) -> Period:
        first, _dots, last = words.partition("..")
        return Period(parse_period(first, TODAY).first, parse_period(last or first, TODAY).last)

    assert period(text).around(parse_day(day, TODAY)) == period(around)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("last-30-days", ("last-%-days", 30)),
        ("2-workdays-ago", ("%-workdays-ago", 2)),
        ("0-days-ago", None),
        ("yesterday", None),
        ("2026-10-24..30-days-ago", None),
    ],
)
def test_a_number_of_days_is_told_from_the_word(text: str, parts: tuple[str, int] | None) -> None:
    assert numbered(text) == parts


def test_months_of_a_period_are_clipped_to_it() -> None:
    months = [(m.first.isoformat(), m.last.isoformat()) for m in parse_period("2025-12-15..2026-02-01", TODAY).months()]
    assert months == [("2025-12-15", "2025-12-31"), ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-01")]


def test_both_ends_are_inside() -> None:
    march = parse_period("2026-03", TODAY)
    assert date(2026, 3, 1) in march
    assert date(2026, 3, 31) in march
    assert date(2026, 4, 1) not in march
    assert march.days == 31


def test_a_day_is_not_a_month() -> None:
    assert parse_day("2026-11-23", date(2000, 1, 1)) == TODAY
    with pytest.raises(BadPeriod):
        parse_day("2026-11", TODAY)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("tomorrow", "2026-11-24", "2026-11-24"),
        ("this-week", "2026-11-23", "2026-11-29"),
        ("last-week", "2026-11-16", "2026-11-22"),
        ("next-week", "2026-11-30", "2026-12-06"),
        ("last-7-days", "2026-11-17", "2026-11-23"),
        ("last-1-days", "2026-11-23", "2026-11-23"),
        ("today..tomorrow", "2026-11-23", "2026-11-24"),
    ],
)
def test_weeks_begin_on_monday_and_the_last_days_end_today(text: str, first: str, last: str) -> None:
    assert parse_span(text, TODAY) == Period(date.fromisoformat(first), date.fromisoformat(last))


def test_a_sunday_still_belongs_to_the_week_of_its_monday() -> None:
    assert parse_period("this-week", date(2026, 11, 29)) == Period(date(2026, 11, 23), date(2026, 11, 29))


def test_what_is_overdue_and_what_has_no_day_are_spans_but_no_periods() -> None:
    assert (parse_span("overdue", TODAY), parse_span(" Undated ", TODAY)) == (Undated.OVERDUE, Undated.UNDATED)
    for text in ("overdue", "last-0-days", "last-99999-days"):
        with pytest.raises(BadPeriod):
            parse_period(text, TODAY)


@pytest.mark.parametrize(
    ("text", "ago", "expected"),
    [
        ("2026-11-23", Ago.WEEK, "2026-11-16"),
        ("2026-11", Ago.WEEK, "2026-10-25..2026-11-23"),
        ("2026-03-01..2026-03-10", Ago.WEEK, "2026-02-22..2026-03-03"),
        ("2026-11", Ago.MONTH, "2026-10"),
        ("2026-11-16..2026-11-22", Ago.MONTH, "2026-10-19..2026-10-25"),
        ("2026-03-01..2026-03-10", Ago.MONTH, "2026-02-01..2026-02-10"),
        ("2026-11-23", Ago.YEAR, "2025-11-24"),
    ],
)
def test_an_analogous_period_is_a_week_a_month_or_a_year_ago(text: str, ago: Ago, expected: str) -> None:
    assert parse_period(text, TODAY).analogous(ago) == parse_period(expected, TODAY)
