"""An event or a task that came from a device: what it says is done by the verbs of contacts and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.formats.entries import BadEntry, CalendarEntry, RepeatingEntry, read_entry, single
from app.domain.letters.addresses import spellings
from app.domain.reminding import INTERVALS, rings_at
from app.domain.repeating import Repeat
from app.domain.words import ContactKind, DeviceSubject
from app.errors import Refused
from app.models.base import NameKey
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, Counterparty
from app.models.tasks import Task
from app.services.bell import reminders
from app.services.contacts import contacts, series, verbs
from app.services.exchange.devices.books import Key
from app.services.exchange.devices.calendars import MARK, alarms_of, client_of, event_of, rings_of, todo_of
from app.services.planning import tasks

TITLES = {Contact: Contact.subject, Task: Task.text}
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class EntryWriter:
    """Who writes, and when."""

    session: Session
    user_id: int
    zone: ZoneInfo
    now: datetime
    today: date

    def take_event(self, key: Key | None, text: str) -> tuple[Key, str]:
        """The contact as the event says; gives it, and the event, whose own lines are kept."""
        entry = self._read(text, is_task=False)
        contact = self.session.get(Contact, key[1]) if key else None
        if contact is None:
            contact = self._new_contact(entry)
        else:
            self._change_contact(contact, entry)
        self.session.flush()
        if not entry.is_cancelled:
            self._take_alarms(contact, entry)
        if entry.repeat is not None:
            self._plan_series(contact, entry, entry.repeat)
            text = single(text)
        return (DeviceSubject.CONTACT, contact.id), text

    def _plan_series(self, contact: Contact, entry: CalendarEntry, repeat: Repeat) -> None:
        """The contacts after it, each an event of its own from now on, with the same alarms."""
        if contact.series_id is not None:
            raise Refused(_("It is one of a series already: the series is changed here."))
        if contact.starts_at < self.now:
            raise Refused(_("It has begun to repeat in the past: plan it here, as a series from today on."))
        intervals = self._intervals(contact)
        for one in series.make(self.session, contact, repeat, zone=self.zone)[1:]:
            for at in sorted(entry.alarms):
                self._remind(one, at + (one.starts_at - contact.starts_at), intervals.get(at))
        self.session.flush()

    def take_task(self, key: Key | None, text: str) -> tuple[Key, str]:
        entry = self._read(text, is_task=True)
        task = self.session.get(Task, key[1]) if key else None
        if task is None:
            task = Task(text=self._title(Task, entry.title), author_id=self.user_id, executor_id=self.user_id)
            task.due_on, task.importance = entry.due or self.today, entry.importance
            tasks.complete(self.session, task, today=self.today)
            self.session.add(task)
            self.session.flush()
        self._change_task(task, entry)
        if task.is_open:
            self._take_alarms(task, entry)
        return (DeviceSubject.TASK, task.id), text

    def remove(self, key: Key) -> bool:
        """Thrown away on the device: it will not take place. False for a meeting that somebody else answers for."""
        subject, number = key
        if subject is DeviceSubject.CONTACT and (contact := self.session.get(Contact, number)):
            if contact.manager_id != self.user_id:
                return False
            verbs.cancel(self.session, contact)
        elif subject is DeviceSubject.TASK and (task := self.session.get(Task, number)) and task.is_open:
            tasks.cancel(self.session, task, today=self.today)
        return True

    def _read(self, text: str, *, is_task: bool) -> CalendarEntry:
        try:
            entry = read_entry(text, self.zone)
        except RepeatingEntry:
            raise Refused(_("By this rule no event repeats here: plan it as a series, or as single events.")) from None
        except BadEntry:
            raise Refused(_("The event is not clear.")) from None
        if entry.is_task is not is_task:
            raise Refused(_("Events belong into the calendar, and tasks into the list of tasks."))
        _must_fit(entry.about, LONGEST_TEXT)
        _must_fit(entry.place, Contact.place.type.length)
        return entry

    # -- contacts -----------------------------------------------------------------------------------

    def _new_contact(self, entry: CalendarEntry) -> Contact:
        subject, client = self._whose(entry)
        assert entry.starts is not None
        contact = Contact(
            kind=ContactKind.MEETING,
            manager_id=self.user_id,
            counterparty=client,
            prospect="" if client else subject,
            subject=subject,
            text=entry.about,
            place=entry.place,
            importance=entry.importance,
            starts_at=entry.starts,
            ends_at=entry.ends,
        )
        contacts.complete(self.session, contact, now=self.now)
        self.session.add(contact)
        return contact

    def _whose(self, entry: CalendarEntry) -> tuple[str, Counterparty | None]:
        """With whom it is: whose address takes part, or whose name stands behind the title; else a prospect."""
        title = self._title(Contact, entry.title)
        what, mark, name = title.rpartition(MARK)
        if mark:
            same = select(Counterparty).where(Counterparty.name_key == NameKey(name)).limit(2)
            found = self.session.scalars(same).all()
            if len(found) == 1:
                return what, found[0]
        if emails := {each for email in entry.emails for each in spellings(email)}:
            known = select(Counterparty).where(
                Counterparty.id.in_(
                    select(ContactInfo.counterparty_id).where(func.lower(ContactInfo.value).in_(emails))
                )
            )
            clients = self.session.scalars(known.limit(2)).all()
            if len(clients) == 1:
                return title, clients[0]
        return title, None

    def _change_contact(self, contact: Contact, entry: CalendarEntry) -> None:
        if entry.is_cancelled:
            verbs.cancel(self.session, contact)
            return
        was = event_of(contact, ())
        if entry.title != was.title:
            contact.subject = self._title(Contact, _without(entry.title, client_of(contact)))
        if entry.about != was.about:
            contact.text = entry.about
        if entry.place != was.place:
            contact.place = entry.place
        if entry.importance is not was.importance:
            contact.importance = entry.importance
        contacts.complete(self.session, contact, now=self.now)
        assert entry.starts is not None
        assert entry.ends is not None
        if entry.starts != was.starts:
            verbs.move(self.session, contact, entry.starts, now=self.now, reason=_("Moved on a device"))
        if entry.ends != contact.ends_at:
            verbs.stretch(self.session, contact, entry.ends)

    # -- tasks --------------------------------------------------------------------------------------

    def _change_task(self, task: Task, entry: CalendarEntry) -> None:
        was = todo_of(task, ())
        if entry.title != was.title:
            task.text = self._title(Task, _without(entry.title, client_of(task)))
        if entry.importance is not was.importance:
            task.importance = entry.importance
        if was.is_done and not entry.is_done:
            task.done_on = None
        with self.session.no_autoflush:  # it looks at what is changed
            tasks.complete(self.session, task, today=self.today)
        if entry.is_cancelled:
            tasks.cancel(self.session, task, today=self.today)
        elif entry.due and entry.due != task.due_on:
            tasks.move(self.session, task, entry.due, today=self.today, reason=_("Moved on a device"))
        if entry.is_done and task.is_open:
            tasks.finish(self.session, task, text="", today=self.today)
        self.session.flush()

    # -- both ---------------------------------------------------------------------------------------

    def _title(self, model: type[Contact | Task], title: str) -> str:
        if not title:
            raise Refused(_("Say what it is about."))
        _must_fit(title, TITLES[model].type.length)
        return title

    def _take_alarms(self, row: Contact | Task, entry: CalendarEntry) -> None:
        """His reminders are those of the event; what would have rung already is left as it is."""
        rings = rings_of(self.session, self.user_id, type(row), [row.id]).get(row.id, [])
        for ring in rings:
            if not alarms_of([ring]) <= entry.alarms:
                self.session.delete(ring)
        self.session.flush()
        intervals = self._intervals(row)
        for at in sorted(entry.alarms - alarms_of(rings)):
            if at > self.now:
                self._remind(row, at, intervals.get(at))
        self.session.flush()

    def _intervals(self, row: Contact | Task) -> dict[datetime, int]:
        """The moments at which something rings by an interval of ours: such a reminder moves with the row."""
        happens = reminders.happens_at(row, reminders.HAPPENINGS[type(row)][0], self.zone)
        if happens is None:
            return {}
        return {rings_at(happens, each, self.zone).replace(second=0, microsecond=0): each for each in INTERVALS}

    def _remind(self, row: Contact | Task, at: datetime, minutes: int | None) -> None:
        reminders.remind(self.session, row, self.user_id, zone=self.zone, minutes=minutes, at=at)


def _must_fit(text: str, most: int) -> None:
    if len(text) > most:
        raise Refused(_("Too long, more than %(most)s letters: %(text)s", most=most, text=text[:60]))


def _without(title: str, client: str) -> str:
    """The title without whom it is with, which the product adds itself."""
    return title.removesuffix(MARK + " ".join(client.split())).strip() if client else title
