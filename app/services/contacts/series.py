"""Series of contacts: planned together by a rule, then each on its own, or this one and those after it at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.contact_times import needs_reason
from app.domain.periods import Period
from app.domain.repeating import LONGEST, MOST, MOST_EVERY, Repeat
from app.domain.words import ContactState
from app.domain.working_days import is_working
from app.errors import Refused
from app.models import authorship
from app.models.contacts import Contact, ContactSeries
from app.queries.moves import times_moved
from app.queries.workdays import exceptions_in
from app.services import moves
from app.services.contacts.verbs import COPIED
from app.services.diaries import zone_of


def days_of(session: Session, contact: Contact, repeat: Repeat, *, zone: ZoneInfo) -> list[date]:
    """The days of the series, that of the contact first; what cannot be asked for is refused at its field."""
    _check(contact, repeat)
    first = contact.starts_at.astimezone(zone_of(contact.manager, zone)).date()
    if repeat.until is not None and repeat.until <= first:
        raise Refused(_("The series ends after its first contact."), field="until")
    exceptions = dict(session.execute(exceptions_in(Period(first, first + 2 * LONGEST))).all())
    days = repeat.dates(first, lambda day: is_working(day, exceptions))
    if len(days) < 2:
        raise Refused(_("By this rule there is no other contact: choose more times or a later day."), field="times")
    return days


def make(session: Session, contact: Contact, repeat: Repeat, *, zone: ZoneInfo) -> list[Contact]:
    """The contacts of all days, with the same people about the same; all or none of them."""
    own = zone_of(contact.manager, zone)
    days, length = days_of(session, contact, repeat, zone=zone), contact.ends_at - contact.starts_at
    at = contact.starts_at.astimezone(own).time()
    contact.series = ContactSeries(every=repeat.every, unit=repeat.unit, made=len(days))
    session.flush()
    copied = {name: getattr(contact, name) for name in (*COPIED, "manager_id", "series_id", "text", "place")}
    made = []
    for day in days[1:]:
        starts = datetime.combine(day, at, own)
        one = Contact(**copied, starts_at=starts, ends_at=starts + length)
        one.persons, one.colleagues = contact.persons, contact.colleagues
        made.append(one)
    session.add_all(made)
    session.flush()
    return [contact, *made]


def following(session: Session, contact: Contact) -> Sequence[Contact]:
    """The contact and those of its series that are planned after it."""
    later = select(Contact).where(
        Contact.series_id == contact.series_id,
        Contact.state == ContactState.PLANNED,
        Contact.starts_at >= contact.starts_at,
    )
    found = session.scalars(later.order_by(Contact.starts_at, Contact.id)).all()
    if contact.series_id is None or contact not in found:
        raise Refused(_("This contact is not planned any more."))
    return found


def move(session: Session, contact: Contact, to: datetime, *, reason: str, now: datetime, zone: ZoneInfo) -> int:
    """All by as many days as this one, and to its hour; each as long as before."""
    if to < now:
        raise Refused(_("A planned contact is moved to a time that is still to come."), field="at")
    own = zone_of(contact.manager, zone)
    local = to.astimezone(own)
    days = local.date() - contact.starts_at.astimezone(own).date()
    rows = following(session, contact)
    reason = moves.required_reason(session, contact, reason)
    if not reason and any(map(needs_reason, session.scalars(times_moved(*rows)))):
        raise Refused(_("Some of them were moved more than once already: say why."), field="reason")
    for row in rows:
        length, day = row.ends_at - row.starts_at, row.starts_at.astimezone(own).date() + days
        row.starts_at = datetime.combine(day, local.time(), own)
        row.ends_at = row.starts_at + length
    authorship.flush_because(session, reason)
    return len(rows)


def cancel(session: Session, contact: Contact) -> int:
    rows = following(session, contact)
    for row in rows:
        row.state = ContactState.CANCELLED
    session.flush()
    return len(rows)


def delete(session: Session, contact: Contact) -> int:
    rows = following(session, contact)
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)


def _check(contact: Contact, repeat: Repeat) -> None:
    if contact.state is not ContactState.PLANNED:
        raise Refused(_("This contact is not planned any more."))
    if contact.series_id is not None:
        raise Refused(_("This contact is in a series already."))
    if not 1 <= repeat.every <= MOST_EVERY:
        raise Refused(_("From 1 to %(most)s.", most=MOST_EVERY), field="every")
    if repeat.until is None and not 2 <= (repeat.times or 0) <= MOST:
        raise Refused(_("From 2 to %(most)s times, or until a day.", most=MOST), field="times")
