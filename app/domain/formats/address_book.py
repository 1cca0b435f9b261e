"""Address books as tables of people: vCard, and the contacts of Outlook in a file of columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from app.domain.formats import outlook, people, table, vcard
from app.domain.formats.limits import BadTable, Limits, Unreadable
from app.domain.formats.table import Row, Table

LOOKED_AT = 256  # bytes by which a file of cards is recognised


def answers(stream: BinaryIO, limits: Limits, **asked: Any) -> Iterator[Any]:
    """The people of the file in parts that can travel from one process to another."""
    yield from table.taken_apart(read(stream, limits, **asked))


def read(stream: BinaryIO, limits: Limits, *, known: Collection[str] = (), sheet: str = "", line: int = 0) -> Table:
    """The people of the file, whichever of the two it is, in the same columns."""
    beginning = stream.read(LOOKED_AT)
    size = stream.seek(0, 2)
    stream.seek(0)
    if not vcard.is_vcard(beginning):
        return _columns(table.read(stream, limits, known=outlook.captions() | set(known), sheet=sheet, line=line))
    if size > limits.size:
        raise BadTable(Unreadable.SIZE, limit=limits.size)
    return people.read_vcards(stream.read(), limits)


def _columns(found: Table) -> Table:
    """The table of Outlook as one of people; one that has our columns already stays as it is."""
    columns = outlook.OutlookColumns(found.header)
    if columns.plain["last_name"] is None and columns.plain["first_name"] is None:
        return found
    source = found.rows

    def row(cells: list[str]) -> list[str]:
        return [*columns.row(cells), *(cells[place] if place < len(cells) else "" for place in columns.others)]

    def rows() -> Iterator[Row]:
        for line, cells in source:
            yield line, row(cells)

    # What no field of ours is meant by may be made one by whoever imports; otherwise it is kept as it is.
    header = [*people.HEADER, *(found.header[place] for place in columns.others)]
    shown = [(line, row(cells)) for line, cells in found.beginning if line > found.line]
    return replace(found, header=header, rows=rows(), beginning=shown, kept=len(columns.others))
