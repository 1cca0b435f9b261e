"""Values of own fields as people type them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.formats.values import BadValue
from app.domain.own_fields import BadLink, OwnKind, OwnReader, TooLong, key_of, python_value


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (OwnKind.TEXT, "  Урал ", "Урал"),
        (OwnKind.NUMBER, "1 234,5", "1234.5"),
        (OwnKind.NUMBER, "10", "10"),
        (OwnKind.NUMBER, "-0,000001", "-0.000001"),
        (OwnKind.MONEY, "1 000,00 ₽", "1000"),
        (OwnKind.DATE, "31.12.2026", "2026-12-31"),
        (OwnKind.FLAG, "да", True),
        (OwnKind.FLAG, "no", False),
        (OwnKind.CHOICE, "ОПТ", "Опт"),
        (OwnKind.CHOICES, "опт; Розница;опт", ["Опт", "Розница"]),
        (OwnKind.CHOICES, "Розница, опт; винт, 5 мм", ["Розница", "Опт", "Винт, 5 мм"]),
        (OwnKind.CHOICE, "Новый", "Новый"),  # as the list has it, not as a row before
        (OwnKind.USER, "17", 17),
        (OwnKind.LINK, "example.com/a?b=1", "https://example.com/a?b=1"),
        (OwnKind.LINK, "HTTP://example.com", "HTTP://example.com"),
        (OwnKind.CHOICES, "; ;", None),
        (OwnKind.TEXT, " \u200b ", None),
    ],
)
def test_a_value_is_kept_as_it_was_meant(kind: OwnKind, typed: str, kept: object) -> None:
    assert OwnReader(kind, ["Опт", "Розница", "Новый", "новый", "Винт, 5 мм"]).read(typed) == kept


@pytest.mark.parametrize(
    ("kind", "typed", "error"),
    [
        (OwnKind.TEXT, "я" * 1001, TooLong),
        (OwnKind.TEXT, "a\0b", BadValue),
        (OwnKind.NUMBER, "много", BadValue),
        (OwnKind.NUMBER, "1" * 30, BadValue),
        (OwnKind.MONEY, "1,001", BadValue),
        (OwnKind.DATE, "31.02.2026", BadValue),
        (OwnKind.FLAG, "может быть", BadValue),
        (OwnKind.CHOICE, "Экспорт", BadValue),
        (OwnKind.CHOICES, "Опт;Экспорт", BadValue),
        (OwnKind.CHOICES, "Опт, Экспорт", BadValue),
        (OwnKind.USER, "٣", BadValue),
        (OwnKind.USER, "anna", BadValue),
        (OwnKind.USER, "1234567890", BadValue),
        (OwnKind.LINK, "https://", BadLink),
        (OwnKind.LINK, "example.com/a b", BadLink),
        (OwnKind.LINK, "javascript:alert(1)", BadLink),
        (OwnKind.LINK, "javascript://example.com/%0aalert(1)", BadLink),
        (OwnKind.LINK, "http://[", BadLink),
        (OwnKind.LINK, "просто слово", BadLink),
    ],
)
def test_what_is_no_value_is_refused(kind: OwnKind, typed: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        OwnReader(kind, ["Опт"]).read(typed)


def test_numbers_and_days_come_back_as_such() -> None:
    assert python_value(OwnKind.MONEY, "1000.5") == Decimal("1000.5")
    assert python_value(OwnKind.DATE, "2026-12-31") == date(2026, 12, 31)
    assert python_value(OwnKind.TEXT, "12") == "12"
    assert python_value(OwnKind.NUMBER, None) is None


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("Регион", [], "region"),
        ("Площадь склада, м²", [], "ploschad_sklada_m"),
        ("2-й телефон", [], "field_2_y_telefon"),
        ("№", [], "field"),
        ("Регион", ["region", "region_2"], "region_3"),
        ("ы" * 90, [], "y" * 36),
    ],
)
def test_a_name_for_programs_is_made_of_the_name(name: str, taken: list[str], key: str) -> None:
    assert key_of(name, taken) == key
