"""A password is long and hard to guess, for those who know its owner too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import passwords
from app.domain.guessing import ONE
from app.domain.passwords import Weakness

OWNER = ("zhuravleva", "Анна", "Журавлёва", "anna.zh@firma.example")


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaa",
        "1234567890",
        "password12",
        "qwertyuiop",
        "zhuravleva",
        "Zhuravleva1",
        "анна-журавлёва",
        "anna.zh2026",
        "vizavi2026",
        "Визави-2026",
        "пароль12345",
        "йцукенгшщз",
        "trustno1trustno1",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert passwords.weakness(password, OWNER) is Weakness.COMMON


def test_a_short_one_is_refused_and_a_long_one_needs_no_signs() -> None:
    assert passwords.weakness("k3fq-9xm", OWNER) is Weakness.SHORT
    assert passwords.weakness("корова-дает-молоко", OWNER) is None
    assert all(passwords.weakness(passwords.new_password(), OWNER) is None for _ in range(100))


def test_a_password_of_a_megabyte_is_judged_at_once() -> None:
    assert passwords.weakness("корова-дает-молоко" * 60_000) is None


def test_each_wrong_try_after_the_free_ones_doubles_the_wait_up_to_the_longest() -> None:
    waits = [ONE.wait(failures).total_seconds() for failures in range(20)]
    assert waits[:9] == [0, 0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == ONE.wait(10**6).total_seconds() == 900
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert ONE.left(6, now - timedelta(seconds=1), now) == timedelta(seconds=1)
    assert ONE.left(6, now - timedelta(seconds=5), now) == timedelta(0)
    assert ONE.left(ONE.free - 1, now + timedelta(seconds=1), now) == timedelta(0)  # of two at once, the later one
