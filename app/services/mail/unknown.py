"""Whoever writes and is not in the base: he is registered, found to be somebody, or ignored."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.letters.answers import parted
from app.domain.words import ContactKind, ContactState, Direction, InfoType, PartyRole
from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.letters import IgnoredSender, Letter
from app.models.users import User
from app.services.counterparties import contact_info, people
from app.services.mail import linking
from app.services.mail.letter_contacts import LONGEST_TEXT


def inquiry_of(session: Session, letter: Letter, *, user: User) -> Contact:
    """The letter as a contact with a prospect, from which he is registered with everything that came of his address."""
    _check_unknown(letter)
    if letter.contact is not None:
        return letter.contact
    sender = next(party for party in letter.parties if party.role is PartyRole.FROM)
    contact = Contact(
        prospect=(sender.name or sender.address)[:200],
        prospect_person=sender.name[:200],
        prospect_email=sender.address[:200],
        manager_id=user.id,
        kind=ContactKind.EMAIL,
        direction=Direction.IN,
        state=ContactState.DONE,
        subject=letter.subject[:200],
        text=parted(letter.text).own[:LONGEST_TEXT],
        starts_at=letter.at,
        ends_at=letter.at,
    )
    session.add(contact)
    session.flush()
    letter.contact_id = contact.id
    session.flush()
    return contact


def belongs_to(session: Session, letter: Letter, client: Counterparty, person: ContactPerson | None = None) -> int:
    """The sender is of this client: his address is kept there, his letters are the client's; returns how many."""
    _check_unknown(letter)
    kind = people.usual_kind(people.kinds(session), InfoType.EMAIL)
    info = ContactInfo(counterparty=client, person=person, kind=kind, value=letter.sender, extension="")
    contact_info.complete(info)
    session.add(info)
    return linking.link(session, {letter.sender})


def ignore(session: Session, letter: Letter) -> None:
    """Nobody wants to see letters of this address among the unknown ones."""
    _check_unknown(letter)
    session.execute(insert(IgnoredSender).values(address=letter.sender).on_conflict_do_nothing())
    theirs = update(Letter).where(func.lower(Letter.sender) == letter.sender.lower(), Letter.pending_from.is_not(None))
    session.execute(theirs.values(pending_from=None).execution_options(unscoped=True))


def stop_ignoring(session: Session, ignored: IgnoredSender, *, now: datetime) -> None:
    """His latest letter waits again."""
    latest = select(Letter).where(func.lower(Letter.sender) == ignored.address.lower()).order_by(Letter.at.desc())
    session.delete(ignored)
    letter = session.scalar(latest.limit(1))
    if letter is not None:
        letter.pending_from = now.date()
    session.flush()


def _check_unknown(letter: Letter) -> None:
    if not letter.sender:
        raise Refused(_("The letter does not say who sent it."))
    if any(party.counterparty_id for party in letter.parties if party.role is PartyRole.FROM):
        raise Refused(_("Its sender is known already."))
