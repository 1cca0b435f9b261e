"""Tables as JSON, CSV and text, for programs and terminals."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from flask_babel import gettext as _

from app.domain.formats.csv_file import harmless
from reports.kit.columns import Column
from reports.kit.table import Line, LineKind, ReportTable

PAGE = 1000  # rows that are put together into one piece


def to_json(tables: Sequence[ReportTable], out: TextIO) -> None:
    out.writelines(json_pieces(tables))


def json_pieces(tables: Sequence[ReportTable]) -> Iterator[str]:
    """`[{"title", "note", "columns", "rows", "totals", "foot"}]` piece by piece: a long table is never whole in memory.

    `foot` is there where lines stand below the total.
    """
    for index, table in enumerate(tables):
        head = {
            "title": table.title,
            "note": [{"label": label, "value": value} for label, value in table.note],
            "columns": [{"name": c.name, "label": str(c.label), "type": c.type} for c in table.columns],
        }
        yield ("," if index else "[") + _text(head)[:-1] + ', "rows": ['
        separator, piece = "", []
        for row in table.rows:
            piece.append(separator + _text({c.name: c.to_json(row[c.name]) for c in table.columns}))
            separator = ","
            if len(piece) == PAGE:
                yield "".join(piece)
                piece.clear()
        totals = {c.name: c.to_json(table.total[c.name]) for c in table.columns if c.has_total}
        below = [
            {c.name: label if c is table.columns[0] else c.to_json(cells.get(c.name)) for c in table.columns}
            for label, cells in table.foot
        ]
        more = ', "foot": ' + _text(below) if below else ""
        yield "".join(piece) + '], "totals": ' + _text(totals) + more + "}"
    yield "]\n" if tables else "[]\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def to_csv(tables: Sequence[ReportTable], out: TextIO) -> None:
    """Rows without totals, under the names of the columns; an empty line between two tables. Nothing is a formula."""
    writer = csv.writer(out, lineterminator="\n")
    for index, table in enumerate(tables):
        if index:
            writer.writerow([])
        writer.writerow([column.name for column in table.columns])
        for row in table.rows:
            cells = [column.to_json(row[column.name]) for column in table.columns]
            writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])


def to_text(tables: Sequence[ReportTable], out: TextIO) -> None:
    """For a terminal: columns of a fixed width, numbers to the right."""
    for index, table in enumerate(tables):
        out.write("\n" * bool(index) + table.title + "\n")
        out.writelines(f"{label}: {value}\n" for label, value in table.note)
        columns = table.printed
        out.write("\n" + _padded([str(c.label) for c in columns], columns) + "\n")
        for line in table.lines(_("Total")):
            out.write(_padded(_cells(line, columns), columns) + "\n")


def _cells(line: Line, columns: Sequence[Column]) -> list[str]:
    shown = [line.shown(column) for column in columns]
    return shown if line.kind is LineKind.ROW else [line.label, *shown[1:]]


def _padded(texts: Sequence[str], columns: Sequence[Column]) -> str:
    cells = []
    for text, column in zip(texts, columns, strict=True):
        short = text if len(text) <= column.width else text[: column.width - 1] + "…"
        cells.append(short.rjust(column.width) if column.is_number else short.ljust(column.width))
    return "  ".join(cells).rstrip()
