"""Rows that a program sends become the table of a file: the same recognisers and rules, no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.domain.formats.table import Table
from app.errors import Refused
from app.services.exchange.staging import ImportTable

LINES = "lines"


class SentRows:
    """A table made of rows; `row_of` tells from a line of it which row (from 1) it came of.

    A document may have its lines inside, under `lines`.
    """

    def __init__(self, table: ImportTable, rows: Sequence[Mapping[str, Any]]) -> None:
        self.row_of: dict[int, int] = {}
        flat: list[dict[str, str]] = []
        for number, row in enumerate(rows, 1):
            for line in lines_of(table, row, number):
                flat.append({name: text_of(value, number, name) for name, value in line.items()})
                self.row_of[len(flat) + 1] = number  # the first line of a file is its header
        known = {field.name for field in table.fields}
        header = list(dict.fromkeys(name for row in flat for name in row))
        if unknown := [name for name in header if name not in known]:
            raise Refused(_("There is no field “%(field)s” here.", field=unknown[0][:50]), field=unknown[0][:50])
        cells = [(line, [row.get(name, "") for name in header]) for line, row in enumerate(flat, 2)]
        self.table = Table(header, iter(cells), len(cells))
        self.columns = {name: name for name in header}


def lines_of(table: ImportTable, row: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    """The row once for each line of its document."""
    if LINES not in row or table.line is None:
        return [dict(row)]
    lines = row[LINES]
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        raise Refused(_("Row %(row)s: a list of lines is expected.", row=number), field=LINES)
    head = {name: value for name, value in row.items() if name != LINES}
    return [head | line for line in lines]


def text_of(value: Any, number: int, name: str) -> str:
    """The value as it would stand in a cell; several phones or e-mails may be a list."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case str():
            return value.strip()
        case float():
            return f"{Decimal(repr(value)):f}"
        case int():
            return str(value)
        case list() if all(isinstance(part, str) for part in value):
            return "; ".join(value)
    raise Refused(_("Row %(row)s: a text, a number or yes and no are expected.", row=number), field=name[:50])
