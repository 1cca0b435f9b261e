"""Persons of a counterparty and the ways to reach it and them, kept together with it as one form has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain import phones, ways
from app.domain.words import InfoType
from app.errors import Refused
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.services.counterparties import contact_info

EXT = "доб."  # as app.domain.phones reads it, in any language


@dataclass(frozen=True)
class PersonDraft:
    """A person as typed; `reached` is what stands in each of his cells of ways, one to a part."""

    id: int | None
    names: Mapping[str, str]
    reached: Mapping[InfoType, Sequence[str]]


@dataclass(frozen=True)
class WayDraft:
    """A way to reach the counterparty itself, as typed."""

    id: int | None
    kind_id: int
    value: str
    comment: str


def kinds(session: Session) -> Sequence[ContactInfoKind]:
    """Kinds of contact information, in the order of lists."""
    return session.scalars(select(ContactInfoKind).order_by(ContactInfoKind.position, ContactInfoKind.id)).all()


def usual_kind(found: Iterable[ContactInfoKind], kind: InfoType) -> ContactInfoKind:
    """Of what kind a way is when only its type is known."""
    first = next((each for each in found if each.type is kind and each.for_persons), None)
    if first is None:
        raise Refused(_("There is no kind of contact information for this: an administrator adds it."), field="people")
    return first


def keep_people(
    session: Session, counterparty: Counterparty, drafts: Sequence[PersonDraft], shown: Iterable[int], *, deletes: bool
) -> None:
    """Add, change, and (of those that the form has shown) delete persons, as they are drafted."""
    persons = _persons(session, counterparty)
    there = [info for info in _ways(session, counterparty) if info.person_id is not None]
    known = kinds(session) if any(any(draft.reached.values()) for draft in drafts) else ()
    for draft in drafts:
        person = persons.get(draft.id or 0)
        if person is None:
            person = ContactPerson(counterparty=counterparty)
            session.add(person)
        for name, text in draft.names.items():
            if (getattr(person, name) or "") != text:
                setattr(person, name, text)
        mine = [info for info in there if info.person_id == person.id]
        _keep_ways(session, person, draft, mine, known)
    gone = {*shown} - {draft.id for draft in drafts}
    for number in gone & persons.keys():
        _may_go(deletes, "people")
        session.delete(persons[number])


def keep_own_ways(
    session: Session, counterparty: Counterparty, drafts: Sequence[WayDraft], shown: Iterable[int], *, deletes: bool
) -> None:
    """The same with the ways to reach the counterparty itself."""
    infos = {info.id: info for info in _ways(session, counterparty) if info.person_id is None}
    known = {kind.id: kind for kind in kinds(session)} if drafts else {}
    for draft in drafts:
        info = infos.get(draft.id or 0)
        if info is not None and (info.kind_id, text_of(info.value, info.extension), info.comment) == (
            draft.kind_id,
            draft.value,
            draft.comment,
        ):
            continue
        if info is None:
            info = ContactInfo(counterparty=counterparty, extension="")
            session.add(info)
        info.kind, info.comment = known[draft.kind_id], draft.comment
        _put(session, info, draft.value)
    gone = {*shown} - {draft.id for draft in drafts}
    for number in gone & infos.keys():
        _may_go(deletes, "ways")
        session.delete(infos[number])


def text_of(value: str, extension: str) -> str:
    """A way as it stands in a cell: the extension is written with the number, unless it is there."""
    is_written = not extension or phones.split(value)[1]
    return value if is_written else f"{value} {EXT} {extension}"


def _keep_ways(
    session: Session,
    person: ContactPerson,
    draft: PersonDraft,
    mine: Sequence[ContactInfo],
    known: Sequence[ContactInfoKind],
) -> None:
    """What stands in a cell is kept as it is; what was typed anew takes the place of what is not there any more."""
    for kind, typed in draft.reached.items():
        there = [info for info in mine if info.kind.type is kind]
        left = [info for info in there if text_of(info.value, info.extension) not in typed]
        texts = {text_of(info.value, info.extension) for info in there}
        for text in (text for text in typed if text not in texts):
            info = left.pop(0) if left else ContactInfo(person=person, kind=usual_kind(known, kind), extension="")
            session.add(info)
            _put(session, info, text)
        for info in left:
            session.delete(info)


def _put(session: Session, info: ContactInfo, text: str) -> None:
    info.value, info.extension = text, ""
    contact_info.complete(info)
    session.add_all(contact_info.divided(info))


def _may_go(deletes: bool, field: str) -> None:
    if not deletes:
        raise Refused(_("You may not delete what stood here."), field=field)


def _persons(session: Session, counterparty: Counterparty) -> dict[int, ContactPerson]:
    if counterparty.id is None:
        return {}
    found = select(ContactPerson).where(ContactPerson.counterparty_id == counterparty.id)
    return {person.id: person for person in session.scalars(found)}


def _ways(session: Session, counterparty: Counterparty) -> Sequence[ContactInfo]:
    if counterparty.id is None:
        return ()
    found = select(ContactInfo).where(ContactInfo.counterparty_id == counterparty.id)
    return session.scalars(found.options(joinedload(ContactInfo.kind))).all()


def unsound(kind: InfoType, text: str) -> str:
    """Why the text cannot be a way of this type; "" when it can."""
    found = ways.several(kind, text)
    if kind is InfoType.EMAIL and not all(each.sound for each in found):
        return str(_("This is not an e-mail address: %(text)s", text=text[:60]))
    if kind is InfoType.PHONE and not all(each.phone for each in found):
        return str(_("This is not a phone number: %(text)s", text=text[:60]))
    return ""
