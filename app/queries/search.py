"""Finding by what a person types: the beginning of any word of a name, a code, an INN, the number of a document."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_

from app.models.counterparties import Counterparty
from app.models.products import Item
from app.queries.phones import known

WORD = re.compile(r"[^\W_]+")
LONGEST = 100  # characters of a query; nobody types more, a program may


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
    typed = text.strip()[:LONGEST]
    if not typed:
        return false()
    spellings = dict.fromkeys((typed, typed.upper()))
    return or_(*(column.like(known(like_prefix(spelling))) for spelling in spellings))


def like_prefix(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text) + "%"


def counterparty_found(text: str) -> ColumnElement[bool]:
    """By any words of the name, or by the beginning of the code or of the INN."""
    found = [named(Counterparty.words, text), begins(Counterparty.code, text)]
    if text.strip().isdecimal():
        found.append(begins(Counterparty.inn, text))
    return or_(*found)


def item_found(text: str) -> ColumnElement[bool]:
    """By any words of the name, or by the beginning of the code."""
    return or_(named(Item.words, text), begins(Item.code, text))
