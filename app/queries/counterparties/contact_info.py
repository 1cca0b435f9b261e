"""What is known and what is missing of how to reach counterparties and their persons.

Nothing here is counted beside every row by a window: what only a page needs is looked up for its rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.queries.counterparties.completeness import can_be_right, suits

Conditions = Sequence[ColumnElement[bool]]
NOBODY = 0  # a number that no person has


class Filling(StrEnum):
    """Of a kind of contact information and its owner."""

    FILLED = "filled"
    WRONG = "wrong"  # there is something that cannot be a phone or an address
    MISSING = "missing"


def ways_and_gaps(of: str, whose: Conditions, which: Conditions) -> Select[Any]:
    """Of every owner and every kind that suits him what is filled, a row a value, and one row where nothing is.

    `of` is `counterparties`, `persons` or `all`; `whose` narrows the owners, `which` the kinds. `filled` and
    `possible` stand once a pair, so that they are added up; a value that cannot be one (`state`) fills nothing.
    `owner_filled` and `owner_possible` are the owner's sums.
    """
    owner, info, kind, right = _owners(of, whose), ContactInfo, ContactInfoKind, can_be_right()
    other = aliased(ContactInfo)
    other_right = can_be_right(other)
    is_repeated = exists(
        select(other.id)
        .where(
            *(_belongs(other, owner), other.kind_id == kind.id),
            or_(and_(other_right, ~right), and_(other_right == right, other.id < info.id)),
        )
        .correlate(owner, kind, info)
    )
    state = case((info.id.is_(None), Filling.MISSING.value), (right, Filling.FILLED.value), else_=Filling.WRONG.value)
    return (
        select(
            func.concat(owner.c.owner, "-", kind.id, "-", info.id).label("id"),
            *(owner.c.counterparty_id, owner.c.person_id, owner.c.person),
            *(kind.name.label("kind"), cast(kind.type, String).label("type"), kind.position),
            *(info.value, info.comment, state.label("state")),
            case((info.id.is_(None), 0), (~right, 0), (is_repeated, 0), else_=1).label("filled"),
            case((info.id.is_(None), 1), (is_repeated, 0), else_=1).label("possible"),
            _filled_of(owner, which).label("owner_filled"),
            _possible_of(owner, which).label("owner_possible"),
        )
        .select_from(owner)
        .join(kind, suits(owner.c))
        .outerjoin(info, and_(_belongs(info, owner), info.kind_id == kind.id))
        .where(*which)
    )


def owners_filled(of: str, whose: Conditions, which: Conditions, state: Filling | None) -> Select[Any]:
    """A row an owner, or whoever has something in that state: `filled`, `possible`, and the names of the kinds that
    are `missing` and of those that are `wrong`.
    """
    owner, info, kind, right = _owners(of, whose), ContactInfo, ContactInfoKind, can_be_right()
    known = (
        select(info.counterparty_id, info.person_id, func.count(info.kind_id.distinct()).label("filled"))
        .join(info.kind)
        .where(right, suits(info), *which)
        .group_by(info.counterparty_id, info.person_id)
        .subquery("known")
    )
    written = select(info.id).where(_belongs(info, owner), info.kind_id == kind.id).correlate(owner, kind)
    gap = ~exists(written)
    states = {
        Filling.FILLED: exists(written.where(right)),
        Filling.WRONG: exists(written.where(~right)),
        Filling.MISSING: gap,
    }

    def names(*conditions: ColumnElement[bool]) -> Any:
        listed = func.string_agg(kind.name, aggregate_order_by(literal(", "), kind.position, kind.id))
        return select(listed).where(suits(owner.c), *which, *conditions).correlate(owner).scalar_subquery()

    possible = _possible_of(owner, which)
    found = (
        select(
            owner.c.owner.label("id"),
            *(owner.c.counterparty_id, owner.c.person_id, owner.c.person),
            func.coalesce(known.c.filled, 0).label("filled"),
            possible.label("possible"),
            names(gap).label(Filling.MISSING.value),
            names(states[Filling.WRONG], ~states[Filling.FILLED]).label(Filling.WRONG.value),
        )
        .select_from(owner)
        .outerjoin(known, _belongs(known.c, owner))
        .where(possible > 0)
    )
    if state:
        found = found.where(exists(select(kind.id).where(suits(owner.c), *which, states[state]).correlate(owner)))
    return found


def _owners(of: str, conditions: Conditions) -> Any:
    """Counterparties and persons have numbers of their own: `owner` tells them apart."""
    person = ContactPerson
    name = func.concat_ws(
        " ", person.last_name, func.nullif(person.first_name, ""), func.nullif(person.middle_name, "")
    )
    counterparties = select(
        func.concat("c", Counterparty.id).label("owner"),
        Counterparty.id.label("counterparty_id"),
        cast(null(), Integer).label("person_id"),
        cast(null(), String).label("person"),
    ).where(*conditions)
    persons = (
        select(
            func.concat("p", person.id).label("owner"),
            *(person.counterparty_id, person.id.label("person_id"), name.label("person")),
        )
        .join(Counterparty, Counterparty.id == person.counterparty_id)
        .where(*conditions)
    )
    one = {"counterparties": counterparties, "persons": persons}.get(of)
    return (union_all(counterparties, persons) if one is None else one).subquery("owners")


def _belongs(info: Any, owner: Any) -> ColumnElement[bool]:
    """Equal, not "not distinct", of which the planner expects one row in the whole table."""
    person, his = (func.coalesce(row.person_id, NOBODY) for row in (info, owner.c))
    return and_(info.counterparty_id == owner.c.counterparty_id, person == his)


def _filled_of(owner: Any, which: Conditions) -> Any:
    return (
        select(func.count(ContactInfoKind.id.distinct()))
        .select_from(ContactInfo)
        .join(ContactInfo.kind)
        .where(_belongs(ContactInfo, owner), suits(owner.c), can_be_right(), *which)
        .correlate(owner)
        .scalar_subquery()
    )


def _possible_of(owner: Any, which: Conditions) -> Any:
    kinds = select(func.count()).select_from(ContactInfoKind).where(suits(owner.c), *which)
    return kinds.correlate(owner).scalar_subquery()
