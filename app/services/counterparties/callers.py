"""Who calls: from the digits of a number to all that is worth knowing while the talk goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, null, or_, select, true, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.domain import phones
from app.domain.stages import Standing
from app.domain.words import AbcClass, ContactState
from app.models.captions import standing_caption
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.orders import BuyerOrder
from app.models.visibility import narrowed_for, viewer_of
from app.queries.classification.classes import abc_on
from app.queries.classification.rhythm import rhythms
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.counterparties.card import OWNER
from app.queries.counterparties.phones import internal_number, numbers_like, prospects_like
from app.queries.sales import orders, settlements
from app.queries.sql import execute_kept, few_numbers, one_of
from app.services.classification.rhythm import RhythmInWords, rhythm_in_words

WHOLE = 10  # digits of a whole number: fewer may belong to anybody
LATEST = 5
MOST_WAYS = 20


@dataclass(frozen=True)
class Callers:
    """Whom a number belongs to, as the viewer may know it.

    `numbers` are phones of the clients that he sees, `prospects` the latest
    contacts of people who are not in the base; `similar`: only the last digits
    are the same. `others` are the responsible managers of clients (or prospects)
    that he does not see, "" where there is none: he is told nothing else, and
    that only of a whole number, so that nobody learns them by guessing.
    """

    numbers: Sequence[ContactInfo] = ()
    prospects: Sequence[Contact] = ()
    others: Sequence[str] = ()
    similar: bool = False


@dataclass(frozen=True)
class Card:
    """Who the client is; `ways` to reach him are his own first, then those of the person who calls.

    `debt`, where it is asked for: above zero he owes us, below zero we owe him.
    """

    counterparty: Counterparty
    abc: AbcClass | None
    ways: Sequence[ContactInfo]
    standing: str
    rhythm: RhythmInWords
    debt: Decimal | None


def find(session: Session, text: str) -> Callers:
    """Everybody the number may belong to; nobody when the text is no number."""
    phone, digits = phones.parse(text), phones.search_tail(text)
    if phone is None:
        return Callers()
    # Unscoped: the caller must not be told that he is unknown because his manager is another one.
    rows = execute_kept(session, numbers_like(text).execution_options(unscoped=True), {}).all()
    same = same_numbers(rows, phone, digits)
    found = same or rows
    if not found:
        return prospects(session, text, digits)
    seen = seen_numbers(session, [row.id for row in found])
    hidden = {row.id for row in same} - {info.id for info in seen}
    others = managers(same, hidden) if len(digits) >= WHOLE else []
    return Callers(numbers=seen, others=others, similar=bool(seen) and not same)


def same_numbers(rows: Sequence[Any], phone: phones.Phone, digits: str) -> list[Any]:
    """The rows that are the number typed. An extension chooses among the people of one line.

    The line may be the company's while the extension is written at the person.
    """
    internal = internal_number(phone)
    on_line = [row for row in rows if digits and row.tail.startswith(digits)]
    if not phone.extension:
        inside = [row for row in rows if internal and row.extension == internal and row not in on_line]
        return inside + on_line
    at_desk = [row for row in on_line if row.extension == internal]
    companies = {row.counterparty_id for row in on_line}
    of_company = [row for row in rows if row.extension == internal and row.counterparty_id in companies]
    anywhere = [row for row in rows if row.extension == internal and not digits]
    return at_desk or of_company or on_line or anywhere


def seen_numbers(session: Session, ids: Collection[int]) -> list[ContactInfo]:
    """In the order of `ids`."""
    statement = narrowed_for(viewer_of(session), _by_numbers())
    seen = {info.id: info for info in session.scalars(statement, {"ids": [*ids]})}
    return [seen[number] for number in ids if number in seen]


@cache
def _by_numbers() -> Select[ContactInfo]:
    return (
        select(ContactInfo)
        .where(one_of(ContactInfo.id, few_numbers("ids")))
        .options(
            joinedload(ContactInfo.kind),
            joinedload(ContactInfo.person),
            joinedload(ContactInfo.counterparty).joinedload(Counterparty.manager),
        )
        .execution_options(keeps_plan=True)
    )


def prospects(session: Session, text: str, digits: str) -> Callers:
    rows = session.execute(prospects_like(text).execution_options(unscoped=True)).all()
    same = [row for row in rows if row.tail.startswith(digits)]
    found = same or rows
    if not found:
        return Callers()
    statement = (
        select(Contact)
        .where(Contact.id.in_([row.id for row in found]))
        .options(joinedload(Contact.manager))
        .order_by(Contact.starts_at.desc(), Contact.id.desc())
        .limit(LATEST)
    )
    seen = session.scalars(statement).all()
    hidden = {row.id for row in same} - {contact.id for contact in seen}
    others = managers(same, hidden) if len(digits) >= WHOLE and not seen else []
    return Callers(prospects=seen, others=others, similar=bool(seen) and not same)


def managers(rows: Sequence[Any], hidden: Collection[int]) -> list[str]:
    """Of the hidden ones, by name; an empty name where nobody is responsible."""
    return sorted({row.manager or "" for row in rows if row.id in hidden})


def card(session: Session, counterparty_id: int, person_id: int | None, *, today: date, has_debt: bool = False) -> Card:
    """What to show of a client that the viewer sees."""
    viewer, asked = viewer_of(session), {"owner": counterparty_id, "person": person_id}
    row = session.execute(narrowed_for(viewer, _client(today, has_debt)), asked).one()
    counterparty, abc, stage, xyz, owed = row[:5]
    return Card(
        counterparty,
        abc,
        session.scalars(narrowed_for(viewer, _ways()), asked).all(),
        standing_caption(Standing(stage, xyz)),
        rhythm_in_words(row, today),
        (owed or Decimal("0.00")) if has_debt else None,
    )


@lru_cache(maxsize=8)  # of a day or two
def _client(today: date, has_debt: bool) -> Select[Any]:
    bought = rhythms(today, OWNER).subquery("bought")
    owed = select(func.sum(settlements.documents(OWNER).c.change)).scalar_subquery()
    return (
        select(
            Counterparty,
            abc_on(today, Counterparty.id),
            stage_on(today, Counterparty.id),
            xyz_on(today, Counterparty.id),
            owed if has_debt else null(),
            *bought.c,
        )
        .outerjoin(bought, true())
        .where(Counterparty.id == OWNER)
        .options(joinedload(Counterparty.manager))
        .execution_options(keeps_plan=True)
    )


@cache
def _ways() -> Select[ContactInfo]:
    person = bindparam("person", type_=Integer)
    return (
        select(ContactInfo)
        .join(ContactInfo.kind)
        .where(ContactInfo.counterparty_id == OWNER)
        .where(or_(ContactInfo.person_id == person, ContactInfo.person_id.is_(None)))
        .options(contains_eager(ContactInfo.kind))
        .order_by(ContactInfo.person_id.nulls_first(), ContactInfoKind.position, ContactInfo.id)
        .limit(MOST_WAYS)
        .execution_options(keeps_plan=True)
    )


def contacts_of(session: Session, counterparty_id: int) -> list[Contact]:
    """What is planned next with the client, then what happened last, in one statement."""
    found = session.scalars(narrowed_for(viewer_of(session), _contacts()), {"owner": counterparty_id}).all()
    next_ones = sorted((c for c in found if c.state is ContactState.PLANNED), key=lambda c: (c.starts_at, c.id))
    last_ones = sorted((c for c in found if c.state is not ContactState.PLANNED), key=lambda c: (c.starts_at, c.id))
    return next_ones + last_ones[::-1]


@cache
def _contacts() -> Select[Contact]:
    mine = select(Contact.id).where(Contact.counterparty_id == OWNER)
    is_planned = Contact.state == ContactState.PLANNED
    planned = mine.where(is_planned).order_by(Contact.starts_at, Contact.id).limit(LATEST)
    past = mine.where(~is_planned).order_by(Contact.starts_at.desc(), Contact.id.desc()).limit(LATEST)
    ids = union_all(select(planned.subquery()), select(past.subquery()))
    found = select(Contact).where(Contact.id.in_(ids)).options(joinedload(Contact.person), joinedload(Contact.manager))
    return found.execution_options(keeps_plan=True)


def unfinished_orders(session: Session, counterparty_id: int) -> Sequence[BuyerOrder]:
    """Where something is still to be shipped or paid, the latest first."""
    return session.scalars(narrowed_for(viewer_of(session), _unfinished()), {"owner": counterparty_id}).all()


@cache
def _unfinished() -> Select[BuyerOrder]:
    found = select(BuyerOrder).where(BuyerOrder.counterparty_id == OWNER, orders.unfinished())
    latest = found.order_by(BuyerOrder.date.desc(), BuyerOrder.id.desc()).limit(LATEST)
    return latest.execution_options(keeps_plan=True)
