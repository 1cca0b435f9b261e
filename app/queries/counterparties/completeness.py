"""Полнота заполнения базы контактной информации: what is filled of what could be, by manager.

Three figures: of buyers and of their contact persons, the pairs with the kinds of contact
information that the catalogue has for them; of persons also the personal data.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Select, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.domain.words import InfoType
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.histories import ManagerRecord
from app.queries.sql import materialized

EMAIL = r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}$"
PERSONAL = (ContactPerson.birthday.is_not(None), ContactPerson.position != "", ContactPerson.role != "")
LOCAL = (5, 7)  # digits of a number without the code of its town


def can_be_right(info: Any = ContactInfo) -> ColumnElement[bool]:
    """A phone that somebody could dial, whole, local or internal; an e-mail address that one could write to."""
    internal = and_(info.phone_tail == "", info.extension != "")
    local = func.length(info.phone_tail).between(*LOCAL)
    return case(
        (ContactInfoKind.type == InfoType.PHONE, or_(info.phone != "", internal, local)),
        (ContactInfoKind.type == InfoType.EMAIL, info.value.regexp_match(EMAIL)),
        else_=func.btrim(info.value) != "",
    )


def suits(owner: Any) -> ColumnElement[bool]:
    """The kinds that the catalogue has for this person, or for a counterparty where `person_id` is none."""
    return case((owner.person_id.is_(None), ContactInfoKind.for_counterparties), else_=ContactInfoKind.for_persons)


def completeness_on(day: date) -> Select[Any]:
    """A row for everybody who had buyers on the day, by his number: `…_filled` and `…_possible` of `buyers`,
    `persons` and `personal`, as information is now.
    """
    record = ManagerRecord
    last = (
        select(record.counterparty_id, record.manager_id)
        .where(record.on <= day)
        .ext(distinct_on(record.counterparty_id))
        .order_by(record.counterparty_id, record.on.desc())
        .subquery("last")
    )
    buyers = materialized(
        select(Counterparty.id, last.c.manager_id)
        .join(last, last.c.counterparty_id == Counterparty.id)
        .where(Counterparty.is_buyer, Counterparty.registered_on <= day, last.c.manager_id.is_not(None)),
        "buyers",
    )
    manager = buyers.c.manager_id
    count = select(manager, func.count().label("n")).group_by(manager)
    person = ContactPerson
    known = sum((cast(condition, Integer) for condition in PERSONAL), cast(0, Integer))
    of_persons = (
        select(manager, func.count().label("n"), func.sum(known).label("known"))
        .join(person, person.counterparty_id == buyers.c.id)
        .group_by(manager)
    )
    parts = {
        "of_buyers": count,
        "of_persons": of_persons,
        "filled": _filled(buyers),
    }
    tables = {name: part.subquery(name) for name, part in parts.items()}
    first, *others = tables.values()
    part = {name: table.c for name, table in tables.items()}
    persons = func.coalesce(part["of_persons"].n, 0)
    query = select(
        first.c.manager_id,
        func.coalesce(part["filled"].of_buyers, 0).label("buyers_filled"),
        (first.c.n * _kinds(ContactInfoKind.for_counterparties)).label("buyers_possible"),
        func.coalesce(part["filled"].of_persons, 0).label("persons_filled"),
        (persons * _kinds(ContactInfoKind.for_persons)).label("persons_possible"),
        func.coalesce(part["of_persons"].known, 0).label("personal_filled"),
        (persons * len(PERSONAL)).label("personal_possible"),
    ).select_from(first)
    for other in others:
        query = query.outerjoin(other, other.c.manager_id == first.c.manager_id)
    return query.order_by(first.c.manager_id)


def _kinds(of: Any) -> Any:
    return select(func.count()).select_from(ContactInfoKind).where(of).scalar_subquery()


def _filled(buyers: CTE) -> Select[Any]:
    """By manager: the different pairs of an owner and a kind; two phones of a kind are one."""
    pairs = (
        select(buyers.c.manager_id, ContactInfo.counterparty_id, ContactInfo.person_id, ContactInfo.kind_id)
        .join(ContactInfo, ContactInfo.counterparty_id == buyers.c.id)
        .join(ContactInfo.kind)
        .where(can_be_right(), suits(ContactInfo))
        .distinct()
        .subquery()
        .c
    )
    return select(
        pairs.manager_id,
        func.count().filter(pairs.person_id.is_(None)).label("of_buyers"),
        func.count(pairs.person_id).label("of_persons"),
    ).group_by(pairs.manager_id)
