"""Whom one may write to, and out of which mailboxes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from app.domain.letters.addresses import spellings
from app.domain.viewer import Viewer
from app.domain.words import InfoType
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.mailboxes import Mailbox, MailboxRight
from app.models.visibility import seen_by
from app.queries.search import counterparty_matches, email_begins, person_matches

MOST = 12
MOST_PERSONS = 100  # of one client, to choose from


def sends_from(user_id: int) -> ColumnElement[bool]:
    """Of mailboxes: his own, and the shared ones that he may send from."""
    named = Mailbox.rights.any(and_(MailboxRight.user_id == user_id, MailboxRight.sends))
    shared = and_(Mailbox.owner_id.is_(None), or_(Mailbox.everybody_sends, named))
    return or_(Mailbox.owner_id == user_id, shared)


def mailboxes_of(user_id: int) -> Select[Any]:
    """What he may send from: his own first, the company's last."""
    order = (Mailbox.owner_id.is_(None), Mailbox.is_company, Mailbox.address)
    return select(Mailbox).where(sends_from(user_id)).order_by(*order)


def written_to(text: str, viewer: Viewer | None) -> Select[str, ContactPerson, Counterparty]:
    """(address, person, counterparty) that the text means: a beginning of any of the three."""
    known = or_(email_begins(text), person_matches(text), counterparty_matches(text)) if text else None
    found = (
        select(ContactInfo.value, ContactPerson, Counterparty)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .join(Counterparty, Counterparty.id == ContactInfo.counterparty_id)
        .outerjoin(ContactPerson, ContactPerson.id == ContactInfo.person_id)
        .where(ContactInfoKind.type == InfoType.EMAIL, seen_by(viewer, ContactInfo))
        .order_by(Counterparty.name_sort, ContactInfo.id)
        .limit(MOST)
    )
    return found if known is None else found.where(known)


def addresses_of(counterparty_id: int, person_id: int | None) -> Select[str, ContactPerson]:
    """Addresses of the person, then those of the counterparty itself, then of its other persons."""
    first: Any = ContactInfo.person_id == person_id if person_id else ContactInfo.person_id.is_not(None)
    return (
        select(ContactInfo.value, ContactPerson)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .outerjoin(ContactPerson, ContactPerson.id == ContactInfo.person_id)
        .where(ContactInfo.counterparty_id == counterparty_id, ContactInfoKind.type == InfoType.EMAIL)
        .order_by(first.desc(), ContactInfo.person_id.is_not(None), ContactInfo.id)
    )


def persons_to_address(counterparty_id: int) -> Select[ContactPerson]:
    """Persons of the client, the main one first: whose contact information stands first."""
    first = (
        select(ContactInfoKind.position.label("place"), ContactInfo.id)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(ContactInfo.person_id == ContactPerson.id)
        .order_by(ContactInfoKind.position, ContactInfo.id)
        .limit(1)
        .correlate(ContactPerson)
        .lateral()
    )
    persons = select(ContactPerson).where(ContactPerson.counterparty_id == counterparty_id)
    ordered = persons.outerjoin(first, true()).order_by(first.c.place.nulls_last(), first.c.id, ContactPerson.id)
    return ordered.limit(MOST_PERSONS)


def persons_at(counterparty_id: int, addresses: Collection[str]) -> Select[ContactPerson]:
    """Persons of the client whose the addresses are."""
    theirs = select(ContactInfo.person_id).where(
        ContactInfo.counterparty_id == counterparty_id,
        func.lower(ContactInfo.value).in_([each for address in addresses for each in spellings(address)]),
    )
    return select(ContactPerson).where(ContactPerson.id.in_(theirs))
