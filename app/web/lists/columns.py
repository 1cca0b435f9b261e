"""Columns of a list: those that other tables give, and which of all a reader chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Select, Subquery, bindparam, select
from sqlalchemy.orm import Session

from app.queries.sql import execute_kept, few_numbers, one_of

MOST_CHOSEN = 40
NARROWEST, WIDEST = 40, 900  # pixels


@dataclass(frozen=True, eq=False)  # to compare their words would be to translate them
class Fact:
    """A column that other tables give, for the rows of a page alone.

    `values` are made of the day and of `beside`: rows by `id` joined to those of
    the page. Several values come as a tuple. Its `sections` must all be readable.
    """

    label: Any
    values: Callable[[Any, Any], Sequence[Any]]
    beside: Callable[[Any, Any], Subquery] | None = None  # of the numbers of rows, and the day
    sections: tuple[str, ...] = ()
    formatter: Callable[[Any], Any] | None = None
    of_reader: Callable[[], Callable[[Any], Any]] | None = None  # makes the formatter of one list, in place of that
    excel: Callable[[Any], Any] | None = None  # what a cell of a workbook holds; None: the first of the values
    kind: str = ""  # num, or whole: never cut; "": told by the values


def facts_of(
    session: Session, model: Any, facts: Mapping[str, Fact], ids: list[int], today: date
) -> dict[int, dict[str, Any]]:
    """Each row's facts, in one statement."""
    if not facts or not ids:
        return {number: {} for number in ids}
    statement, places = _statement(model, tuple(facts.items()))
    # The reader sees the rows, and with a row whatever belongs to it: no rule of his is asked for.
    asked = execute_kept(session, statement, {"ids": ids, "today": today}).all()
    return {row[0]: {name: row[at] for name, at in places.items()} for row in asked}


@lru_cache(maxsize=256)
def _statement(model: Any, facts: tuple[tuple[str, Fact], ...]) -> tuple[Select[Any], dict[str, int | slice]]:
    """Made once for every choice of columns: that costs more than asking. Its parameters are `ids` and `today`.

    With the number of a row, first, come the facts, each at its place.
    """
    ids = few_numbers("ids")
    today = bindparam("today", type_=Date())
    statement: Select[Any] = select(model.id)
    places: dict[str, int | slice] = {}
    joined: dict[Any, Any] = {}
    end = 1
    for name, fact in facts:
        if fact.beside and fact.beside not in joined:
            joined[fact.beside] = beside = fact.beside(ids, today)
            statement = statement.outerjoin(beside, beside.c.id == model.id)
        values = fact.values(today, joined[fact.beside].c if fact.beside else None)
        statement = statement.add_columns(*(value.label(f"{name}_{at}") for at, value in enumerate(values)))
        begin, end = end, end + len(values)
        places[name] = begin if len(values) == 1 else slice(begin, end)
    return statement.where(one_of(model.id, ids)).execution_options(unscoped=True, keeps_plan=True), places


@dataclass(frozen=True)
class Chosen:
    """A column of the reader's choice; `width` 0: as wide as it likes."""

    name: str
    width: int = 0

    def __str__(self) -> str:
        return f"{self.name}:{self.width}" if self.width else self.name


def chosen_columns(text: str) -> tuple[Chosen, ...]:
    """`name:240,phone` of an address; what is no column is passed over by whoever knows them."""
    found = {}
    for part in text.split(",")[:MOST_CHOSEN]:
        name, _colon, width = part.partition(":")
        known = width.isascii() and width.isdigit() and len(width) < 5
        if name:
            found[name] = Chosen(name, min(max(int(width), NARROWEST), WIDEST) if known else 0)
    return tuple(found.values())


def as_text(columns: Iterable[Chosen]) -> str:
    return ",".join(map(str, columns))
