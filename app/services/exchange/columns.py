"""Which column of a file is which field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from app.domain.text import fold, fold_caption
from app.errors import Refused
from app.services.exchange.fields import BroughtField, Field, InfoField, WordsField
from app.services.exchange.staging import ImportTable

Column = str | int  # its header, or its place
ColumnChoices = Mapping[str, Column | Sequence[Column] | None]
Columns = dict[Field, list[int]]
LETTERS = re.compile(r"[A-Z]{1,2}")
CYRILLIC = str.maketrans("АВСЕНКМОРТХ", "ABCEHKMOPTX")  # keys that look like the letters of columns
AGAIN = re.compile(r"^(?:доп(?:олнительный)? )?(.*?)(?: \d)?$")  # “Телефон 2”, “Доп. телефон”


def captions(table: ImportTable) -> set[str]:
    """Every header that means a column of the table, as headers are compared."""
    return {fold_caption(word) for field in table.fields for word in field.known_as()}


def guess(table: ImportTable, header: list[str]) -> dict[str, list[int]]:
    """The columns of each field whose name or caption is a header; contact information may have several."""
    titles = [fold_caption(title) for title in header]
    found: dict[str, list[int]] = {}
    taken: set[int] = set()
    for field in table.fields:
        # The name first: a column that is named exactly is meant.
        words = [fold_caption(field.name), *sorted(fold_caption(word) for word in field.known_as())]
        places = {word: [i for i, title in enumerate(titles) if title == word and i not in taken] for word in words}
        # Beside “Номер” a “№” counts the rows.
        known = next((min(fit, key=lambda i: header[i] == "№") for word in words if (fit := places[word])), None)
        if known is not None:
            found[field.name] = [known]
            taken.add(known)
    for field in table.fields:
        if isinstance(field, InfoField):
            own = {fold_caption(word) for word in field.known_as()}
            more = [i for i, title in enumerate(titles) if i not in taken and AGAIN.sub(r"\1", title) in own]
            taken.update(more)
            if columns := sorted([*found.get(field.name, []), *more]):
                found[field.name] = columns
    return found


def columns_of(table: ImportTable, header: list[str], mapping: ColumnChoices | None = None) -> Columns:
    """Every known field's columns. `mapping` says otherwise by header or position; None or "" leaves a field out."""
    found = guess(table, header)
    chosen: dict[str, list[int]] = {}
    for name, columns in (mapping or {}).items():
        if table.field(name) is None:
            raise Refused(_("There is no field “%(field)s” here.", field=name), field=name)
        found.pop(name, None)
        asked = columns if isinstance(columns, Sequence) and not isinstance(columns, str) else [columns]
        if places := [_position(header, column, name) for column in asked if column is not None and column != ""]:
            chosen[name] = places
    meant = {place for places in chosen.values() for place in places}
    found = {name: places for name, places in found.items() if not meant.intersection(places)} | chosen
    split = {
        name for field in table.fields if isinstance(field, WordsField) and field.name in found for name in field.into
    }
    named = {
        field.of for field in table.fields if isinstance(field, BroughtField) and field.names and field.name in found
    }
    missing = [field for field in table.fields if field.required and field.name not in {*found, *split, *named}]
    if missing:
        names = ", ".join(f"{field.caption} ({field.name})" for field in missing)
        raise Refused(_("The file has no column for: %(fields)s.", fields=names))
    return {field: found[field.name] for field in table.fields if field.name in found}


def present(columns: Columns) -> frozenset[str]:
    """The names of the fields that the columns give values to."""
    split = {name for field in columns if isinstance(field, WordsField) for name in field.into}
    brought = {field.of for field in columns if isinstance(field, BroughtField)}
    return frozenset(field.name for field in columns) | split | brought


def unused(columns: Columns, header: list[str]) -> list[str]:
    """The headers that mean nothing here, each with the letter of its column."""
    taken = {place for places in columns.values() for place in places}
    return [f"{title} ({letter(place)})" for place, title in enumerate(header) if title and place not in taken]


def letter(place: int) -> str:
    """A, B … Z, AA: what a spreadsheet calls the column."""
    name = ""
    while place >= 0:
        name = chr(ord("A") + place % 26) + name
        place = place // 26 - 1
    return name


def lettered(name: str) -> list[int]:
    """The place of the column that a spreadsheet calls so; none for what is no such name."""
    letters = name.strip().upper().translate(CYRILLIC)
    if not LETTERS.fullmatch(letters):
        return []
    place = 0
    for each in letters:
        place = 26 * place + ord(each) - ord("A") + 1
    return [place - 1]


def _position(header: list[str], column: Column, name: str) -> int:
    """A column by its place, by its header or, where no header is so, by its letter."""
    if isinstance(column, int):
        places = [column]
    else:
        wanted = fold(column)
        places = [i for i, title in enumerate(header) if fold(title) == wanted] or lettered(column)
    if not places or not 0 <= places[0] < len(header):
        raise Refused(_("The file has no column “%(column)s”.", column=column), field=name)
    return places[0]
