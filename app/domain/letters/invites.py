"""Invitations: what a calendar program of somebody else asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone
from icalendar.timezone import tzp
from icalendar.timezone.zoneinfo import ZONEINFO

from app.domain.letters.headers import one_line
from app.domain.words import MeetingAnswer

ANSWERS = {
    "ACCEPTED": MeetingAnswer.ACCEPTED,
    "DECLINED": MeetingAnswer.DECLINED,
    "TENTATIVE": MeetingAnswer.TENTATIVE,
}
ASKING = {"REQUEST", "PUBLISH", "ADD", "CANCEL"}  # the others answer
DAY = timedelta(days=1)
LONGEST = {"title": 200, "place": 200, "about": 4000, "uid": 500}
MOST_BYTES = 1 << 20
MOST_CHANGES = 30  # of a zone: in what year it changes its clock, and how
EARLIEST = 1600  # since when a zone changes it: programs of Microsoft say 1601
ONCE_A_YEAR = {"FREQ", "BYMONTH", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"}


class EarthlyZones(ZONEINFO):
    """Zones that calendars bring with them; one whose clock changes each second would be counted out for ever."""

    def create_timezone(self, tz: Timezone) -> tzinfo:  # type: ignore[override]
        changes = tz.subcomponents
        if len(changes) > MOST_CHANGES or not all(_is_earthly(each) for each in changes):
            raise ValueError
        return super().create_timezone(tz)


def _is_earthly(change: Any) -> bool:
    rule = change.get("RRULE", {"FREQ": ["YEARLY"]})
    is_yearly = set(rule) <= ONCE_A_YEAR and rule.get("FREQ") == ["YEARLY"] and len(rule.get("BYMONTH", "1")) == 1
    return (
        change.DTSTART.year >= EARLIEST and is_yearly and ("BYMONTH" in rule or not {"BYDAY", "BYMONTHDAY"} & set(rule))
    )


def read_calendar(text: str) -> Any:
    """Raises ValueError and its like for what is none.

    The zones that it names are those that it brings: icalendar would take one of another's calendar by the same name.
    """
    tzp.use(EarthlyZones())
    return Calendar.from_ical(text)


@dataclass(frozen=True)
class Invite:
    """One meeting; its key is the uid, a lower sequence than a known one is old news."""

    uid: str
    sequence: int
    method: str  # REQUEST, CANCEL, REPLY …
    starts: datetime
    ends: datetime
    title: str = ""
    place: str = ""
    about: str = ""
    organizer: str = ""

    @property
    def is_cancelled(self) -> bool:
        return self.method == "CANCEL"


def invite_of(content: bytes, zone: ZoneInfo) -> Invite | None:
    """The first meeting that the calendar asks for; None where there is none, or nobody can tell when it is."""
    if len(content) > MOST_BYTES:
        return None
    try:
        calendar = read_calendar(_text(content))
        event: Any = next(iter(calendar.walk("VEVENT")), None)
        if event is None or not event.get("UID"):
            return None
        starts, ends = span(event, zone)
        sequence = int(event.get("SEQUENCE", 0))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        return None
    texts = {
        name: one_line(str(event.get(key) or ""))[: LONGEST[name]]
        for name, key in (("uid", "UID"), ("title", "SUMMARY"), ("place", "LOCATION"))
    }
    about = str(event.get("DESCRIPTION") or "")[: LONGEST["about"]]
    organizer = str(event.get("ORGANIZER") or "").lower().removeprefix("mailto:").strip()
    status = str(event.get("STATUS") or "").upper()
    method = "CANCEL" if status == "CANCELLED" else str(calendar.get("METHOD") or "REQUEST").upper()
    if method not in ASKING:
        return None
    return Invite(
        sequence=min(max(sequence, 0), 2**31 - 1),
        method=method,
        starts=starts,
        ends=ends,
        about=about,
        organizer=organizer[:320],
        **texts,
    )


@dataclass(frozen=True)
class InviteAnswer:
    """What somebody says to our invitation with this uid, as it stood at this sequence."""

    uid: str
    sequence: int
    address: str
    says: MeetingAnswer


def answer_of(content: bytes) -> InviteAnswer | None:
    """None where the calendar answers nothing."""
    event = None
    try:
        calendar = read_calendar(_text(content[:MOST_BYTES]))
        if str(calendar.get("METHOD") or "").upper() == "REPLY":
            event = next(iter(calendar.walk("VEVENT")), None)
        if event is None:
            return None
        found: Any = event.get("ATTENDEE")
        who = found[0] if isinstance(found, list) else found
        says = ANSWERS.get(str(who.params.get("PARTSTAT", "")).upper())
        sequence = int(event.get("SEQUENCE", 0))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        return None
    uid, address = str(event.get("UID") or ""), str(who).lower().removeprefix("mailto:").strip()
    return InviteAnswer(uid, sequence, address, says) if uid and says else None


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").replace("\0", "")


def span(event: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Without an end a day lasts until the next one, and a moment has no length (RFC 5545, 3.6.1)."""
    said = event["DTSTART"].dt
    starts = moment(said, zone)
    if event.get("DTEND"):
        ends = moment(event["DTEND"].dt, zone)
    elif event.get("DURATION"):
        ends = starts + event["DURATION"].dt
    else:
        ends = starts if isinstance(said, datetime) else moment(said + DAY, zone)
    return starts, max(ends, starts)


def moment(at: datetime | date, zone: ZoneInfo) -> datetime:
    """A day without an hour begins at its midnight; an hour without a zone is ours."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(), zone)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
