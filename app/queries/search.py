"""Finding by what a person types: the beginning of any word, a code, an INN, the number of a document, a phone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload

from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.queries.counterparties.phones import known, phone_ends

WORD = re.compile(r"[^\W_]+")
LONGEST = 100  # characters of a query; nobody types more, a program may
DOCUMENTS: dict[str, type[BuyerOrder] | type[Shipment] | type[Payment]] = {
    "Orders": BuyerOrder,
    "Shipments": Shipment,
    "Payments": Payment,
}


def words_of(text: str) -> list[str]:
    """The words typed, as app.models.base.words_column keeps them: any case, ё = е, letters and digits only."""
    return WORD.findall(text[:LONGEST].lower().replace("ё", "е"))


def named(column_words: Any, text: str) -> ColumnElement[bool]:
    """Every word typed begins some word of the name, in any order; a text without words finds nothing."""
    words = words_of(text)
    if not words:
        return false()
    return column_words.op("@@", is_comparison=True)(func.to_tsquery("simple", known(tsquery(words))))  # type: ignore[no-any-return]


def tsquery(words: list[str]) -> str:
    """One word is said twice: PostgreSQL takes a word it has no statistics of for a common one (2 % of the rows)
    and would walk the whole list in the order of names to find its few rows; said twice, it is rare.
    """
    return " & ".join(f"{word}:*" for word in (words if len(words) > 1 else words * 2))


def begins(column: Any, text: str) -> ColumnElement[bool]:
    """A code or a number that begins with the text, typed as it is or in small letters."""
    typed = "".join(c for c in text[:LONGEST] if c.isprintable()).strip()
    if not typed:
        return false()
    spellings = dict.fromkeys((typed, typed.upper()))
    return or_(*(column.like(known(like_prefix(spelling))) for spelling in spellings))


def like_prefix(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text) + "%"


def counterparty_matches(text: str) -> ColumnElement[bool]:
    """By any words of the name, or by the beginning of the code or of the INN."""
    found = [named(Counterparty.words, text), begins(Counterparty.code, text)]
    if text.strip().isdecimal():
        found.append(begins(Counterparty.inn, text))
    return or_(*found)


def item_matches(text: str) -> ColumnElement[bool]:
    """By any words of the name, or by the beginning of the code."""
    return or_(named(Item.words, text), begins(Item.code, text))


def counterparties(text: str) -> Select[Counterparty]:
    statement = select(Counterparty).where(counterparty_matches(text))
    return statement.options(joinedload(Counterparty.manager)).order_by(Counterparty.name_sort, Counterparty.id)


def persons(text: str) -> Select[ContactPerson]:
    statement = select(ContactPerson).where(named(ContactPerson.words, text))
    return statement.options(joinedload(ContactPerson.counterparty)).order_by(ContactPerson.name_sort, ContactPerson.id)


def items(text: str) -> Select[Item]:
    return select(Item).where(item_matches(text)).order_by(Item.name_sort, Item.id)


def phone_numbers(text: str) -> Select[ContactInfo]:
    """Phones by their last digits, each with whose it is."""
    return (
        select(ContactInfo)
        .where(phone_ends(text))
        .options(joinedload(ContactInfo.counterparty), joinedload(ContactInfo.person))
        .order_by(func.length(ContactInfo.phone_tail), ContactInfo.id)
    )


def prospects(text: str) -> Select[Contact]:
    """Contacts with people who are not in the base, by name or by the last digits of the phone, the latest first."""
    by_name = (Contact.prospect != literal("", literal_execute=True)) & named(Contact.prospect_words, text)
    return (
        select(Contact)
        .where(or_(by_name, phone_ends(text, Contact.prospect_tail)), Contact.counterparty_id.is_(None))
        .order_by(Contact.starts_at.desc(), Contact.id.desc())
    )


def documents(text: str, sections: Iterable[str], limit: int) -> Select[Any]:
    """`section, id, number, date, amount, buyer` of documents whose number begins with the text, the latest first."""
    parts = []
    for section in sections:
        document = DOCUMENTS[section]
        part = (
            select(
                literal(section).label("section"),
                document.id,
                document.number,
                document.date,
                document.amount,
                Counterparty.name.label("buyer"),
            )
            .join(Counterparty, Counterparty.id == document.counterparty_id)
            .where(begins(document.number, text))
            .order_by(document.number)
            .limit(limit)
        )
        parts.append(select(part.subquery()))
    found = union_all(*parts).subquery("found")
    return select(found).order_by(found.c.date.desc(), found.c.number).limit(limit)
