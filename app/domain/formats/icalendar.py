"""iCalendar (RFC 5545): what any calendar program reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar as Component
from icalendar import Event as Entry

MIME = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class OutsideEvent:
    """`uid` stays the same for ever; a day without an hour is a whole day; `version` grows with each change."""

    uid: str
    starts: datetime | date
    ends: datetime | date
    title: str
    about: str = ""
    url: str = ""
    version: int = 0
    urgent: bool = False


def write_calendar(name: str, events: Iterable[OutsideEvent], now: datetime) -> bytes:
    """The whole calendar; moments are told in UTC, so that no program needs to know our zones."""
    calendar = Component()
    calendar.add("prodid", "-//Vizavi//Calendar//RU")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH)
    for event in events:
        entry = Entry()
        entry.add("uid", event.uid)
        entry.add("dtstamp", now)
        entry.add("dtstart", _utc(event.starts))
        entry.add("dtend", _utc(event.ends))
        entry.add("summary", event.title)
        entry.add("sequence", event.version)
        if event.about:
            entry.add("description", event.about)
        if event.url:
            entry.add("url", event.url)
        if event.urgent:
            entry.add("priority", 1)
        if not isinstance(event.starts, datetime):
            entry.add("transp", "TRANSPARENT")  # what is due on a day takes none of its hours
        calendar.add_component(entry)
    written: bytes = calendar.to_ical()
    return written


def _utc(at: datetime | date) -> datetime | date:
    return at.astimezone(UTC) if isinstance(at, datetime) else at
