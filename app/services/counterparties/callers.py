"""Who calls: from the digits of a number to all that is worth knowing while the talk goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select, true, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.domain import phones
from app.domain.stages import Standing
from app.domain.words import AbcClass, ContactState
from app.models.captions import standing_caption
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.orders import BuyerOrder
from app.queries.classification.classes import abc_on
from app.queries.classification.rhythm import rhythms
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.counterparties.phones import internal_number, numbers_like, prospects_like
from app.queries.sales import orders, settlements
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
    """Who the client is; `ways` to reach him are his own first, then those of the person who calls."""

    counterparty: Counterparty
    abc: AbcClass | None
    ways: Sequence[ContactInfo]
    standing: str
    rhythm: RhythmInWords


def find(session: Session, text: str) -> Callers:
    """Everybody the number may belong to; nobody when the text is no number."""
    phone, digits = phones.parse(text), phones.search_tail(text)
    if phone is None:
        return Callers()
    # Unscoped: the caller must not be told that he is unknown because his manager is another one.
    rows = session.execute(numbers_like(text).execution_options(unscoped=True)).all()
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
    statement = (
        select(ContactInfo)
        .where(ContactInfo.id.in_(ids))
        .options(
            joinedload(ContactInfo.kind),
            joinedload(ContactInfo.person),
            joinedload(ContactInfo.counterparty).joinedload(Counterparty.manager),
        )
    )
    seen = {info.id: info for info in session.scalars(statement)}
    return [seen[number] for number in ids if number in seen]


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
    return sorted({row.manager for row in rows if row.id in hidden})


def card(session: Session, counterparty_id: int, person_id: int | None, *, today: date) -> Card:
    """What to show of a client that the viewer sees."""
    bought = rhythms(today, counterparty_id).subquery("bought")
    statement = (
        select(
            Counterparty,
            abc_on(today, Counterparty.id),
            stage_on(today, Counterparty.id),
            xyz_on(today, Counterparty.id),
            *bought.c,
        )
        .outerjoin(bought, true())
        .where(Counterparty.id == counterparty_id)
        .options(joinedload(Counterparty.manager))
    )
    row = session.execute(statement).one()
    counterparty, abc, stage, xyz = row[:4]
    ways = (
        select(ContactInfo)
        .join(ContactInfo.kind)
        .where(ContactInfo.counterparty_id == counterparty_id)
        .where(or_(ContactInfo.person_id == person_id, ContactInfo.person_id.is_(None)))
        .options(contains_eager(ContactInfo.kind))
        .order_by(ContactInfo.person_id.nulls_first(), ContactInfoKind.position, ContactInfo.id)
        .limit(MOST_WAYS)
    )
    standing = standing_caption(Standing(stage, xyz))
    return Card(counterparty, abc, session.scalars(ways).all(), standing, rhythm_in_words(row, today))


def contacts_of(session: Session, counterparty_id: int) -> list[Contact]:
    """What is planned next with the client, then what happened last, in one statement."""
    mine = select(Contact.id).where(Contact.counterparty_id == counterparty_id)
    is_planned = Contact.state == ContactState.PLANNED
    planned = mine.where(is_planned).order_by(Contact.starts_at, Contact.id).limit(LATEST)
    past = mine.where(~is_planned).order_by(Contact.starts_at.desc(), Contact.id.desc()).limit(LATEST)
    ids = union_all(select(planned.subquery()), select(past.subquery()))
    statement = (
        select(Contact).where(Contact.id.in_(ids)).options(joinedload(Contact.person), joinedload(Contact.manager))
    )
    found = session.scalars(statement).all()
    next_ones = sorted((c for c in found if c.state is ContactState.PLANNED), key=lambda c: (c.starts_at, c.id))
    last_ones = sorted((c for c in found if c.state is not ContactState.PLANNED), key=lambda c: (c.starts_at, c.id))
    return next_ones + last_ones[::-1]


def unfinished_orders(session: Session, counterparty_id: int) -> Sequence[BuyerOrder]:
    """Where something is still to be shipped or paid, the latest first."""
    statement = (
        select(BuyerOrder)
        .where(BuyerOrder.counterparty_id == counterparty_id, orders.unfinished())
        .order_by(BuyerOrder.date.desc(), BuyerOrder.id.desc())
        .limit(LATEST)
    )
    return session.scalars(statement).all()


def debt_of(session: Session, counterparty_id: int) -> Decimal:
    """Above zero he owes us, below zero we owe him."""
    balance = session.execute(settlements.balances([counterparty_id])).one_or_none()
    return balance.debt if balance else Decimal("0.00")
