"""The working time of one person: his own hours and the days that he is away."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from app.domain.contact_times import Diary, Hours, When
from app.domain.periods import Period

MOSCOW = ZoneInfo("Europe/Moscow")
SHIFT = Hours(frozenset({1, 2, 3, 5}), time(11), time(20))  # Tuesday to Thursday, Saturday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def test_his_own_days_and_hours_count_and_a_holiday_is_free_all_the_same() -> None:
    diary = Diary(MOSCOW, {date(2026, 11, 26): False}, SHIFT)
    worked = {day: diary.minutes_on(date(2026, 11, day)) for day in range(23, 30)}
    assert worked == {23: 0, 24: 540, 25: 540, 26: 0, 27: 0, 28: 540, 29: 0}
    assert diary.is_at_work(at("2026-11-28 19:30"), at("2026-11-28 20:00"))
    assert not diary.is_at_work(at("2026-11-24 10:30"), at("2026-11-24 11:30"))
    assert diary.next_hour(at("2026-11-24 08:10")) == at("2026-11-24 11:00")
    assert diary.next_hour(at("2026-11-25 19:10")) == at("2026-11-28 11:00")


def test_whoever_is_away_is_planned_for_after_his_return() -> None:
    away = Diary(MOSCOW, absences=(Period(date(2026, 11, 24), date(2026, 12, 7)),))
    assert away.minutes_on(date(2026, 11, 23)) == 480
    assert away.minutes_on(date(2026, 11, 24)) == 0
    assert away.moment(When.WORKING, at("2026-11-23 12:00")) == at("2026-12-08 10:00")


def test_whoever_never_works_is_planned_for_by_the_calendar_of_the_company() -> None:
    nobody = Diary(MOSCOW, hours=Hours(frozenset(), time(9), time(18)))
    assert nobody.moment(When.WORKING, at("2026-11-27 12:00")) == at("2026-11-30 10:00")
