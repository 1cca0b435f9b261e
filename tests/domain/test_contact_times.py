"""What happened lies behind us, what is planned lies in working time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.contact_times import Diary, Hours, When, happened, is_ahead, needs_reason
from app.domain.periods import Period
from app.domain.words import ContactState

MOSCOW = ZoneInfo("Europe/Moscow")
DIARY = Diary(MOSCOW)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-25 11:20", "2026-11-25 12:00"),  # Wednesday
        ("2026-11-25 06:10", "2026-11-25 09:00"),  # before the working day
        ("2026-11-25 15:59", "2026-11-25 16:00"),
        ("2026-11-25 16:00", "2026-11-26 09:00"),  # the next round hour is not worked
        ("2026-11-25 23:30", "2026-11-26 09:00"),
        ("2026-11-27 20:27", "2026-11-30 09:00"),  # Friday evening
        ("2026-11-28 12:00", "2026-11-30 09:00"),  # Saturday
        ("2026-12-31 20:00", "2027-01-11 09:00"),  # a whole holiday
    ],
)
def test_a_planned_contact_begins_at_the_next_hour_that_is_worked(now: str, begins: str) -> None:
    assert DIARY.next_hour(at(now)) == at(begins)


def test_the_hour_is_of_the_user_s_zone_and_of_the_company_s_calendar() -> None:
    noon = at("2026-11-25 12:10")
    assert Diary(ZoneInfo("Asia/Vladivostok")).next_hour(noon).isoformat() == "2026-11-26T09:00:00+10:00"
    off = Diary(MOSCOW, {date(2026, 11, 25): False, date(2026, 11, 26): False})
    assert off.next_hour(noon) == at("2026-11-27 09:00")


def test_a_press_names_a_moment_of_its_own() -> None:
    friday = at("2026-11-27 15:02")
    assert dict(DIARY.offered(friday)) == {
        When.HOUR: at("2026-11-27 16:05"),
        When.TOMORROW: at("2026-11-28 10:00"),
        When.WORKING: at("2026-11-30 10:00"),
        When.WEEK: at("2026-12-04 10:00"),
    }
    wednesday = DIARY.offered(at("2026-11-25 15:00"))
    assert When.WORKING not in wednesday  # it is tomorrow
    assert wednesday[When.HOUR] == at("2026-11-25 16:00")


def test_an_hour_later_is_counted_from_what_is_still_to_come() -> None:
    now = at("2026-11-25 12:00")
    assert DIARY.moment(When.HOUR, now, at("2026-11-25 14:30")) == at("2026-11-25 15:30")
    assert DIARY.moment(When.HOUR, now, at("2026-11-20 14:30")) == at("2026-11-25 13:00")


def test_only_what_has_happened_may_not_lie_ahead() -> None:
    now = datetime(2026, 11, 25, 12, 0, 40, tzinfo=UTC)
    start, end = happened(now)
    assert end - start == timedelta(minutes=5)
    assert not is_ahead(ContactState.DONE, start, end, now)
    late = now + timedelta(minutes=1)
    assert is_ahead(ContactState.DONE, late, late, now)
    assert is_ahead(ContactState.DONE, start, late, now)
    assert not is_ahead(ContactState.PLANNED, late, late, now)
    assert not is_ahead(ContactState.CANCELLED, late, late, now)


def test_the_third_move_wants_a_reason() -> None:
    assert [needs_reason(moves) for moves in range(4)] == [False, False, True, True]


SHIFT = Hours(frozenset({1, 2, 3, 5}), time(11), time(20))  # Tuesday to Thursday, Saturday


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
