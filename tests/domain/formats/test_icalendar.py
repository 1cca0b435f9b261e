"""What is written as iCalendar: a program of somebody else finds nothing wrong in it (RFC 5545)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from app.domain.formats.entries import CalendarEntry, read_entry, write_entry
from app.domain.formats.icalendar import Invited, OutsideEvent, write_calendar, write_invitation
from app.domain.letters.addresses import Recipient
from app.domain.letters.invites import invite_of

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
BOSS = Recipient("boss@example.com")


def outside(ends: datetime) -> bytes:
    return write_calendar("Моё", [OutsideEvent("one", AT, ends, "Звонок")], AT)


def invitation(ends: datetime) -> bytes:
    return write_invitation(Invited("one", 0, AT, ends, "Звонок", BOSS, ()), AT)


def entry(ends: datetime, kept: str = "") -> bytes:
    return write_entry(CalendarEntry("Звонок", AT, ends), "one", AT, MOSCOW, kept).encode()


def shortened(ends: datetime) -> bytes:
    return entry(ends, kept=entry(AT + timedelta(hours=2)).decode())


@pytest.mark.parametrize("write", [outside, invitation, entry, shortened])
def test_an_end_is_said_only_where_it_is_later_than_the_start(write: Callable[[datetime], bytes]) -> None:
    (none,) = Calendar.from_ical(write(AT)).walk("VEVENT")
    assert none.decoded("DTSTART") == AT
    assert "DTEND" not in none
    (hour,) = Calendar.from_ical(write(AT + timedelta(hours=1))).walk("VEVENT")
    assert hour.decoded("DTEND") - AT == timedelta(hours=1)


def test_an_event_without_an_end_has_no_length_and_a_day_without_one_is_that_day() -> None:
    read = read_entry(entry(AT).decode(), MOSCOW)
    assert (read.starts, read.ends) == (AT, AT)
    asked = invite_of(invitation(AT), MOSCOW)
    assert asked
    assert (asked.starts, asked.ends) == (AT, AT)
    day = entry(AT).decode().replace("DTSTART:20260305T090000Z", "DTSTART;VALUE=DATE:20260305")
    whole = read_entry(day, MOSCOW)
    assert whole.starts
    assert whole.ends
    assert whole.starts.astimezone(MOSCOW).isoformat() == "2026-03-05T00:00:00+03:00"
    assert whole.ends - whole.starts == timedelta(days=1)


def test_a_zone_that_a_calendar_brings_is_its_own() -> None:
    """Outlook calls each zone of its user's own making alike."""

    def starts(offset: str) -> datetime:
        change = f"BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD"
        zone = f"BEGIN:VTIMEZONE\nTZID:Customized Time Zone\n{change}\nEND:VTIMEZONE"
        event = 'BEGIN:VEVENT\nUID:1\nDTSTART;TZID="Customized Time Zone":20260302T100000\nEND:VEVENT'
        found = invite_of(f"BEGIN:VCALENDAR\n{zone}\n{event}\nEND:VCALENDAR".encode(), MOSCOW)
        assert found is not None
        return found.starts

    assert [starts("+0300"), starts("+0500")] == [
        datetime(2026, 3, 2, 7, tzinfo=UTC),
        datetime(2026, 3, 2, 5, tzinfo=UTC),
    ]
