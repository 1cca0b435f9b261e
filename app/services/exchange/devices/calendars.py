"""The calendar and the tasks of a user, as events and tasks of his devices, with his reminders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, Text, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, joinedload

from app.domain.formats.entries import CalendarEntry, write_entry
from app.domain.words import ContactState, DeviceSubject
from app.models.bell import Reminder
from app.models.captions import caption
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import Counterparty
from app.models.tasks import Task
from app.queries.bell.reminders import COLUMNS, waiting
from app.queries.sql import one_of
from app.services.exchange.devices.books import Key, KnownItem, WrittenItem

BACK = timedelta(days=92)  # what was planned so long ago is no more looked for on a telephone
DONE_FOR = timedelta(days=30)  # that a task stays ticked before it leaves
MOST = 5000
MARK = " · "  # between what is to be done and whom it is with
REMINDER, PARTICIPANT = Reminder.__table__, ContactParticipant.__table__
OWNER = Counterparty.__table__


@dataclass(frozen=True)
class EventsSource:
    """Planned contacts that he answers for, or takes part in."""

    user_id: int
    zone: ZoneInfo
    today: date
    locale: str
    ending = "ics"

    def seen(self) -> Select[Any]:
        since = datetime.combine(self.today, time(0), self.zone) - BACK
        taken = (PARTICIPANT.c.contact_id == Contact.id) & (PARTICIPANT.c.user_id == self.user_id)
        mine = or_(Contact.manager_id == self.user_id, exists().select_from(PARTICIPANT).where(taken))
        told = (Contact.changed_at, _name_of(Contact.counterparty_id), _reminders(REMINDER.c.contact_id == Contact.id))
        return (
            select(_subject(DeviceSubject.CONTACT), Contact.id.label("row_id"), _stamp(self.locale, self.zone, *told))
            .where(Contact.state == ContactState.PLANNED, Contact.starts_at >= since, mine)
            .order_by(Contact.starts_at.desc(), Contact.id)
            .limit(MOST)
        )

    def write(self, session: Session, rows: dict[Key, KnownItem]) -> Iterator[tuple[Key, WrittenItem]]:
        ids = [row_id for _subject, row_id in rows]
        query = select(Contact).where(one_of(Contact.id, ids)).options(joinedload(Contact.counterparty_name))
        rings = rings_of(session, self.user_id, Contact, ids)
        for contact in session.scalars(query):
            key = (DeviceSubject.CONTACT, contact.id)
            entry = event_of(contact, rings.get(contact.id, ()))
            text = write_entry(entry, rows[key].uid, contact.changed_at, self.zone, rows[key].kept)
            yield key, WrittenItem(text, entry.title, contact.starts_at, contact.ends_at)


@dataclass(frozen=True)
class TasksSource:
    """What he has to do; what is done stays ticked for a while."""

    user_id: int
    zone: ZoneInfo
    today: date
    locale: str
    ending = "ics"

    def seen(self) -> Select[Any]:
        told = (Task.changed_at, _name_of(Task.counterparty_id), _reminders(REMINDER.c.task_id == Task.id))
        standing = or_(Task.to_be_done(), Task.done_on >= self.today - DONE_FOR)
        return (
            select(_subject(DeviceSubject.TASK), Task.id.label("row_id"), _stamp(self.locale, self.zone, *told))
            .where(Task.executor_id == self.user_id, standing)
            .order_by(Task.due_on.desc(), Task.id)
            .limit(MOST)
        )

    def write(self, session: Session, rows: dict[Key, KnownItem]) -> Iterator[tuple[Key, WrittenItem]]:
        ids = [row_id for _subject, row_id in rows]
        query = select(Task).where(one_of(Task.id, ids)).options(joinedload(Task.counterparty_name))
        rings = rings_of(session, self.user_id, Task, ids)
        for task in session.scalars(query):
            key = (DeviceSubject.TASK, task.id)
            entry = todo_of(task, rings.get(task.id, ()))
            text = write_entry(entry, rows[key].uid, task.changed_at, self.zone, rows[key].kept)
            day = datetime.combine(task.due_on, time(0), self.zone)
            yield key, WrittenItem(text, entry.title, day, day + timedelta(days=1))


def event_of(contact: Contact, rings: Sequence[Reminder]) -> CalendarEntry:
    return CalendarEntry(
        title=titled(contact.subject or caption(contact.kind), client_of(contact)),
        starts=contact.starts_at.astimezone(UTC),
        ends=contact.ends_at.astimezone(UTC),
        about=contact.text.replace("\r\n", "\n").strip(),
        place=" ".join(contact.place.split()),
        importance=contact.importance,
        alarms=alarms_of(rings),
    )


def todo_of(task: Task, rings: Sequence[Reminder]) -> CalendarEntry:
    return CalendarEntry(
        title=titled(task.text, client_of(task)),
        due=task.due_on,
        importance=task.importance,
        done_on=task.done_on,
        is_done=task.done_on is not None,
        alarms=alarms_of(rings),
        is_task=True,
    )


def client_of(row: Contact | Task) -> str:
    if row.counterparty_name is not None:
        return row.counterparty_name.name
    return row.prospect if isinstance(row, Contact) and row.prospect != row.subject else ""


def titled(what: str, client: str) -> str:
    """On a small screen the title alone is seen: it says with whom, too."""
    what = " ".join(what.split())
    return f"{what}{MARK}{' '.join(client.split())}" if client else what


def alarms_of(rings: Sequence[Reminder]) -> frozenset[datetime]:
    return frozenset(ring.due_at.astimezone(UTC).replace(second=0, microsecond=0) for ring in rings)


def rings_of(
    session: Session, user_id: int, model: type[Contact | Task], ids: Sequence[int]
) -> dict[int, list[Reminder]]:
    """His reminders that are still to ring, by the number of what they are of."""
    column = COLUMNS[model]
    found: dict[int, list[Reminder]] = {}
    for ring in session.scalars(select(Reminder).where(waiting(user_id), one_of(column, ids)).order_by(Reminder.id)):
        found.setdefault(getattr(ring, column.key), []).append(ring)
    return found


def _subject(subject: DeviceSubject) -> Any:
    return literal(subject.value, String).label("subject")


def _stamp(locale: str, zone: ZoneInfo, *parts: Any) -> Any:
    told = (literal(f"{locale} {zone}", Text), *(cast(part, Text) for part in parts))
    return func.md5(func.concat_ws("\x1f", *told)).label("stamp")


def _name_of(counterparty_id: Any) -> Any:
    return select(OWNER.c.name).where(OWNER.c.id == counterparty_id).scalar_subquery()


def _reminders(of_row: Any) -> Any:
    in_order = aggregate_order_by(literal(" ", Text), REMINDER.c.id)
    return select(func.string_agg(cast(REMINDER.c.changed_at, Text), in_order)).where(of_row).scalar_subquery()
