"""Finding by what a person types: the beginning of any word, a code, an INN, a number, a phone, an e-mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select

from app.domain.spelling import mistyped, transliterated
from app.domain.text import ACCENTS
from app.models.base import LEGAL_FORMS
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.products import Item
from app.queries.sql import literal_text

WORD = re.compile(r"[^\W_]+")
FORMS = re.compile(rf"(?<= )(?:{'|'.join(LEGAL_FORMS)})(?= )")
LONGEST = 100  # characters of a query; nobody types more, a program may
KPP_LENGTH = 9
FEWEST = 3  # letters of the beginning of an e-mail address, or of the end of a number


def words_of(text: str) -> list[str]:
    """The words typed, as app.models.base.words_column keeps them: any case, no accents, letters and digits only."""
    return WORD.findall(text[:LONGEST].lower().replace("ё", "е").translate(ACCENTS))


def words_of_firm(text: str) -> list[str]:
    """Without the legal form, which the name in the base may lack; a text that is nothing else keeps it."""
    words = words_of(text)
    return FORMS.sub("", f" {' '.join(words)} ").split() or words


def named(column_words: Any, text: str, words: Callable[[str], list[str]] = words_of) -> ColumnElement[bool]:
    """Every word typed begins some word of the name, in any order; a text without words finds nothing.

    The keyboard may have been in the other layout, and the word in the other alphabet.
    """
    ways = dict.fromkeys(tsquery(found) for spelling in spellings(text) if (found := words(spelling)))
    # Each by itself: as one question with "or" in it the index would weigh every way for each row of the others.
    has = column_words.op("@@", is_comparison=True)
    return or_(false(), *(has(question(way)) for way in ways))


@lru_cache(maxsize=256)  # one search asks it of several tables
def question(way: str) -> ColumnElement[Any]:
    return func.to_tsquery("simple", literal_text(way))


@lru_cache(maxsize=1024)
def spellings(text: str) -> tuple[str, ...]:
    """The text, and what else it may be: typed in the other layout, or written by sound in the other alphabet."""
    text = text[:LONGEST]
    return text, mistyped(text), *transliterated(text)


def tsquery(words: list[str]) -> str:
    """One word is said twice: PostgreSQL takes a word it has no statistics of for a common one (2 % of the rows)
    and would walk the whole list in the order of names to find its few rows; said twice, it is rare.
    """
    return " & ".join(f"{word}:*" for word in (words if len(words) > 1 else words * 2))


def begins(column: Any, text: str) -> ColumnElement[bool]:
    """A code or a number that begins with the text, typed as it is or in small letters."""
    typed = readable(text)
    if not typed:
        return false()
    spellings = dict.fromkeys((typed, typed.upper()))
    return or_(*(column.like(literal_text(like_prefix(spelling))) for spelling in spellings))


def ends(number: Any, text: str) -> ColumnElement[bool]:
    """The number of a document that ends with the text."""
    typed = readable(text)
    if len(typed) < FEWEST:
        return false()
    spellings = dict.fromkeys((typed, typed.upper()))
    return or_(*(func.reverse(number).like(literal_text(like_prefix(spelling[::-1]))) for spelling in spellings))


def readable(text: str) -> str:
    return "".join(c for c in text[:LONGEST] if c.isprintable()).strip().removeprefix("№").strip()


def like_prefix(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text) + "%"


def email_begins(text: str) -> ColumnElement[bool]:
    """An e-mail address, a page or whatever else is written beside a client that begins with the text."""
    return func.lower(ContactInfo.value).like(literal_text(like_prefix(readable(text).lower())))


def email_is(text: str) -> ColumnElement[bool]:
    return func.lower(ContactInfo.value) == literal_text(readable(text).lower())  # type: ignore[no-any-return]


def is_email(text: str) -> bool:
    return "@" in text and len(readable(text)) >= FEWEST


def is_address(text: str) -> bool:
    """An e-mail address or its beginning: one word in Latin letters."""
    typed = readable(text)
    return len(typed) >= FEWEST and typed.isascii() and " " not in typed and any(c.isalpha() for c in typed)


def counterparty_matches(text: str) -> ColumnElement[bool]:
    """By any words of its names, the beginning of its code, INN or OGRN, its KPP, or the e-mail of anybody there."""
    if is_email(text):
        return Counterparty.id.in_(select(ContactInfo.counterparty_id).where(email_begins(text)))
    found = [named(Counterparty.words, text, words_of_firm), begins(Counterparty.code, text)]
    digits = "".join(text.split())  # people type an INN in groups
    if digits.isdecimal():
        found.append(begins(Counterparty.inn, digits))
        found.append(begins(Counterparty.ogrn, digits))
        if len(digits) == KPP_LENGTH:
            found.append(Counterparty.kpp == literal_text(digits))
    return or_(*found)


def person_matches(text: str) -> ColumnElement[bool]:
    """By any words of the name, or by an e-mail address."""
    if is_email(text):
        return ContactPerson.id.in_(select(ContactInfo.person_id).where(email_begins(text)))
    return named(ContactPerson.words, text)


def item_matches(text: str) -> ColumnElement[bool]:
    """By any words of the name, or by the beginning of the code."""
    return or_(named(Item.words, text), begins(Item.code, text))
