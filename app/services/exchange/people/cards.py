"""People and clients as cards for telephones and mail programs; whoever writes them sees no more than he sees."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.domain.formats import outlook
from app.domain.formats.people import BookEntry, Reach, kept_lines, write_person
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty, CounterpartyName
from app.queries.sql import one_of
from app.services.exchange.fields import CONTACT_INFORMATION

BATCH = 1000  # people in memory


def persons(session: Session, lacking: Collection[str] = (), ids: Sequence[int] | None = None) -> Iterator[BookEntry]:
    """Contact persons, all that are seen or those of them."""
    person = ContactPerson
    query: Any = select(
        person.id,
        person.last_name,
        person.first_name,
        person.middle_name,
        CounterpartyName.name,
        person.position,
        person.role,
        person.birthday,
        person.comment,
        person.card,
    ).join(CounterpartyName, CounterpartyName.id == person.counterparty_id)
    for row, ways in _with_ways(session, query, person, ContactInfo.person_id, lacking, ids):
        names = (row.last_name, row.first_name, row.middle_name)
        # Who is a client himself has no organisation.
        organisation = "" if row.name == " ".join(filter(None, names)) else row.name
        yield BookEntry(
            names,
            organisation,
            row.position,
            row.role,
            row.birthday,
            row.comment,
            ways=ways,
            kept="" if lacking else row.card,
            id=row.id,
        )


def clients(session: Session, lacking: Collection[str] = (), ids: Sequence[int] | None = None) -> Iterator[BookEntry]:
    """Counterparties with their own phones and addresses."""
    query: Any = select(Counterparty.id, Counterparty.name, Counterparty.inn, Counterparty.comment)
    mine = ContactInfo.person_id.is_(None)
    for row, ways in _with_ways(session, query, Counterparty, ContactInfo.counterparty_id, lacking, ids, mine):
        yield BookEntry(("", "", ""), row.name, comment=row.comment, inn=row.inn, ways=ways, id=row.id)


def _with_ways(
    session: Session,
    query: Select[Any],
    model: Any,
    owner: Any,
    lacking: Collection[str],
    ids: Sequence[int] | None,
    *mine: ColumnElement[bool],
) -> Iterator[tuple[Any, tuple[Reach, ...]]]:
    query = query.order_by(model.id)
    if ids is not None:
        query = query.where(one_of(model.id, ids))
    for rows in session.execute(query, execution_options={"yield_per": BATCH}).partitions():
        found: dict[int, list[Reach]] = {}
        if CONTACT_INFORMATION not in lacking:
            info = ContactInfo
            ways = (
                select(owner, ContactInfoKind.type, info.value, info.extension, info.comment, ContactInfoKind.name)
                .join(ContactInfoKind, ContactInfoKind.id == info.kind_id)
                .where(one_of(owner, [row.id for row in rows]), *mine)
                .order_by(ContactInfoKind.position, info.id)
            )
            for whose, *way in session.execute(ways):
                found.setdefault(whose, []).append(Reach(*way))
        for row in rows:
            yield row, tuple(found.get(row.id, ()))


def vcard_blocks(people: Iterator[BookEntry]) -> Iterator[tuple[int, bytes]]:
    """A file of cards in blocks, each with the number of its cards."""
    for person in people:
        yield 1, write_person(person)


def outlook_blocks(people: Sequence[BookEntry], *, english: bool) -> Iterator[tuple[int, bytes]]:
    """The table of Outlook: one block, since all its letters choose the encoding."""
    kept = (line for person in people for line in kept_lines(person.kept) if line.name == outlook.OTHER)
    others = list(dict.fromkeys(dict(line.params).get(outlook.OF, "") for line in kept))
    rows = [outlook.row_of(person, others, english=english) for person in people]
    yield len(people) + 1, outlook.csv_bytes([outlook.header(others, english=english), *rows], english=english)
