"""When the next purchase is expected, as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale

from app.services.classification.rhythm import next_purchase, rhythm_in_words
from tests.rules.rhythm import rhythm

DAY = date(2026, 11, 26)


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def told(language: str, *days_ago: int) -> str:
    with force_locale(language):
        return next_purchase(rhythm([DAY - timedelta(days=days) for days in days_ago], DAY), DAY)


@pytest.mark.parametrize(
    ("days_ago", "english", "russian"),
    [
        (
            (108, 77, 46, 15),
            "The next purchase is expected on 12.12.2026: usually once in 31 days, by 4 purchases.",
            "Следующая покупка ожидается 12.12.2026: обычно раз в 31 день, по 4 покупкам.",
        ),
        (
            (31, 21, 11, 1, 0),
            "The next purchase is expected on 06.12.2026: usually once in 10 days, by 5 purchases.",
            "Следующая покупка ожидается 06.12.2026: обычно раз в 10 дней, по 5 покупкам.",
        ),
        (
            (89, 69, 48, 28, 7),
            "The next purchase is expected on 10.12.2026: usually once in 20.5 days, by 5 purchases.",
            "Следующая покупка ожидается 10.12.2026: обычно раз в 20,5 дня, по 5 покупкам.",
        ),
        (
            (88, 66, 44, 22),  # today it is not late yet
            "The next purchase is expected on 26.11.2026: usually once in 22 days, by 4 purchases.",
            "Следующая покупка ожидается 26.11.2026: обычно раз в 22 дня, по 4 покупкам.",
        ),
        (
            (89, 67, 45, 23),
            "The next purchase was expected on 25.11.2026, 1 day ago: usually once in 22 days, by 4 purchases.",
            "Следующая покупка ожидалась 25.11.2026, 1 день назад: обычно раз в 22 дня, по 4 покупкам.",
        ),
        (
            (40, 3),
            "The next purchase: too little data, 2 purchases in 24 months.",
            "Следующая покупка: слишком мало данных, 2 покупки за 24 месяца.",
        ),
        (
            (),
            "The next purchase: too little data, 0 purchases in 24 months.",
            "Следующая покупка: слишком мало данных, 0 покупок за 24 месяца.",
        ),
    ],
)
def test_the_sentence_has_the_numbers_that_it_follows_from(
    days_ago: tuple[int, ...], english: str, russian: str
) -> None:
    assert told("en", *days_ago) == english
    assert told("ru", *days_ago) == russian


def test_who_bought_nothing_has_no_row() -> None:
    assert rhythm_in_words(None, DAY).silent is False
