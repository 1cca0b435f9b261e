"""Reminders: set, put off, done. The base itself moves them with what they are about."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.domain.reminding import INTERVALS, rings_at
from app.domain.words import ContactState, Happening
from app.errors import Refused
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.tasks import Task
from app.models.users import User
from app.queries.bell.reminders import About, of_row
from app.queries.sql import longest_due

DAY_BEGINS = time(9)
MOST = 20  # of one user about one row
HAPPENINGS: dict[type, tuple[Happening, ...]] = {
    Contact: (Happening.START,),
    BuyerOrder: (Happening.SHIP, Happening.PAY),
    SupplierOrder: (Happening.RECEIVE, Happening.PAY),
    Task: (Happening.DUE,),
}
FIELDS: dict[type, str] = {
    Contact: "contact",
    BuyerOrder: "order",
    SupplierOrder: "supplier_order",
    Task: "task",
}
DAYS = {
    Happening.SHIP: "ship_on",
    Happening.PAY: "pay_by",
    Happening.RECEIVE: "receive_on",
    Happening.DUE: "due_on",
}


def happens_at(about: About, happening: Happening, zone: ZoneInfo) -> datetime | None:
    """When it is to happen; a day begins at nine in the reader's zone."""
    if isinstance(about, Contact):
        return about.starts_at
    day = getattr(about, DAYS[happening])
    return day and datetime.combine(day, DAY_BEGINS, zone)


def remind(
    session: Session,
    about: About,
    user_id: int,
    *,
    zone: ZoneInfo,
    happening: Happening | None = None,
    minutes: int | None = None,
    at: datetime | None = None,
    text: str = "",
) -> Reminder:
    """One more reminder of the row: `minutes` before it happens, or `at` a time."""
    kinds = HAPPENINGS[type(about)]
    made = Reminder(
        user_id=user_id,
        happening=happening or kinds[0],
        minutes_before=minutes,
        text=text.strip(),
        zone=str(zone),
        **{FIELDS[type(about)]: about},
    )
    if at is not None:
        made.due_at = at
    complete(session, made)
    session.add(made)
    return made


def complete(session: Session, reminder: Reminder) -> None:
    """See to the time of a reminder; refuse one of nothing, or of what will not happen."""
    named = [row for name in FIELDS.values() if (row := getattr(reminder, name)) is not None]
    if len(named) != 1:
        raise Refused(_("A reminder is of one contact, one order or one task."), field="contact")
    about = named[0]
    has_no_start = isinstance(about, SupplierOrder | Task)
    if reminder.happening is None or (has_no_start and reminder.happening is Happening.START):
        reminder.happening = HAPPENINGS[type(about)][0]
    if reminder.happening not in HAPPENINGS[type(about)]:
        raise Refused(_("This does not happen to what it reminds of."), field="happening")
    if _is_over(reminder, about):
        raise Refused(_("It has happened already: there is nothing to remind of."), field="minutes_before")
    _set_time(reminder, about)
    if inspect(reminder).transient and about.id is not None:
        with session.no_autoflush:
            if len(session.scalars(of_row(reminder.user_id, about).limit(MOST)).all()) >= MOST:
                raise Refused(_("There are %(most)s reminders of it already.", most=MOST))


def _is_over(reminder: Reminder, about: About) -> bool:
    """What it would come before has happened already."""
    if isinstance(about, Contact):
        return (about.state or ContactState.PLANNED) is not ContactState.PLANNED
    if isinstance(about, Task):
        return not about.is_open
    if isinstance(about, BuyerOrder | SupplierOrder) and about.closed_on is not None:
        return reminder.happening is not Happening.PAY or about.unpaid_amount <= 0
    left = about.unpaid_amount if reminder.happening is Happening.PAY else about.rest_quantity
    return reminder.minutes_before is not None and left <= 0


def _set_time(reminder: Reminder, about: About) -> None:
    if reminder.minutes_before is None:
        if reminder.due_at is None:
            raise Refused(_("Say when to remind."), field="due_at")
        return
    if reminder.minutes_before not in INTERVALS:
        told = ", ".join(map(str, INTERVALS))
        raise Refused(_("Minutes before are one of: %(minutes)s.", minutes=told), field="minutes_before")
    zone = ZoneInfo(reminder.zone)
    happens = happens_at(about, reminder.happening, zone)
    if happens is None:
        raise Refused(_("Its day is not planned yet: choose a time."), field="minutes_before")
    reminder.due_at = rings_at(happens, reminder.minutes_before, zone)


def keep_habitual(
    session: Session, contact: Contact, user_id: int, minutes: int | None, *, zone: ZoneInfo
) -> Reminder | None:
    """The one reminder that the form of a contact knows: so many minutes before, or none; returns what is set anew."""
    known = next(iter(relative_to(session, contact, user_id)), None)
    if minutes is None or contact.state is not ContactState.PLANNED:
        if known is not None and minutes is None:
            session.delete(known)
        return None
    if known is None:
        return remind(session, contact, user_id, zone=zone, minutes=minutes)
    if known.minutes_before == minutes:
        return None
    known.minutes_before, known.snoozed = minutes, False
    _set_time(known, contact)
    return known


def relative_to(session: Session, contact: Contact, user_id: int) -> list[Reminder]:
    """His own that stand before the start of the contact."""
    if contact.id is None:
        return []
    with session.no_autoflush:
        return [each for each in session.scalars(of_row(user_id, contact)) if each.minutes_before is not None]


def put_off(session: Session, reminder: Reminder, until: datetime, *, now: datetime) -> None:
    """It is silent until then, wherever the event goes meanwhile."""
    if until <= now:
        raise Refused(_("A reminder is put off to a time that is still to come."), field="at")
    reminder.due_at, reminder.snoozed, reminder.done_at = until, True, None
    session.flush()


def finish(session: Session, reminder: Reminder, *, now: datetime) -> None:
    """It rings no more, unless its event is put off."""
    reminder.done_at, reminder.snoozed = now, False
    session.flush()


def oldest_due(session: Session) -> timedelta | None:
    """How long the longest ringing reminder has rung; None when none rings."""
    rings = Reminder.is_live, Reminder.done_at.is_(None)
    return longest_due(session, Reminder.due_at, *rings, of=Reminder.user_id, owners=select(User.id))
