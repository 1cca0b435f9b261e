"""When a letter that comes again and again is due."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.domain.sending_times import SendingTimes

MOSCOW, TOMSK = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Tomsk")


def after(times: SendingTimes, text: str) -> str:
    return times.after(datetime.fromisoformat(text).replace(tzinfo=UTC)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-27 04:59", "2026-11-27 05:00"),  # Friday, eight in Moscow
        ("2026-11-27 05:00", "2026-11-30 05:00"),  # that one was; the next is on Monday
        ("2026-11-29 21:30", "2026-11-30 05:00"),  # Monday has begun there
    ],
)
def test_on_working_days_by_the_clock_of_its_zone(moment: str, due: str) -> None:
    assert after(SendingTimes(range(5), None, time(8), MOSCOW), moment) == due


def test_each_zone_has_its_own_morning() -> None:
    assert after(SendingTimes(range(5), None, time(8), TOMSK), "2026-11-27 00:00") == "2026-11-27 01:00"


def test_on_a_day_of_the_month_or_its_last_one() -> None:
    times = SendingTimes((), 31, time(9, 30), MOSCOW)
    assert after(times, "2026-11-01 00:00") == "2026-11-30 06:30"
    assert after(times, "2026-11-30 06:30") == "2026-12-31 06:30"
    assert after(times, "2027-02-01 00:00") == "2027-02-28 06:30"
