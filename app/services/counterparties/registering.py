"""A prospect becomes a client: who he is comes from his contacts, and all of them become the client's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain import phones
from app.domain.likeness import email_key, phone_key
from app.domain.text import fold
from app.domain.ways import parts_of
from app.domain.words import InfoType, Road
from app.errors import Refused
from app.models import authorship
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.deals import ExpectedDeal
from app.models.visibility import viewer_of
from app.queries.counterparties.phones import of_same_prospect
from app.queries.sql import one_of
from app.services import duplicates
from app.services.contacts import contacts
from app.services.counterparties import contact_info, counterparties, people

NAMES = ("last_name", "first_name", "middle_name")
LONGEST_NAME = 100
WAYS = {InfoType.PHONE: "prospect_phone", InfoType.EMAIL: "prospect_email"}


@dataclass(frozen=True)
class Alike:
    """A client, or a person of one, that the prospect resembles; `row` is its model and number where it may be seen."""

    row: tuple[type, int] | None
    why: list[str]

    @property
    def answer(self) -> str:
        """How it is named when it is chosen."""
        if self.row is None:
            return ""
        return f"{'person' if self.row[0] is ContactPerson else 'client'}:{self.row[1]}"


def alike(session: Session, contact: Contact) -> list[Alike]:
    """Whom the prospect may be already; of clients that the viewer does not see he is only told."""
    typed = {what: getattr(contact, column) for what, column in contacts.PROSPECT.items()}
    found: dict[Any, Alike] = {}
    for remark in duplicates.alike(session, **typed):
        one = found.setdefault(remark.row or remark.text, Alike(remark.row, []))
        one.why.append(remark.text)
    return list(found.values())


def register(
    session: Session,
    contact: Contact,
    *,
    today: date,
    to: Counterparty | None = None,
    person: ContactPerson | None = None,
) -> Counterparty:
    """The client that the prospect of the contact became, with every contact of his number or address.

    `to` (and its `person`): he was one already. Refused when he is registered, or others talk with him whose contacts
    the viewer does not see: all of them go, or none.
    """
    rows = _locked(session, contact)
    authorship.by(session, Road.REGISTERING)
    authorship.sign(session)
    client = to or _new_client(session, contact, today)
    person = person or _person(session, client, contact)
    for kind, column in WAYS.items():
        for part in parts_of(getattr(contact, column)):
            _reach(session, client, person, kind, part)
    for row in rows:
        row.counterparty = client
        if fold(row.prospect_person) in {"", fold(contact.prospect_person)}:
            row.person = person
    _take_deals(session, client, rows)
    session.flush()
    session.refresh(client)  # a done incoming contact has told its source already
    source = contact.source_id or next((row.source_id for row in rows if row.source_id), None)
    client.source_id = client.source_id or source
    session.flush()
    return client


def _locked(session: Session, contact: Contact) -> Sequence[Contact]:
    """The contacts of the prospect, the oldest first; nobody else registers them meanwhile."""
    query = of_same_prospect(contact)
    whole = query.with_for_update().execution_options(unscoped=True, populate_existing=True)
    rows = session.scalars(whole).all()
    if contact not in rows:
        session.refresh(contact)
        who = contact.counterparty or contact.counterparty_name
        raise Refused(_("This prospect is registered already: %(who)s.", who=who))
    seen = {row.id for row in session.scalars(query)}
    others = {str(row.manager or "—") for row in rows if row.id not in seen}
    if others:
        told = _("Others talk with this prospect too: %(names)s. Agree with them, or ask your head to register him.")
        raise Refused(told % {"names": ", ".join(sorted(others))})
    return sorted(rows, key=lambda row: (row.starts_at, row.id))


def _new_client(session: Session, contact: Contact, today: date) -> Counterparty:
    viewer = viewer_of(session)
    manager_id = contact.manager_id or (viewer.user_id if viewer else None)
    client = Counterparty(name=contact.prospect, manager_id=manager_id, registered_on=today)
    counterparties.complete(session, client)
    session.add(client)
    session.flush()
    return client


def _person(session: Session, client: Counterparty, contact: Contact) -> ContactPerson | None:
    """Whoever spoke for the prospect: known by his name, or new; None where nobody was named."""
    words = contact.prospect_person.split(maxsplit=2)
    if not words:
        return None
    known = select(ContactPerson).where(ContactPerson.counterparty_id == client.id)
    for person in session.scalars(known):
        if fold(person.name) == fold(contact.prospect_person):
            return person
    names = {name: word[:LONGEST_NAME] for name, word in zip(NAMES, words, strict=False)}
    person = ContactPerson(counterparty=client, **names)
    session.add(person)
    session.flush()
    return person


def _reach(session: Session, client: Counterparty, person: ContactPerson | None, kind: InfoType, text: str) -> None:
    """Keep the way at the person, else at the client, unless it is there."""
    known = select(ContactInfo).where(ContactInfo.counterparty_id == client.id).options(joinedload(ContactInfo.kind))
    if any(info.kind.type is kind and _key(kind, info.value) == _key(kind, text) for info in session.scalars(known)):
        return
    usual = people.usual_kind(people.kinds(session), kind)
    info = ContactInfo(counterparty=client, person=person, kind=usual, value=text, extension="")
    contact_info.complete(info)
    session.add_all([info, *contact_info.divided(info)])
    session.flush()


def _key(kind: InfoType, text: str) -> str:
    return email_key(text) if kind is InfoType.EMAIL else phone_key(phones.search_tail(text)) or text


def _take_deals(session: Session, client: Counterparty, rows: Sequence[Contact]) -> None:
    """What was hoped of the prospect is hoped of the client."""
    theirs = or_(ExpectedDeal.counterparty_id.is_(None), ExpectedDeal.counterparty_id == client.id)
    deals = select(ExpectedDeal).where(one_of(ExpectedDeal.contact_id, [row.id for row in rows]), theirs)
    for deal in session.scalars(deals.execution_options(unscoped=True)):
        deal.counterparty = client
