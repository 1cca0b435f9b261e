"""Whoever writes and is not in the base: he is registered, found to be somebody, or ignored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.letters.addresses import spellings
from app.domain.words import InfoType, PartyRole
from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.letters import IgnoredSender, Letter
from app.models.users import User
from app.services.counterparties import contact_info, people
from app.services.mail.letter_contacts import contact_of


def inquiry_of(session: Session, letter: Letter, *, user: User) -> Contact:
    """The letter as a contact with a prospect, from which he is registered with everything that came of his address."""
    _check_unknown(letter)
    if letter.contact is not None:
        return letter.contact
    sender = next(party for party in letter.parties if party.role is PartyRole.FROM)
    contact = contact_of(
        session,
        letter,
        prospect=(sender.name or sender.address)[:200],
        prospect_person=sender.name[:200],
        prospect_email=sender.address[:200],
        manager_id=user.id,
    )
    session.flush()
    return contact


def belongs_to(session: Session, letter: Letter, client: Counterparty, person: ContactPerson | None) -> None:
    """The sender is of this client: his address is kept there, and so are all his letters."""
    _check_unknown(letter)
    kind = people.usual_kind(people.kinds(session), InfoType.EMAIL)
    info = ContactInfo(counterparty=client, person=person, kind=kind, value=letter.sender, extension="")
    contact_info.complete(info)
    session.add(info)
    session.flush()


def ignore(session: Session, letter: Letter) -> None:
    """Nobody of its mailbox wants to see letters of this address among the unknown ones."""
    _check_unknown(letter)
    row = {"mailbox_id": letter.mailbox_id, "address": letter.sender}
    session.execute(insert(IgnoredSender).values(row).on_conflict_do_nothing())
    theirs = update(Letter).where(_of(letter.mailbox_id, letter.sender), Letter.pending_from.is_not(None))
    session.execute(theirs.values(pending_from=None).execution_options(synchronize_session=False))


def stop_ignoring(session: Session, ignored: IgnoredSender, *, today: date) -> None:
    """His latest letter waits again."""
    letter = session.scalar(
        select(Letter).where(_of(ignored.mailbox_id, ignored.address)).order_by(Letter.at.desc(), Letter.id.desc())
    )
    session.delete(ignored)
    if letter is not None:
        letter.pending_from = today
    session.flush()


def ignored_of(session: Session, mailbox_id: int, addresses: Collection[str]) -> set[str]:
    """Those of the addresses that the mailbox ignores."""
    address = func.lower(IgnoredSender.address)
    found = select(address).where(IgnoredSender.mailbox_id == mailbox_id, address.in_(addresses))
    return set(session.scalars(found))


def _of(mailbox_id: int | None, address: str) -> ColumnElement[bool]:
    return and_(Letter.mailbox_id == mailbox_id, func.lower(Letter.sender).in_(spellings(address)))


def _check_unknown(letter: Letter) -> None:
    if not letter.sender:
        raise Refused(_("The letter does not say who sent it."))
    if any(party.counterparty_id for party in letter.parties if party.role is PartyRole.FROM):
        raise Refused(_("Its sender is known already."))
