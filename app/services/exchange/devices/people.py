"""The address book: contact persons and counterparties that the user sees, as vCards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, String, Text, cast, exists, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.domain.formats.people import write_person
from app.domain.words import CounterpartyKind, DeviceSubject
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.services.exchange.devices.books import Key, KnownItem, WrittenItem
from app.services.exchange.people import cards

MOST = 10_000  # persons, and as many counterparties: more than a telephone can bear; his own come first
WAY, KIND = ContactInfo.__table__, ContactInfoKind.__table__
OWNER, PERSON = Counterparty.__table__, ContactPerson.__table__


@dataclass(frozen=True)
class PeopleSource:
    user_id: int
    persons: bool  # whether he may read them
    counterparties: bool
    ending = "vcf"

    def seen(self) -> Select[Any]:
        persons = (
            select(
                literal(DeviceSubject.PERSON.value, String).label("subject"),
                ContactPerson.id.label("row_id"),
                _stamp(ContactPerson.changed_at, OWNER.c.name, _ways(WAY.c.person_id == ContactPerson.id)),
            )
            .join(OWNER, OWNER.c.id == ContactPerson.counterparty_id)
            .where(literal(self.persons))
            .order_by(_last(OWNER.c.manager_id, self.user_id), ContactPerson.id.desc())
            .limit(MOST)
            .subquery()
        )
        own = (WAY.c.counterparty_id == Counterparty.id) & WAY.c.person_id.is_(None)
        companies = (
            select(
                literal(DeviceSubject.COUNTERPARTY.value, String).label("subject"),
                Counterparty.id.label("row_id"),
                _stamp(Counterparty.changed_at, _ways(own)),
            )
            .where(literal(self.counterparties), ~_himself())
            .order_by(_last(Counterparty.manager_id, self.user_id), Counterparty.id.desc())
            .limit(MOST)
            .subquery()
        )
        both = union_all(select(persons), select(companies)).subquery()
        return select(both)

    def write(self, session: Session, rows: dict[Key, KnownItem]) -> Iterator[tuple[Key, WrittenItem]]:
        for subject, read in ((DeviceSubject.PERSON, cards.persons), (DeviceSubject.COUNTERPARTY, cards.clients)):
            ids = [row_id for of, row_id in rows if of is subject]
            for person in read(session, ids=ids) if ids else ():
                key = (subject, person.id)
                known = rows[key]
                entry = replace(person, kept=known.kept) if subject is DeviceSubject.COUNTERPARTY else person
                name = " ".join(filter(None, entry.names)) or entry.organisation
                yield key, WrittenItem(write_person(entry, known.uid).decode(), name)


def _stamp(*parts: Any) -> Any:
    return func.md5(func.concat_ws("\x1f", *(cast(part, Text) for part in parts))).label("stamp")


def _ways(whose: Any) -> Any:
    """All that is told of how somebody is reached, in one text; whoever sees him sees it."""
    told = func.concat_ws("\x1f", WAY.c.value, WAY.c.extension, WAY.c.comment, KIND.c.name, KIND.c.type)
    in_order = aggregate_order_by(literal("\x1e", Text), KIND.c.position, WAY.c.id)
    ways = select(func.string_agg(told, in_order)).select_from(WAY.join(KIND, KIND.c.id == WAY.c.kind_id))
    return ways.where(whose).scalar_subquery()


def _himself() -> Any:
    """A client who is a person, and stands in the book as that."""
    named = PERSON.c.last_name + " " + PERSON.c.first_name + " " + PERSON.c.middle_name
    same = (PERSON.c.counterparty_id == Counterparty.id) & (func.btrim(named) == Counterparty.name)
    return (Counterparty.kind == CounterpartyKind.PERSON) & exists().select_from(PERSON).where(same)


def _last(manager_id: Any, user_id: int) -> Any:
    """Sorts what belongs to others' clients after his own."""
    return manager_id.is_distinct_from(user_id)
