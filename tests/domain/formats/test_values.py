"""Values as people write them."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.domain.formats.values import (
    BadValue,
    TooFine,
    parse_choice,
    parse_date,
    parse_decimal,
    parse_flag,
    parse_moment,
    spreadsheet_error,
)
from app.domain.text import fold, fold_caption, fold_word, key, readable


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-23", "23.11.2026", "2026-11-23 00:00:00", "23.11.2026 0:00:00", "23.11.26", "23/11/2026"),
        *("23.11.2026 10:30:00", "2026-11-23T23:59", "23.11.2026 24:00", "23.11.2026 г."),
        *("23-11-2026", "2026.11.23", "2026/11/23", "«23» ноября 2026 г."),
    ],
)
def test_a_date_is_read(text: str) -> None:
    assert parse_date(text) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("2026-01-15T22:30:00Z", 16), ("2026-01-15T20:59:59Z", 15), ("2026-01-15T22:30:00+03:00", 15)),
        *(("2026-01-15T22:30:00", 15), ("2026-01-16T01:00:00+09:00", 15), ("15.01.2026", 15)),
    ],
)
def test_a_moment_with_a_zone_is_the_day_that_it_is_here(text: str, day: int) -> None:
    assert parse_date(text, zone=ZoneInfo("Europe/Moscow")) == date(2026, 1, day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "32.13.2026",
        "2026-02-30",
        "11/23/2026",
        "45000",
        "23.11.0206",
        "01.01.1899",
        "23.11/2026",
        "1.1.2200",
        "11-23-2026",
        "23-11-26",
        "2026.11-23",
    ],
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
        ("23.11.2026 24:00", datetime.fromisoformat("2026-11-24")),
        ("23.11.26 9:05", datetime.fromisoformat("2026-11-23T09:05")),
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
        ("2.670000", "2.67"),
        ("\u22123", "-3"),
        (",5", "0.5"),
        ("1 234,50 ₽", "1234.5"),
        ("10 шт", "10"),
        ("12 руб", "12"),
        ("$ 1,234.50", "1234.5"),
        ("1.234,56", "1234.56"),
        ("-₽5", "-5"),
        ("1'234'567.5", "1234567.5"),
    ],
)
def test_a_number_is_read(text: str, number: str) -> None:
    assert parse_decimal(text, 2) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "rounded"), [("-0.005", "-0.01"), ("2.675", "2.68"), ("10.005", "10.01"), ("0,004", "0")]
)
def test_what_has_more_digits_than_are_kept_is_told_with_what_is_left_of_it(text: str, rounded: str) -> None:
    with pytest.raises(TooFine) as told:
        parse_decimal(text, 2)
    assert told.value.rounded == Decimal(rounded)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1e5", "7,91612E+10", "5 тыс", "1,2,3", "₽", "12 34", "1 23", "10000000000000", "9" * 50, "٣", "nan"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        parse_decimal(text, 2)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Да", True),
        ("yes", True),
        ("1", True),
        ("ИСТИНА", True),
        ("1.0", True),
        ("V", True),
        ("0.0", False),
        ("нет", False),
        ("0", False),
    ],
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


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#Н/Д", "#ДЕЛ/0!", "#######", "#FORMULA!", "Err:502"])
def test_errors_of_spreadsheets_are_known(text: str) -> None:
    assert spreadsheet_error(text)


@pytest.mark.parametrize("text", ["#1", "#хит", "Err", "N/A", "№ 5"])
def test_what_only_looks_like_an_error_is_a_text(text: str) -> None:
    assert not spreadsheet_error(text)


def test_texts_that_look_alike_are_the_same() -> None:
    assert readable(" \u200bООО\u00a0«Мак–Астра»\ufeff ") == "ООО «Мак–Астра»"
    assert key("IN\u20111\u200b") == key("IN–1") == "IN-1"
    assert fold("IN‑1") == fold("in-1 ") == fold("In\u20131") == "in-1"
    assert fold_word("Юр лицо") == fold_word("юр. лицо") == fold_word("Юр.лицо") == "юр лицо"
    assert fold_caption("№ телефона*:") == fold_caption("Номер  телефона") == "номер телефона"
    assert fold_caption("Код *") == fold_caption("код:") == "код"
