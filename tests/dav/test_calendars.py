"""The calendar and the tasks of a telephone, both ways."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar as Component
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import ContactKind, ContactState, Importance
from app.models.bell import Reminder
from app.models.contacts import Contact, ContactParticipant
from app.models.devices import DeviceRefusal
from app.models.tasks import Task
from app.services.exchange.devices.entries_in import EntryWriter
from tests.conftest import user_named
from tests.dav.conftest import SPACES, Telephone
from tests.factories import added, buyer

pytestmark = pytest.mark.slow


@pytest.fixture
def at(today: date) -> datetime:
    return datetime(today.year, today.month, today.day, 9, tzinfo=UTC) + timedelta(days=2)


def event(*lines: str, uid: str = "of-the-device", what: str = "VEVENT") -> str:
    inside = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//x//y//EN",
        f"BEGIN:{what}",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
    ]
    return "\r\n".join([*inside, *lines, f"END:{what}", "END:VCALENDAR", ""])


def alarm(minutes: int) -> tuple[str, ...]:
    return ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", f"TRIGGER:-PT{minutes}M", "END:VALARM")


def utc(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def planned(session: Session, username: str, at: datetime, subject: str = "Показ") -> Contact:
    who = user_named(session, username)
    client = buyer(session, "Ромашка", manager=who)
    made = Contact(counterparty=client, manager=who, subject=subject, kind=ContactKind.MEETING, text="О ценах")
    made.starts_at, made.ends_at, made.importance = at, at + timedelta(hours=1), Importance.HIGH
    return added(session, made)


def only(text: str, what: str = "VEVENT") -> Any:
    (found,) = Component.from_ical(text).walk(what)
    return found


def test_what_is_planned_stands_in_the_calendar_with_its_reminder(
    session: Session, anna: Telephone, at: datetime
) -> None:
    mine, other = planned(session, "anna", at), planned(session, "boris", at)
    invited = planned(session, "boris", at, "Общая")
    added(session, ContactParticipant(contact=invited, user=user_named(session, "anna")))
    added(
        session,
        Reminder(contact=mine, user_id=anna.user_id, minutes_before=15, due_at=at - timedelta(minutes=15), zone="UTC"),
    )
    session.commit()
    assert anna.sync("calendar") == {f"contact-{mine.id}.ics", f"contact-{invited.id}.ics"}
    assert f"contact-{other.id}.ics" not in anna.holds["calendar"]
    found = only(anna.read("calendar")[f"contact-{mine.id}.ics"])
    assert (str(found["SUMMARY"]), str(found["DESCRIPTION"]), int(found["PRIORITY"])) == (
        "Показ · Ромашка",
        "О ценах",
        1,
    )
    assert (found.decoded("DTSTART"), found.decoded("DTEND")) == (at, at + timedelta(hours=1))
    assert found.walk("VALARM")[0].decoded("TRIGGER") == timedelta(minutes=-15)
    mine.state = ContactState.CANCELLED
    session.commit()
    assert anna.sync("calendar") == {f"contact-{mine.id}.ics"}
    assert set(anna.holds["calendar"]) == {f"contact-{invited.id}.ics"}


def test_an_event_made_on_a_telephone_is_a_contact_and_comes_back_as_it_was(
    session: Session, anna: Telephone, at: datetime
) -> None:
    client = buyer(session, "ООО «Ромашка»", manager=user_named(session, "anna"))
    session.commit()
    anna.sync("calendar")
    start = f"DTSTART;TZID=Europe/Moscow:{(at + timedelta(hours=3)):%Y%m%dT%H%M%S}"
    text = event(start, "DURATION:PT30M", "SUMMARY:Обед · Ромашка", "LOCATION:Офис", "X-COLOUR:red", *alarm(10))
    assert anna.ask("PUT", anna.book("calendar", "abc.ics"), text, If_None_Match="*").status_code == 201
    contact = session.scalars(select(Contact)).one()
    assert (contact.counterparty_id, contact.subject, contact.place) == (client.id, "Обед", "Офис")
    assert (contact.starts_at, contact.ends_at) == (at, at + timedelta(minutes=30))
    assert contact.manager_id == anna.user_id
    assert session.scalars(select(Reminder.minutes_before)).all() == [10]
    assert anna.sync("calendar") == {"abc.ics"}
    kept = anna.read("calendar")["abc.ics"]
    assert "DTSTART;TZID=Europe/Moscow" in kept
    assert "X-COLOUR:red" in kept
    assert "SUMMARY:Обед · ООО «Ромашка»" in kept
    moved = kept.replace(f"T{at + timedelta(hours=3):%H}0000", f"T{at + timedelta(hours=5):%H}0000")
    moved = moved.replace("SUMMARY:Обед", "SUMMARY:Ужин").replace("-PT10M", "-PT30M")
    path, tag = anna.book("calendar", "abc.ics"), anna.holds["calendar"]["abc.ics"]
    assert anna.ask("PUT", path, moved, If_Match=tag).status_code == 204
    session.expire_all()
    assert (contact.subject, contact.starts_at) == ("Ужин", at + timedelta(hours=2))
    assert contact.ends_at - contact.starts_at == timedelta(minutes=30)
    assert session.scalars(select(Reminder.minutes_before)).all() == [30]
    assert anna.ask("PUT", path, kept, If_Match=tag).status_code == 412
    anna.sync("calendar")
    assert anna.ask("DELETE", path, If_Match=anna.holds["calendar"]["abc.ics"]).status_code == 200
    session.expire_all()
    assert contact.state is ContactState.CANCELLED
    assert anna.sync("calendar") == {"abc.ics"}
    assert anna.holds["calendar"] == {}


def test_an_event_with_nobody_known_is_with_a_prospect_and_a_whole_day_stays_whole(
    session: Session, anna: Telephone, at: datetime
) -> None:
    text = event(
        f"DTSTART;VALUE=DATE:{at:%Y%m%d}", f"DTEND;VALUE=DATE:{at + timedelta(days=1):%Y%m%d}", "SUMMARY:Выставка"
    )
    assert anna.ask("PUT", anna.book("calendar", "abc.ics"), text).status_code == 201
    contact = session.scalars(select(Contact)).one()
    assert (contact.prospect, contact.kind) == ("Выставка", ContactKind.MEETING)
    anna.sync("calendar")
    assert f"DTSTART;VALUE=DATE:{at:%Y%m%d}" in anna.read("calendar")["abc.ics"]


def test_an_event_that_repeats_becomes_a_series_of_which_each_is_an_event(
    session: Session, anna: Telephone, at: datetime
) -> None:
    times = (f"DTSTART:{utc(at)}", f"DTEND:{utc(at + timedelta(hours=1))}", *alarm(15))
    rule = f"RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY={['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'][at.weekday()]}"
    answer = anna.ask("PUT", anna.book("calendar", "x.ics"), event("SUMMARY:Планёрка", rule, *times))
    assert answer.status_code == 201, answer.text
    made = session.scalars(select(Contact).order_by(Contact.starts_at)).all()
    assert [one.starts_at for one in made] == [at, at + timedelta(days=14), at + timedelta(days=28)]
    assert len({one.series_id for one in made} - {None}) == 1
    assert len(session.scalars(select(Reminder).where(Reminder.contact_id.in_([one.id for one in made]))).all()) == 3
    anna.sync("calendar")
    told = anna.read("calendar")
    assert {len(Component.from_ical(text).walk("VEVENT")) for text in told.values()} == {1}
    assert len(told) == 3
    first = only(told["x.ics"])
    assert "RRULE" not in first
    assert set(str(first["X-VIZAVI-RRULE"]).split(";")) == set(rule[6:].split(";"))
    again = told["x.ics"].replace("SUMMARY:Планёрка", "RRULE:FREQ=DAILY\r\nSUMMARY:Планёрка")
    version = anna.holds["calendar"]["x.ics"]
    assert anna.ask("PUT", anna.book("calendar", "x.ics"), again, If_Match=version).status_code == 403
    old = (f"DTSTART:{utc(at - timedelta(days=9))}", f"DTEND:{utc(at - timedelta(days=8))}", "RRULE:FREQ=DAILY")
    assert anna.ask("PUT", anna.book("calendar", "y.ics"), event("SUMMARY:x", *old, uid="y")).status_code == 403
    assert len(session.scalars(select(Contact)).all()) == 3


@pytest.mark.parametrize(("rule", "made"), [("FREQ=MONTHLY", 25), ("FREQ=DAILY", 100)])
def test_an_event_that_repeats_without_an_end_does_so_as_long_as_a_series_may(
    session: Session, anna: Telephone, at: datetime, rule: str, made: int
) -> None:
    times = (f"DTSTART:{utc(at)}", f"DTEND:{utc(at + timedelta(hours=1))}")
    text = event("SUMMARY:Планёрка", f"RRULE:{rule}", *times)
    answer = anna.ask("PUT", anna.book("calendar", "x.ics"), text)
    assert answer.status_code == 201, answer.text
    assert len(session.scalars(select(Contact)).all()) == made


@pytest.mark.parametrize(
    ("start", "trigger", "minutes", "rings"),
    [
        ("DTSTART;TZID=Europe/Berlin:20250329T100000", "-P1D", 1440, ("28 10", "29 10")),
        ("DTSTART;TZID=Europe/Berlin:20250329T100000", "-PT8H", 480, ("29 02", "30 01")),
        ("DTSTART;TZID=Europe/Berlin:20250330T100000", "-PT24H", None, ("29 09", "30 10")),
        ("DTSTART;TZID=Europe/Berlin:20251027T023000", "-P1D", 1440, ("26 02", "27 02")),
    ],
)
def test_an_alarm_rings_when_the_device_rings_also_across_a_change_of_clocks(
    session: Session, start: str, trigger: str, minutes: int | None, rings: tuple[str, ...]
) -> None:
    berlin, begun = ZoneInfo("Europe/Berlin"), datetime(2025, 3, 1, tzinfo=UTC)
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", "END:VALARM")
    writer = EntryWriter(session, user_named(session, "anna").id, berlin, begun, begun.date())
    writer.take_event(None, event(start, "SUMMARY:Обед", "RRULE:FREQ=DAILY;COUNT=2", *alarm))
    session.expire_all()
    made = session.scalars(select(Reminder).order_by(Reminder.id)).all()
    assert [f"{each.due_at.astimezone(berlin):%d %H}" for each in made] == [*rings]
    assert made[0].minutes_before == minutes


def test_what_cannot_be_kept_is_refused_and_shown(session: Session, anna: Telephone, at: datetime) -> None:
    times = (f"DTSTART:{utc(at)}", f"DTEND:{utc(at + timedelta(hours=1))}")
    for book, text in (
        ("calendar", event(*times, "SUMMARY:Планёрка", "RRULE:FREQ=MONTHLY;BYDAY=2TU")),
        ("calendar", event(*times, "SUMMARY:Планёрка", "RRULE:FREQ=DAILY", f"EXDATE:{utc(at + timedelta(days=1))}")),
        ("calendar", event(*times, "SUMMARY:Планёрка", "RRULE:FREQ=DAILY;INTERVAL=0")),
        ("calendar", event(*times, "SUMMARY:Планёрка", "RRULE:FREQ=DAILY;COUNT=0")),
        ("calendar", event(*times, "SUMMARY:Планёрка", f"RRULE:FREQ=DAILY;UNTIL={utc(at - timedelta(days=1))}")),
        ("calendar", event(*times)),
        ("calendar", event(*times, "SUMMARY:" + "ы" * 201)),
        ("calendar", event("DTSTART:99999999T000000Z", "SUMMARY:x")),
        ("calendar", event("SUMMARY:Без времени")),
        ("calendar", event("SUMMARY:Не туда", what="VTODO")),
        ("tasks", event(*times, "SUMMARY:Не туда")),
        ("tasks", event("SUMMARY:Давно", "DUE:nonsense", what="VTODO")),
        ("calendar", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"),
    ):
        answer = anna.ask("PUT", anna.book(book, "x.ics"), text)
        assert 400 <= answer.status_code < 500, (text, answer.status_code)
        session.expire_all()
        assert session.scalars(select(DeviceRefusal.text).where(DeviceRefusal.kind == book)).one() == text
    assert session.scalars(select(Contact)).all() == []


def test_a_device_that_is_refused_holds_no_worker(
    session: Session, anna: Telephone, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert anna.ask("PUT", anna.book("calendar", "x.ics"), event(f"DTSTART:{utc(at)}")).status_code == 403
    assert slept == []


@pytest.mark.parametrize(("field", "most"), [("DESCRIPTION", 20_000), ("LOCATION", 200)])
def test_what_is_too_long_is_named_with_its_own_bound(
    session: Session, anna: Telephone, at: datetime, field: str, most: int
) -> None:
    times = (f"DTSTART:{utc(at)}", f"DTEND:{utc(at + timedelta(hours=1))}")
    text = event(*times, "SUMMARY:Показ", f"{field}:" + "ы" * (most + 1))
    assert anna.ask("PUT", anna.book("calendar", "x.ics"), text).status_code == 403
    reason = session.scalars(select(DeviceRefusal.reason)).one()
    assert f" {most} " in reason
    assert reason.endswith("ы" * 60)


def test_tasks_are_made_ticked_and_opened_again(session: Session, anna: Telephone, today: date) -> None:
    due = today + timedelta(days=3)
    theirs = added(
        session, Task(text="От шефа", author=user_named(session, "vera"), executor_id=anna.user_id, due_on=due)
    )
    session.commit()
    anna.sync("tasks")
    path = anna.book("tasks", "abc.ics")
    made = event("SUMMARY:Позвонить", f"DUE;VALUE=DATE:{due:%Y%m%d}", "PRIORITY:9", what="VTODO")
    assert anna.ask("PUT", path, made).status_code == 201
    task = session.scalars(select(Task).where(Task.text == "Позвонить")).one()
    assert (task.author_id, task.executor_id, task.due_on, task.importance) == (anna.user_id, anna.user_id, due, "low")

    def change(name: str, was: str, now: str) -> int:
        anna.sync("tasks")
        text = anna.read("tasks")[name]
        assert was in text
        changed = text.replace(was, now)
        return anna.ask("PUT", anna.book("tasks", name), changed, If_Match=anna.holds["tasks"][name]).status_code

    assert change("abc.ics", "END:VTODO", "STATUS:COMPLETED\nEND:VTODO") == 204
    session.expire_all()
    assert task.done_on == today
    assert change("abc.ics", "STATUS:COMPLETED", "STATUS:NEEDS-ACTION") == 204
    session.expire_all()
    assert task.is_open
    assert change(f"task-{theirs.id}.ics", "От шефа", "Другое") == 403
    assert change(f"task-{theirs.id}.ics", "NEEDS-ACTION", "COMPLETED") == 204
    session.expire_all()
    assert (theirs.text, theirs.done_on) == ("От шефа", today)
    assert anna.ask("DELETE", path).status_code == 200
    session.expire_all()
    assert task.cancelled_on == today


def test_a_program_asks_for_the_events_of_a_time(session: Session, anna: Telephone, at: datetime) -> None:
    near, far = planned(session, "anna", at), planned(session, "anna", at + timedelta(days=30))
    session.commit()
    span = f"<C:time-range start='{utc(at - timedelta(days=1))}' end='{utc(at + timedelta(days=1))}'/>"
    inner = f"<C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>{span}</C:comp-filter></C:comp-filter>"
    query = f"<C:calendar-query {SPACES}><prop><getetag/></prop><C:filter>{inner}</C:filter></C:calendar-query>"
    answer = anna.ask("REPORT", anna.book("calendar"), query)
    assert f"contact-{near.id}.ics" in answer.text
    assert f"contact-{far.id}.ics" not in answer.text
