"""What is known and what is missing of how to reach counterparties and their persons."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, case, cast, func, null, select, true, union_all

from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.queries.counterparties.completeness import can_be_right


class Filling(StrEnum):
    """Of a kind of contact information and its owner."""

    FILLED = "filled"
    WRONG = "wrong"  # there is something that cannot be a phone or an address
    MISSING = "missing"


def ways_and_gaps(of: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Of every owner and every kind that suits him what is filled, a row a value, and one row where nothing is.

    `of` is `counterparties`, `persons` or `all`. `filled` and `possible` stand once a pair, so that they are added
    up; a value that cannot be one (`state`) fills nothing. `owner_filled` and `owner_possible` are his sums.
    """
    parts = {"counterparties": [_of_counterparties], "persons": [_of_persons]}
    made = parts.get(of) or [_of_counterparties, _of_persons]
    pairs = union_all(*(part(conditions) for part in made)).subquery("pairs").c
    first = pairs.place == 1
    counted = select(
        *pairs,
        case((and_(first, pairs.state == Filling.FILLED), 1), else_=0).label("filled"),
        case((first, 1), else_=0).label("possible"),
    ).subquery("counted")
    row = counted.c
    return select(
        *row,
        *(func.sum(row[name]).over(partition_by=row.owner).label(f"owner_{name}") for name in ("filled", "possible")),
    )


def _of_counterparties(conditions: Any) -> Select[Any]:
    owner, nobody = Counterparty.id, cast(null(), Integer)
    mine = and_(ContactInfo.counterparty_id == owner, ContactInfo.person_id.is_(None))
    rows = _pairs("c", owner, nobody.label("person_id"), cast(null(), String).label("person"))
    return (
        rows.select_from(Counterparty)
        .join(ContactInfoKind, true())
        .outerjoin(ContactInfo, and_(mine, ContactInfo.kind_id == ContactInfoKind.id))
        .where(ContactInfoKind.for_counterparties, *conditions)
    )


def _of_persons(conditions: Any) -> Select[Any]:
    person = ContactPerson
    name = func.concat_ws(
        " ", person.last_name, func.nullif(person.first_name, ""), func.nullif(person.middle_name, "")
    )
    rows = _pairs("p", person.id, person.id.label("person_id"), name.label("person"))
    return (
        rows.select_from(ContactPerson)
        .join(Counterparty, Counterparty.id == person.counterparty_id)
        .join(ContactInfoKind, true())
        .outerjoin(ContactInfo, and_(ContactInfo.person_id == person.id, ContactInfo.kind_id == ContactInfoKind.id))
        .where(ContactInfoKind.for_persons, *conditions)
    )


def _pairs(mark: str, owner: Any, *person: Any) -> Select[Any]:
    right = can_be_right()
    state = case(
        (ContactInfo.id.is_(None), Filling.MISSING.value), (right, Filling.FILLED.value), else_=Filling.WRONG.value
    )
    best_first = func.row_number().over(
        partition_by=(owner, ContactInfoKind.id), order_by=(right.desc().nulls_last(), ContactInfo.id)
    )
    return select(
        func.concat(mark, owner).label("owner"),
        func.concat(mark, owner, "-", ContactInfoKind.id, "-", ContactInfo.id).label("id"),
        Counterparty.id.label("counterparty_id"),
        *person,
        ContactInfoKind.id.label("kind_id"),
        ContactInfoKind.name.label("kind"),
        cast(ContactInfoKind.type, String).label("type"),
        ContactInfoKind.position,
        ContactInfo.value,
        ContactInfo.phone,
        ContactInfo.extension,
        ContactInfo.comment,
        state.label("state"),
        best_first.label("place"),
    )
