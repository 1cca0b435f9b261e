"""What the card of a counterparty says beside its facts and its feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.domain.ways import KnownWay
from app.models.visibility import viewer_of
from app.queries.counterparties import card as queries
from app.services.classification.rhythm import RhythmInWords, rhythm_in_words
from app.services.classification.why import History, history_from


@dataclass(frozen=True)
class Person:
    """A contact person: `spoken` is when he was last spoken to."""

    id: int
    version: int
    names: tuple[str, str, str]
    position: str
    spoken: datetime | None
    ways: Sequence[KnownWay]

    @property
    def name(self) -> str:
        return " ".join(part for part in self.names if part)

    @property
    def call(self) -> KnownWay | None:
        return first(self.ways, "tel:")


@dataclass(frozen=True)
class OpenOrder:
    """An order with something still to come: per cent of it done, and the next day that is awaited."""

    id: int
    number: str
    due: Decimal
    shipped: int | None
    paid: int
    ship_on: date | None
    pay_by: date | None


@dataclass(frozen=True)
class NearContact:
    id: int
    version: int
    at: datetime
    subject: str
    kind: str
    manager: str


@dataclass(frozen=True)
class OpenTask:
    id: int
    version: int
    due_on: date
    text: str
    executor: str


@dataclass(frozen=True)
class Summary:
    """`balance` and `rhythm` are None where they are not asked for."""

    people: Sequence[Person]
    ways: Sequence[KnownWay]
    ahead: Sequence[NearContact] = ()
    last: NearContact | None = None
    tasks: Sequence[OpenTask] = ()
    orders: Sequence[OpenOrder] = ()
    supplies: Sequence[OpenOrder] = ()
    balance: Any = None
    history: History | None = None
    rhythm: RhythmInWords | None = None
    expected: date | None = field(default=None)
    noted: bool = False  # that the reader has opened the card, a moment ago

    @property
    def main(self) -> Person | None:
        """Whom to speak to: of those who can be called, the one spoken to last."""
        return next((person for person in self.people if person.call), None) or next(iter(self.people), None)

    @property
    def call(self) -> KnownWay | None:
        """The number to call: of the main person, or of the counterparty itself."""
        return (self.main.call if self.main else None) or first(self.ways, "tel:")

    @property
    def letter(self) -> KnownWay | None:
        """The address to write to."""
        found = (first(person.ways, "mailto:") for person in ([self.main] if self.main else []))
        return next(found, None) or first(self.ways, "mailto:")


def first(found: Iterable[KnownWay], scheme: str) -> KnownWay | None:
    return next((way for way in found if way.url.startswith(scheme)), None)


def summary(session: Session, counterparty_id: int, parts: frozenset[str], today: date) -> Summary:
    """In one statement; `parts` as in app.queries.counterparties.card."""
    query = queries.summary(viewer_of(session), today, parts)
    row = session.execute(query, {"owner": counterparty_id}).one()
    classed = "classes" in parts
    return Summary(
        people=persons_of(row.people),
        ways=ways_of(row.ways),
        ahead=contacts_of(row.ahead),
        last=next(iter(contacts_of(row.last)), None),
        tasks=[OpenTask(**{**task, "due_on": date.fromisoformat(task["due_on"])}) for task in row.tasks or ()],
        orders=orders_of(row.orders),
        supplies=orders_of(row.supplies),
        balance=row if "debt" in parts else None,
        history=history_from(row.history, today) if classed else None,
        rhythm=rhythm_in_words(row, today) if classed else None,
        expected=row.expected if classed else None,
        noted=row.noted,
    )


def people_of(session: Session, counterparty_id: int) -> tuple[list[Person], list[KnownWay]]:
    """Its persons with their ways, and its own ways, in one statement."""
    row = session.execute(queries.people(), {"owner": counterparty_id}).one()
    return persons_of(row.people), ways_of(row.ways)


def ways_of_person(session: Session, person_id: int) -> list[KnownWay]:
    return ways_of(session.scalar(queries.person_ways(), {"owner": person_id}))


def persons_of(rows: Sequence[Mapping[str, Any]] | None) -> list[Person]:
    return [
        Person(
            id=row["id"],
            version=row["version"],
            names=(row["last_name"], row["first_name"], row["middle_name"]),
            position=row["position"],
            spoken=row["spoken"] and datetime.fromisoformat(row["spoken"]),
            ways=ways_of(row["ways"]),
        )
        for row in rows or ()
    ]


def ways_of(rows: Sequence[Mapping[str, Any]] | None) -> list[KnownWay]:
    return [KnownWay(**row) for row in rows or ()]


def contacts_of(rows: Sequence[Mapping[str, Any]] | None) -> list[NearContact]:
    return [
        NearContact(
            row["id"],
            row["version"],
            datetime.fromisoformat(row["starts_at"]),
            row["subject"],
            row["kind"],
            row["manager"] or "",
        )
        for row in rows or ()
    ]


def orders_of(rows: Sequence[Mapping[str, Any]] | None) -> list[OpenOrder]:
    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    return [
        OpenOrder(
            id=row["id"],
            number=row["number"],
            due=Decimal(row["due"]),
            shipped=row.get("shipped"),
            paid=row["paid"],
            ship_on=day(row["ship_on"]),
            pay_by=day(row["pay_by"]),
        )
        for row in rows or ()
    ]
