"""Tables that people send: CSV of any usual kind and workbooks become numbered rows of text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from app.domain.formats import csv_file, workbook_file
from app.domain.formats.header import Beginning, is_total
from app.domain.formats.limits import LIMITS, BadTable, Limits, Unreadable

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # xlsx and ods, xls
SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_LENGTH = 20, 50, 100  # of the beginning, to choose the line of the header by
BATCH = 1000  # rows that travel together
BATCH_LENGTH = 1 << 20  # characters, roughly

Row = tuple[int, list[str]]


@dataclass
class Table:
    """Column headers and the rows under them, each with its line number as a person sees it in the file.

    `about` is how many rows to expect, for a progress bar. Empty rows are left
    out, and those that only add up: `totals` has their lines once all is read,
    `broken` what could not be read, by the row that it belongs to, and `passed` what
    is not meant for a row, with the reason and what it is called.
    """

    header: list[str]
    rows: Iterator[Row]
    about: int
    sheet: str = ""  # empty when the file has no sheets
    sheets: list[str] = field(default_factory=list)  # those that are shown
    line: int = 1  # of the header
    beginning: list[Row] = field(default_factory=list)
    kept: int = 0  # of the columns the last ones, which are kept though they be no field
    totals: list[int] = field(default_factory=list)
    broken: list[tuple[int, int]] = field(default_factory=list)  # (line of the row, line that was lost)
    passed: list[tuple[int, str, str]] = field(default_factory=list)


def read(
    stream: BinaryIO, limits: Limits = LIMITS, *, known: Collection[str] = (), sheet: str = "", line: int = 0
) -> Table:
    """The table in the file: its kind, encoding and delimiter are recognised; CSV is read as it is asked for.

    The header is found by the `known` captions (folded) unless its sheet or line is named.
    """
    start = stream.read(8)
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > limits.size:
        raise BadTable(Unreadable.SIZE, limit=limits.size)
    reader = workbook_file if start[:4] in (ZIP, OLE) else csv_file
    found: Beginning = reader.begin(stream, frozenset(known), sheet, line, limits)
    table = Table(
        [_printable(title) for title in found.header],
        iter(()),
        max(found.about - found.line, 0),
        found.sheet,
        found.sheets,
        found.line,
        [(line, [_printable(cell) for cell in cells[:SHOWN_COLUMNS]]) for line, cells in found.first[:SHOWN_ROWS]],
    )
    table.rows = _rows(found.rows, table)
    return table


def _printable(cell: str) -> str:
    """What a page may keep and show of it; a workbook can spell even NUL."""
    return cell.replace("\0", "")[:SHOWN_LENGTH]


def _rows(rows: Iterator[Row], table: Table) -> Iterator[Row]:
    for line, cells in rows:
        if not any(cells):
            continue
        if is_total(cells):
            table.totals.append(line)
            continue
        yield line, cells


def answers(stream: BinaryIO, limits: Limits, **asked: Any) -> Iterator[Any]:
    """The table in parts that can travel from one process to another."""
    yield from taken_apart(read(stream, limits, **asked))


def taken_apart(table: Table) -> Iterator[Any]:
    yield {
        "header": table.header,
        "about": table.about,
        "sheet": table.sheet,
        "sheets": table.sheets,
        "line": table.line,
        "beginning": table.beginning,
        "kept": table.kept,
    }
    batch: list[Row] = []
    length = 0
    for row in table.rows:
        batch.append(row)
        length += sum(map(len, row[1]))
        if len(batch) == BATCH or length > BATCH_LENGTH:
            yield batch
            batch, length = [], 0
    yield batch
    yield {"totals": table.totals, "broken": table.broken, "passed": table.passed}


def assembled(parts: Iterator[Any]) -> Table:
    """The table that was taken apart."""
    table = Table(rows=iter(()), **next(parts))

    def rows() -> Iterator[Row]:
        for part in parts:
            if isinstance(part, dict):
                table.totals, table.broken, table.passed = part["totals"], part["broken"], part["passed"]
            else:
                yield from part

    table.rows = rows()
    return table
