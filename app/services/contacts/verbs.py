"""What is done with a contact: finished, moved, followed by the next one, cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.domain.contact_times import JUST_TALKED, LONGEST, USUAL_LENGTH, happened
from app.domain.words import ContactState, Direction
from app.errors import Refused
from app.models import authorship
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.users import User
from app.services import moves

COPIED = (
    *("counterparty_id", "person_id", "prospect", "prospect_person", "prospect_phone", "prospect_tail"),
    *("prospect_email", "kind", "direction", "importance", "subject", "campaign_id", "order_id"),
)


def finish(session: Session, contact: Contact, *, text: str, now: datetime, minutes: int = JUST_TALKED) -> None:
    """It took place and has just ended; what came of it stands under what was planned."""
    _check_planned(contact)
    _check_minutes(minutes)
    contact.state = ContactState.DONE
    contact.starts_at, contact.ends_at = happened(now, minutes)
    contact.text = "\n".join(part for part in (contact.text, text.strip()) if part)
    session.flush()


def note(
    session: Session,
    counterparty: Counterparty,
    direction: Direction,
    text: str,
    *,
    minutes: int,
    user: User,
    now: datetime,
) -> Contact:
    """A call of the user that has just ended."""
    _check_minutes(minutes)
    starts_at, ends_at = happened(now, minutes)
    contact = Contact(
        counterparty=counterparty,
        manager_id=user.id,
        direction=direction,
        state=ContactState.DONE,
        text=text.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.add(contact)
    session.flush()
    return contact


def move(session: Session, contact: Contact, to: datetime, *, now: datetime, reason: str = "") -> None:
    """It is at another time, as long as before."""
    _check_planned(contact)
    if to < now:
        raise Refused(_("A planned contact is moved to a time that is still to come."), field="at")
    reason = moves.required_reason(session, contact, reason)
    length = contact.ends_at - contact.starts_at
    contact.starts_at, contact.ends_at = to, to + length
    authorship.flush_because(session, reason)


def stretch(session: Session, contact: Contact, until: datetime) -> None:
    """It begins when it did, and ends at another time."""
    _check_planned(contact)
    _check_minutes(int((until - contact.starts_at).total_seconds() // 60))
    contact.ends_at = until
    session.flush()


def check_typed_move(session: Session, contact: Contact) -> None:
    """A planned contact that was given another time by no verb of its own keeps the same rule of reasons."""
    changed: Any = inspect(contact).attrs
    if contact.state is ContactState.PLANNED and not changed.state.history.has_changes():
        moves.check_typed(session, contact, "starts_at")


def keep_length(contact: Contact, *, now: datetime) -> None:
    """Its start alone was changed: it lasts as long as before, and what is planned is still to come."""
    was: Any = inspect(contact).attrs.starts_at.history.deleted
    if not was:
        return
    contact.ends_at += contact.starts_at - was[0]
    if contact.state is ContactState.PLANNED and contact.starts_at < now:
        raise Refused(_("A planned contact is moved to a time that is still to come."), field="starts_at")


def follow(session: Session, contact: Contact, at: datetime, *, now: datetime, user: User) -> Contact:
    """The next contact: with the same people about the same, and it knows what it follows."""
    if at < now:
        raise Refused(_("A planned contact is moved to a time that is still to come."), field="at")
    following = Contact(**{name: getattr(contact, name) for name in COPIED})
    following.basis_id = contact.id
    following.manager_id = contact.manager_id or user.id
    following.starts_at, following.ends_at = at, at + USUAL_LENGTH
    session.add(following)
    session.flush()
    return following


def cancel(session: Session, contact: Contact) -> None:
    """It will not take place."""
    _check_planned(contact)
    contact.state = ContactState.CANCELLED
    session.flush()


def _check_minutes(minutes: int) -> None:
    if not 1 <= minutes <= LONGEST:
        raise Refused(_("From 1 to %(most)s minutes.", most=LONGEST), field="minutes")


def _check_planned(contact: Contact) -> None:
    if contact.state is not ContactState.PLANNED:
        raise Refused(_("This contact is not planned any more."))
