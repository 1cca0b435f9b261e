"""Values as people write them."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from app.domain.formats.values import BadValue, fold, parse_choice, parse_date, parse_decimal, parse_flag, parse_moment


@pytest.mark.parametrize("text", ["2026-11-23", "23.11.2026", "2026-11-23 00:00:00", "23.11.2026 0:00:00"])
def test_a_date_is_read(text: str) -> None:
    assert parse_date(text) == date(2026, 11, 23)


@pytest.mark.parametrize(
    "text", ["", "32.13.2026", "2026-02-30", "23.11.26", "11/23/2026", "45000", "23.11.2026 10:00"]
)
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    with pytest.raises(BadValue):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", datetime.fromisoformat("2026-11-23")),
        ("23.11.2026 9:05", datetime.fromisoformat("2026-11-23T09:05")),
        ("2026-11-23T09:05:07", datetime.fromisoformat("2026-11-23T09:05:07")),
        ("2026-11-23T09:05:00Z", datetime.fromisoformat("2026-11-23T09:05+00:00")),
    ],
)
def test_a_moment_is_read(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["23.11.2026 25:00", "завтра", "10:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        parse_moment(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("1 234 567,89", "1234567.89"),
        ("1\u00a0234,5", "1234.5"),
        ("1\u202f234", "1234"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        ("\u22123", "-3"),
        (",5", "0.5"),
    ],
)
def test_a_number_is_read_and_rounded_half_up(text: str, number: str) -> None:
    assert parse_decimal(text, 2) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "abc", "1e5", "1.234,56", "12 руб", "1,2,3", "12 34", "1 23", "10000000000000", "9" * 50, "٣", "nan"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        parse_decimal(text, 2)


@pytest.mark.parametrize(
    ("text", "flag"), [("Да", True), ("yes", True), ("1", True), ("ИСТИНА", True), ("нет", False), ("0", False)]
)
def test_yes_and_no_are_read(text: str, flag: bool) -> None:
    assert parse_flag(text) is flag


def test_maybe_is_neither_yes_nor_no() -> None:
    with pytest.raises(BadValue):
        parse_flag("может быть")


def test_words_are_compared_in_any_case_and_with_e_for_yo() -> None:
    assert parse_choice("ЗВОНОК  Ёлкину", {fold("звонок_елкину"): "call"}) == "call"
    with pytest.raises(BadValue):
        parse_choice("x", {})
