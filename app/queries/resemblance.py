"""Whom a counterparty or a person that is being typed resembles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, false, func, literal, null, or_, select, true, union_all
from sqlalchemy.orm import aliased

from app.domain import phones
from app.domain.viewer import Viewer
from app.models.base import NameKey
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.users import User
from app.models.visibility import seen_by
from app.queries.sql import literal_text

MOST = 5  # of each likeness
WHOLE = 10  # digits of a whole number: fewer may belong to anybody


def like(
    viewer: Viewer | None,
    own: int | None,
    *,
    inn: str = "",
    kpp: str = "",
    name: str = "",
    numbers: Sequence[str] = (),
    emails: Sequence[str] = (),
) -> Select[Any]:
    """`likeness, id, person_id, person, name, kpp, manager, is_seen` of others than `own`; nothing for what is empty.

    The name is that of a client whose INN may be the same one. To be run unscoped: whoever may not see a client is
    told of his manager.
    """
    parts = []
    if inn:
        parts.append(described("inn", viewer, own, Counterparty.inn == literal_text(inn)))
    if name:
        same = Counterparty.name_key == NameKey(literal(name))
        parts.append(described("name", viewer, own, same, or_(literal(not inn), Counterparty.inn == "")))
    tails = [tail for number in numbers if len(tail := phones.search_tail(number)) >= WHOLE]
    if tails:
        by_tail = or_(*(ContactInfo.phone_tail.like(literal_text(f"{tail}%")) for tail in tails))
        parts.append(reached("phone", viewer, own, ContactInfo.phone_tail != literal_text(""), by_tail))
    if emails:
        by_email = or_(*(func.lower(ContactInfo.value) == literal_text(email.lower()) for email in emails))
        parts.append(reached("email", viewer, own, by_email))
    if not parts:
        return select(null()).where(false())
    return select(union_all(*(select(part.limit(MOST).subquery()) for part in parts)).subquery("found"))


def described(likeness: str, viewer: Viewer | None, own: int | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    columns = (Counterparty.id, cast(null(), Integer).label("person_id"), literal("").label("person"))
    query = select(literal(likeness).label("likeness"), *columns, *who(viewer))
    return query.outerjoin(User, User.id == Counterparty.manager_id).where(others(own), *conditions)


def reached(likeness: str, viewer: Viewer | None, own: int | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    person = aliased(ContactPerson)
    name = func.concat_ws(" ", person.last_name, person.first_name).label("person")
    columns = (Counterparty.id, person.id.label("person_id"), name)
    return (
        select(literal(likeness).label("likeness"), *columns, *who(viewer))
        .select_from(ContactInfo)
        .join(Counterparty, Counterparty.id == ContactInfo.counterparty_id)
        .outerjoin(person, person.id == ContactInfo.person_id)
        .outerjoin(User, User.id == Counterparty.manager_id)
        .where(others(own), *conditions)
    )


def who(viewer: Viewer | None) -> tuple[Any, ...]:
    manager = func.concat_ws(" ", User.first_name, User.last_name).label("manager")
    return Counterparty.name, Counterparty.kpp, manager, seen_by(viewer, Counterparty).label("is_seen")


def others(own: int | None) -> ColumnElement[bool]:
    return true() if own is None else Counterparty.id != own


def namesakes(counterparty_id: int, name: str, own: int | None) -> Select[ContactPerson]:
    """Persons of the counterparty whose whole name is this one, in any case, ё = е."""
    same = select(ContactPerson).where(
        ContactPerson.counterparty_id == counterparty_id, ContactPerson.name_sort == name.lower().replace("ё", "е")
    )
    return (same if own is None else same.where(ContactPerson.id != own)).order_by(ContactPerson.id).limit(MOST)
