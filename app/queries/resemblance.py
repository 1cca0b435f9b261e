"""Whom counterparties and persons that come in resemble: one likeness for forms, programs, files and calls.

What the signs mean is said by app.domain.likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.domain import phones
from app.domain.likeness import WHOLE, Likeness, email_key, phone_key
from app.domain.viewer import Viewer
from app.domain.words import InfoType
from app.models.base import NameKey
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.users import User
from app.models.visibility import seen_by
from app.queries.sql import literal_text, user_name

MOST = 5  # of each likeness
PHONE_KEY = func.left(ContactInfo.phone_tail, WHOLE)


@dataclass(frozen=True)
class Side:
    """Counterparties as they are compared: `ref, inn, kpp, name_key` of each, "" where nothing is said.

    `ways` are their phones and e-mail addresses: `ref, type, key, person_id`, with the keys of the domain.
    """

    parties: FromClause
    ways: FromClause | None = None


NOBODY = cast(null(), Integer)


def typed(
    *, inn: str = "", kpp: str = "", name: str = "", numbers: Sequence[str] = (), emails: Sequence[str] = ()
) -> Side:
    """A counterparty that is being typed; numbers that are not whole say nothing."""
    # Literal: what the planner chooses depends on how common a value is.
    key: Any = NameKey(literal_text(name)) if name else literal("")
    party = {"ref": literal(0), "inn": literal_text(inn), "kpp": literal_text(kpp), "name_key": key}
    keys = [(InfoType.PHONE, key) for number in numbers if (key := phone_key(phones.search_tail(number)))]
    keys += [(InfoType.EMAIL, email_key(email)) for email in emails]
    ways = [
        select(literal(0).label("ref"), literal_text(kind.value).label("type"), literal_text(key).label("key"))
        for kind, key in dict.fromkeys(keys)
    ]
    parties = select(*(value.label(name) for name, value in party.items())).subquery("party")
    return Side(parties, union_all(*ways).subquery("way") if ways else None)


def kept() -> Side:
    """All that the base knows."""
    party, info = Counterparty, ContactInfo
    key = party.name_key.label("name_key")
    parties = select(party.id.label("ref"), party.inn, party.kpp, key).subquery("known")
    whose = (info.counterparty_id.label("ref"), info.person_id)
    by_phone = select(*whose, literal_text(InfoType.PHONE.value).label("type"), PHONE_KEY.label("key"))
    by_email = select(*whose, literal_text(InfoType.EMAIL.value), func.lower(info.value))
    ways = union_all(by_phone.where(info.phone_tail != literal_text("")), by_email).subquery("known_way")
    return Side(parties, ways)


def same_inn(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.inn != literal_text(""), one.inn == other.inn)


def likeness_by_inn(one: Any, other: Any) -> ColumnElement[str]:
    """What one INN says, by the KPPs."""
    return case(
        (one.kpp == other.kpp, Likeness.TAXPAYER.value),
        (or_(one.kpp == "", other.kpp == ""), Likeness.INN.value),
        else_=Likeness.BRANCH.value,
    )


def same_name(one: Any, other: Any) -> ColumnElement[bool]:
    keys = one.name_key != literal_text(""), one.name_key == other.name_key
    return and_(*keys, or_(one.inn == "", other.inn == ""))


def alike(
    side: Side, known: Side, are_others: Callable[[Any, Any], ColumnElement[bool]], most: int | None = None
) -> Select[Any]:
    """`ref, likeness, other, person_id`: whom of the known each one resembles; at most so many by each sign.

    `are_others` says of two numbers that they may be compared: nobody is his own twin.
    """

    def pairs(one: FromClause, other: FromClause, likeness: Any, person: Any, same: ColumnElement[bool]) -> Select[Any]:
        columns = (likeness.label("likeness"), other.c.ref.label("other"), person.label("person_id"))
        met = and_(same, are_others(one.c.ref, other.c.ref))
        return select(one.c.ref.label("ref"), *columns).join_from(one, other, met).limit(most)

    one, other = side.parties, known.parties
    parts = [
        pairs(one, other, likeness_by_inn(one.c, other.c), NOBODY, same_inn(one.c, other.c)),
        pairs(one, other, literal(Likeness.NAME.value), NOBODY, same_name(one.c, other.c)),
    ]
    if side.ways is not None and known.ways is not None:
        way, mine = side.ways.c, known.ways.c
        person = mine.person_id if "person_id" in mine else NOBODY
        parts += [
            pairs(
                side.ways, known.ways, way.type, person, and_(way.type == kind, mine.type == kind, way.key == mine.key)
            )
            for kind in map(literal_text, (InfoType.PHONE.value, InfoType.EMAIL.value))
        ]
    return select(union_all(*(select(part.subquery()) for part in parts)).subquery("found"))


def like(viewer: Viewer | None, own: int | None, side: Side) -> Select[Any]:
    """`likeness, id, person_id, person, name, manager, is_seen` of others than `own`.

    To be run unscoped: whoever may not see a client is told of his manager.
    """
    found = alike(side, kept(), lambda _ref, other: true() if own is None else other != own, MOST).subquery("alike")
    person = aliased(ContactPerson)
    return (
        select(
            *(found.c.likeness, Counterparty.id, person.id.label("person_id")),
            func.concat_ws(" ", person.last_name, person.first_name).label("person"),
            Counterparty.name,
            user_name(User).label("manager"),
            seen_by(viewer, Counterparty).label("is_seen"),
        )
        .select_from(found)
        .join(Counterparty, Counterparty.id == found.c.other)
        .outerjoin(person, person.id == found.c.person_id)
        .outerjoin(User, User.id == Counterparty.manager_id)
        .order_by(Counterparty.id, person.id)
    )


def namesakes(counterparty_id: int, name: str, own: int | None) -> Select[ContactPerson]:
    """Persons of the counterparty whose whole name is this one, in any case, ё = е."""
    same = select(ContactPerson).where(
        ContactPerson.counterparty_id == counterparty_id, ContactPerson.name_sort == name.lower().replace("ё", "е")
    )
    return (same if own is None else same.where(ContactPerson.id != own)).order_by(ContactPerson.id).limit(MOST)
