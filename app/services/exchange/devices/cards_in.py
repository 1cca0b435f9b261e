"""A card that came from a device: what it says of a person or a counterparty is done as a form would do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, inspect, literal, select
from sqlalchemy.orm import Session, joinedload

from app.domain import phones
from app.domain.formats import people as book
from app.domain.formats.people import FAX, HOME, NAMES, OF_COLUMN, key_of
from app.domain.formats.vcard import VCard, read_cards
from app.domain.letters.addresses import spellings
from app.domain.viewer import Sees
from app.domain.words import CounterpartyKind, DeviceSubject, InfoType
from app.errors import Refused
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.visibility import viewer_of
from app.services.counterparties import contact_info, counterparties
from app.services.counterparties.people import kinds, usual_kind
from app.services.exchange.devices.books import Key
from app.services.exchange.people.tables import FACSIMILE, MOBILE
from app.services.exchange.tables import BY_NAME

USUAL_DAYS = 3  # before a birthday
CALLED = {"phone_cell": MOBILE, "phone_fax": FACSIMILE}
REMARKS = {"phone_home": HOME, "email_home": HOME, "address_home": HOME, "phone_fax": FAX}


@dataclass(frozen=True)
class CardRights:
    """What the user may do with the rows that cards speak of."""

    persons: bool
    counterparties: bool
    deletes: bool  # what a card says no more of how somebody is reached


def take_card(session: Session, key: Key | None, text: str, rights: CardRights, *, today: date) -> tuple[Key, str]:
    """Make the row equal to the card, or a new one of it; gives the row, and what the product has no place for."""
    card = next(read_cards(text.encode()), None)
    if card is None or not card.lines:
        raise Refused(_("The card is not clear."))
    lines = "\n".join(line.written() for line in card.lines)
    subject = key[0] if key else DeviceSubject.COUNTERPARTY if book.is_company(card) else DeviceSubject.PERSON
    if not (rights.persons if subject is DeviceSubject.PERSON else rights.counterparties):
        raise Refused(_("Your role does not allow this. Ask the administrator for the right."))
    owner: ContactPerson | Counterparty
    if subject is DeviceSubject.PERSON:
        owner = _person(session, key, card, rights, today)
        _say(owner, card=lines)
    else:
        owner = _company(session, key, card, today)
    session.flush()
    _take_ways(session, owner, card, deletes=rights.deletes)
    session.flush()
    return (subject, owner.id), lines if subject is DeviceSubject.COUNTERPARTY else ""


def _person(session: Session, key: Key | None, card: VCard, rights: CardRights, today: date) -> ContactPerson:
    names = book.names_of(card)
    if not names[0]:
        raise Refused(_("The card has no name."))
    person = session.get(ContactPerson, key[1]) if key else None
    if person is None:
        client = _client_of(session, card, names, rights, today)
        person = ContactPerson(counterparty=client, birthday_days=USUAL_DAYS)
        session.add(person)
    birthday = book.birthday_of(card)
    _say(
        person,
        **dict(zip(NAMES, names, strict=True)),
        position=book.words_of(card.first("TITLE")),
        role=book.words_of(card.first("ROLE")),
        birthday=date.fromisoformat(birthday) if birthday else None,
        comment=book.note_of(card),
    )
    return person


def _company(session: Session, key: Key | None, card: VCard, today: date) -> Counterparty:
    name = book.organisation_of(card) or book.words_of(card.first("FN"))
    if not name:
        raise Refused(_("The card has no name."))
    client = session.get(Counterparty, key[1]) if key else None
    if client is None:
        client = _new_client(session, name, CounterpartyKind.COMPANY, today)
    _say(client, name=name, comment=book.note_of(card))
    return client


def _client_of(session: Session, card: VCard, names: Sequence[str], rights: CardRights, today: date) -> Counterparty:
    """Whose person it is: of the organisation that it names, of whom its phone or e-mail belongs to, else his own."""
    organisation = book.organisation_of(card)
    if organisation:
        for naming in BY_NAME:
            is_called = naming.known == naming.folded(literal(organisation))
            found = session.scalars(select(Counterparty).where(is_called).limit(2)).all()
            if len(found) == 1:
                return found[0]
            if found:
                raise Refused(_("Several counterparties are called so: %(name)s.", name=organisation))
    else:
        known = {info.counterparty_id: info.counterparty for info in _same_ways(session, card)}
        if len(known) == 1:
            return next(iter(known.values()))
    if not rights.counterparties:
        raise Refused(_("There is no such counterparty, and you may not make one: %(name)s.", name=organisation))
    kind = CounterpartyKind.COMPANY if organisation else CounterpartyKind.PERSON
    return _new_client(session, organisation or " ".join(filter(None, names)), kind, today)


def _same_ways(session: Session, card: VCard) -> Iterable[ContactInfo]:
    said = [_typed(column, text) for column, text in _reached(card)]
    tails = [
        phone.tail for kind, text in said if kind is InfoType.PHONE and (phone := phones.parse(text)) and phone.tail
    ]
    emails = {each for kind, text in said if kind is InfoType.EMAIL for each in spellings(text)}
    query = select(ContactInfo).options(joinedload(ContactInfo.counterparty)).limit(100)
    for column, values in ((ContactInfo.phone_tail, tails), (func.lower(ContactInfo.value), emails)):
        if values:
            yield from session.scalars(query.where(column.in_(values)))


def _new_client(session: Session, name: str, kind: CounterpartyKind, today: date) -> Counterparty:
    """His own; of whoever sees suppliers alone it is a supplier."""
    viewer = viewer_of(session)
    client = Counterparty(kind=kind, registered_on=today, manager_id=viewer.user_id if viewer else None)
    if viewer and viewer.sees == {Sees.SUPPLIERS}:
        client.is_buyer, client.is_supplier = False, True
    _say(client, name=name)
    counterparties.complete(session, client)
    session.add(client)
    session.flush()
    return client


def _say(row: Any, **values: Any) -> None:
    """Write down what is other than before; refuse what the row has no room for."""
    columns = inspect(type(row)).columns
    for name, value in values.items():
        longest = getattr(columns[name].type, "length", None)
        if longest and value and len(value) > longest:
            raise Refused(
                _("Too long, more than %(most)s letters: %(text)s", most=longest, text=value[:60]), field=name
            )
        if getattr(row, name) != value:
            setattr(row, name, value)


def _reached(card: VCard) -> list[tuple[str, str]]:
    return [said for line in card.lines if (said := book.reached(line, card)) and said[1].strip()]


def _typed(column: str, text: str) -> tuple[InfoType, str]:
    return OF_COLUMN[column.partition("_")[0]], text


def _take_ways(session: Session, owner: ContactPerson | Counterparty, card: VCard, *, deletes: bool) -> None:
    """What the card says anew takes the place of what it says no more, of the same type."""
    of_person = isinstance(owner, ContactPerson)
    mine = ContactInfo.person_id == owner.id
    if not of_person:
        mine = (ContactInfo.counterparty_id == owner.id) & ContactInfo.person_id.is_(None)
    query = select(ContactInfo).where(mine).options(joinedload(ContactInfo.kind)).order_by(ContactInfo.id)
    there = [info for info in session.scalars(query) if info.kind.type in OF_COLUMN.values()]
    said = _reached(card)
    left = Counter(key_of(*_typed(*each)) for each in said)
    spare: list[ContactInfo] = []
    for info in there:
        key = key_of(info.kind.type, info.value)
        if left[key]:
            left[key] -= 1
        else:
            spare.append(info)
    known = _by_name(kinds(session), of_person)
    for column, text in said:
        kind, value = _typed(column, text)
        if not left[key_of(kind, value)]:
            continue
        left[key_of(kind, value)] -= 1
        taken = next((each for each in spare if each.kind.type is kind), None)
        if taken is None:
            of_kind = known.get(CALLED.get(column, "")) or usual_kind(known.values(), kind)
            taken = ContactInfo(kind=of_kind, extension="", comment=REMARKS.get(column, ""))
            setattr(taken, "person" if of_person else "counterparty", owner)
            session.add(taken)
        else:
            spare.remove(taken)
        _say(taken, value=value)
        taken.extension = ""
        contact_info.complete(taken)
        session.add_all(contact_info.divided(taken))
    if spare and not deletes:
        raise Refused(_("You may not delete what stood here."))
    for info in spare:
        session.delete(info)


def _by_name(rows: Iterable[ContactInfoKind], of_person: bool) -> Mapping[str, ContactInfoKind]:
    return {row.name: row for row in rows if (row.for_persons if of_person else row.for_counterparties)}
