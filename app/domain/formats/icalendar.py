"""iCalendar (RFC 5545): what any calendar program reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar as Component
from icalendar import Event as Entry
from icalendar import vCalAddress, vText

from app.domain.letters.addresses import Recipient

PRODUCT = "-//Vizavi//Calendar//RU"
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
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH)
    for event in events:
        entry = Entry()
        entry.add("uid", event.uid)
        entry.add("dtstamp", now)
        _add_times(entry, event.starts, event.ends)
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


@dataclass(frozen=True)
class Invited:
    """A meeting as its participants are asked to it, or told that it will not be."""

    uid: str
    sequence: int
    starts: datetime
    ends: datetime
    title: str
    organizer: Recipient
    participants: Sequence[Recipient]
    place: str = ""
    is_cancelled: bool = False

    @property
    def method(self) -> str:
        return "CANCEL" if self.is_cancelled else "REQUEST"


def write_invitation(meeting: Invited, now: datetime) -> bytes:
    """What programs of mail make buttons of (RFC 5546)."""
    calendar = Component()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", meeting.method)
    entry = Entry()
    entry.add("uid", meeting.uid)
    entry.add("sequence", meeting.sequence)
    entry.add("dtstamp", now)
    _add_times(entry, meeting.starts, meeting.ends)
    entry.add("summary", meeting.title)
    entry.add("status", "CANCELLED" if meeting.is_cancelled else "CONFIRMED")
    if meeting.place:
        entry.add("location", meeting.place)
    entry.add("organizer", _someone(meeting.organizer))
    asked = {} if meeting.is_cancelled else {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
    for one in meeting.participants:
        entry.add("attendee", _someone(one, CUTYPE="INDIVIDUAL", ROLE="REQ-PARTICIPANT", **asked))
    calendar.add_component(entry)
    written: bytes = calendar.to_ical()
    return written


def _someone(one: Recipient, **more: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{one.email}")
    for name, value in {"CN": one.name or one.email, **more}.items():
        address.params[name] = vText(value)
    return address


def _add_times(entry: Entry, starts: datetime | date, ends: datetime | date) -> None:
    entry.add("dtstart", _utc(starts))
    if ends != starts:  # an end that is said must be later (3.6.1)
        entry.add("dtend", _utc(ends))


def _utc(at: datetime | date) -> datetime | date:
    return at.astimezone(UTC) if isinstance(at, datetime) else at
