"""Events and tasks as calendars of telephones write them (RFC 5545): read, and written back with what was there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Todo, vDDDTypes

from app.domain.formats.icalendar import PRODUCT
from app.domain.letters.invites import moment, read_calendar, span
from app.domain.repeating import MOST, OnDayOff, Repeat, RepeatUnit
from app.domain.words import Importance

PRIORITIES = {Importance.HIGH: 1, Importance.NORMAL: 5, Importance.LOW: 9}
MOST_ALARMS = 10
REPEATS = ("RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")  # by a list of days, or but for some of them
RULE = "RRULE"
KEPT_RULE = "X-VIZAVI-RRULE"  # the rule of an event that has become a series here
UNITS = {"DAILY": RepeatUnit.DAY, "WEEKLY": RepeatUnit.WEEK, "MONTHLY": RepeatUnit.MONTH}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EVENT, TODO = "VEVENT", "VTODO"


class BadEntry(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """It is no event and no task that can be kept."""


class RepeatingEntry(BadEntry):
    """It happens more than once, by no rule that a series of ours has."""


@dataclass(frozen=True)
class CalendarEntry:
    """An event, or a task that is due on a day. `alarms` are moments at which its user is reminded."""

    title: str
    starts: datetime | None = None
    ends: datetime | None = None
    due: date | None = None
    about: str = ""
    place: str = ""
    url: str = ""
    importance: Importance = Importance.NORMAL
    done_on: date | None = None
    is_done: bool = False
    is_cancelled: bool = False
    alarms: frozenset[datetime] = frozenset()
    emails: tuple[str, ...] = ()  # of whoever else takes part
    repeat: Repeat | None = None
    is_task: bool = False


def read_entry(text: str, zone: ZoneInfo) -> CalendarEntry:
    """What the only event or task of the text says; days and floating times are of the zone."""
    try:
        component = _only(read_calendar(text))
        if any(name in component for name in REPEATS):
            raise RepeatingEntry
        is_task = component.name == TODO
        starts, ends = (None, None) if is_task else span(component, zone)
        return CalendarEntry(
            title=" ".join(str(component.get("SUMMARY") or "").split()),
            starts=starts,
            ends=ends,
            due=_due(component, zone) if is_task else None,
            about=str(component.get("DESCRIPTION") or "").replace("\r\n", "\n").strip(),
            place=" ".join(str(component.get("LOCATION") or "").split()),
            importance=_importance(component),
            is_done=_is_done(component),
            is_cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
            alarms=frozenset(_alarms(component, starts, zone)),
            emails=tuple(_emails(component)),
            repeat=_repeat(component, starts, zone),
            is_task=is_task,
        )
    except BadEntry:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        raise BadEntry from None


def single(text: str) -> str:
    """The first of the events that the text says by a rule, which is kept as a line of ours."""
    calendar = read_calendar(text)
    component = _only(calendar)
    component.add(KEPT_RULE, component.pop(RULE).to_ical().decode())
    written: str = calendar.to_ical().decode()
    return written


def write_entry(entry: CalendarEntry, uid: str, stamped: datetime, zone: ZoneInfo, kept: str) -> str:
    """As the device wrote it, where that is still true; the same text for the same entry."""
    calendar, component = _begun(entry, uid, stamped, kept)
    known = read_entry(calendar.to_ical().decode(), zone) if kept else None
    for name, now, was in (
        ("SUMMARY", entry.title, known and known.title),
        ("DESCRIPTION", entry.about, known and known.about),
        ("LOCATION", entry.place, known and known.place),
        ("URL", entry.url, str(component.get("URL") or "")),
    ):
        if now != was:
            _say(component, name, now)
    if (known.importance if known else Importance.NORMAL) is not entry.importance:
        _say(component, "PRIORITY", PRIORITIES[entry.importance])
    if entry.is_task:
        _say_task(component, entry, known)
    elif known is None or (known.starts, known.ends) != (entry.starts, entry.ends):
        _say(component, "DURATION", None)
        _say(component, "DTSTART", entry.starts and entry.starts.astimezone(UTC))
        _say(component, "DTEND", entry.ends.astimezone(UTC) if entry.ends and entry.ends != entry.starts else None)
    if known is None or known.alarms != entry.alarms:
        _say_alarms(component, entry)
    written: str = calendar.to_ical().decode()
    return written


def _begun(entry: CalendarEntry, uid: str, stamped: datetime, kept: str) -> tuple[Any, Any]:
    if kept:
        calendar = read_calendar(kept)
        component = _only(calendar)
    else:
        calendar, component = Calendar(), Todo() if entry.is_task else Event()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        component.add("dtstamp", stamped.astimezone(UTC).replace(microsecond=0))
        calendar.add_component(component)
    _say(component, "UID", uid)
    return calendar, component


def _say_task(component: Any, entry: CalendarEntry, known: CalendarEntry | None) -> None:
    if known is None or known.due != entry.due:
        _say(component, "DUE", entry.due)
        _say(component, "DTSTART", None)
    if known is None or (known.is_done, known.is_cancelled) != (entry.is_done, entry.is_cancelled):
        _say(component, "STATUS", "COMPLETED" if entry.is_done else "NEEDS-ACTION")
        _say(component, "PERCENT-COMPLETE", 100 if entry.is_done else None)
        at = datetime.combine(entry.done_on, time(12), UTC) if entry.is_done and entry.done_on else None
        _say(component, "COMPLETED", at)


def _say_alarms(component: Any, entry: CalendarEntry) -> None:
    component.subcomponents = [each for each in component.subcomponents if each.name != "VALARM"]
    for at in sorted(entry.alarms):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        if entry.starts is not None:
            alarm.add("trigger", at - entry.starts)
        else:
            alarm.add("trigger", at.astimezone(UTC), parameters={"VALUE": "DATE-TIME"})
        component.add_component(alarm)


def _only(calendar: Any) -> Any:
    found = [each for each in calendar.walk() if each.name in {EVENT, TODO}]
    if len(found) != 1:
        raise RepeatingEntry if len({str(each.get("UID")) for each in found}) == 1 and found else BadEntry
    return found[0]


def _repeat(component: Any, starts: datetime | None, zone: ZoneInfo) -> Repeat | None:
    """The rule of a series; an event that comes again without an end does so as long as a series may."""
    rule = component.get(RULE)
    if rule is None:
        return None
    said = {name: values for name, values in rule.items() if name != "WKST"} if hasattr(rule, "items") else {}
    unit = UNITS.get(str(said.pop("FREQ", [""])[0]).upper())
    every, times = int(said.pop("INTERVAL", [1])[0]), said.pop("COUNT", [None])[0]
    until = said.pop("UNTIL", [None])[0]
    weekdays = frozenset(WEEKDAYS.index(day) for day in said.pop("BYDAY", ()) if day in WEEKDAYS)
    if starts and said.get("BYMONTHDAY") == [starts.astimezone(zone).day]:
        del said["BYMONTHDAY"]
    of_week = unit is RepeatUnit.WEEK and len(weekdays) == len(rule.get("BYDAY", ()))
    if starts is None or unit is None or said or not (of_week or "BYDAY" not in rule):
        raise RepeatingEntry
    last = moment(until, zone).astimezone(zone).date() if until is not None else None
    most = MOST if times is None and last is None else times
    return Repeat(every, unit, weekdays, most and int(most), last, OnDayOff.KEEP)


def _say(component: Any, name: str, value: Any) -> None:
    component.pop(name, None)
    if value not in (None, ""):
        component.add(name, value)


def _due(component: Any, zone: ZoneInfo) -> date | None:
    found = component.get("DUE") or component.get("DTSTART")
    return None if found is None else moment(found.dt, zone).astimezone(zone).date()


def _importance(component: Any) -> Importance:
    priority = int(component.get("PRIORITY", 0) or 0)
    return Importance.HIGH if 1 <= priority <= 4 else Importance.LOW if 6 <= priority <= 9 else Importance.NORMAL


def _is_done(component: Any) -> bool:
    status = str(component.get("STATUS", "")).upper()
    if component.name != TODO or status in {"NEEDS-ACTION", "IN-PROCESS", "CANCELLED"}:
        return False
    return status == "COMPLETED" or "COMPLETED" in component or str(component.get("PERCENT-COMPLETE", "")) == "100"


def _alarms(component: Any, starts: datetime | None, zone: ZoneInfo) -> set[datetime]:
    found = set()
    for alarm in [each for each in component.subcomponents if each.name == "VALARM"][:MOST_ALARMS]:
        trigger = alarm.get("TRIGGER")
        if not isinstance(trigger, vDDDTypes):
            continue
        if isinstance(trigger.dt, timedelta):
            due = component.get("DUE")
            base = starts or (moment(due.dt, zone) if due is not None else None)
            at = base + trigger.dt if base else None
        else:
            at = moment(cast(datetime, trigger.dt), zone)
        if at is not None:
            found.add(at.astimezone(UTC).replace(second=0, microsecond=0))
    return found


def _emails(component: Any) -> Iterator[str]:
    attendees = component.get("ATTENDEE") or []
    for each in attendees if isinstance(attendees, list) else [attendees]:
        scheme, _colon, address = str(each).partition(":")
        if scheme.lower() == "mailto" and "@" in address:
            yield address.strip().lower()
