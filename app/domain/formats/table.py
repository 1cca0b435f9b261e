"""Tables that people send: CSV of any usual kind and workbooks become numbered rows of text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import python_calamine

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # xlsx and ods, xls
DELIMITERS = ";,\t"
BLOCK = 1 << 20
LONGEST_CELL = 1 << 20


class Unreadable(StrEnum):
    """Why a file is no table."""

    EMPTY = "empty"
    ENCODING = "encoding"
    WORKBOOK = "workbook"
    QUOTES = "quotes"


class BadTable(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """The file cannot be read as a table; `line` says where, as far as it is known."""

    def __init__(self, reason: Unreadable, line: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.line = reason, line


Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Table:
    """Column headers and the rows under them, each with its line number as a person sees it in the file.

    `about` is how many rows to expect, for a progress bar. Empty rows are left out.
    """

    header: list[str]
    rows: Iterator[Row]
    about: int


@contextmanager
def open_table(source: Path | bytes) -> Iterator[Table]:
    """The table in the file: its kind, encoding and delimiter are recognised; CSV is read as it is asked for."""
    stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with stream:
        beginning = stream.read(4)
        stream.seek(0)
        rows, about = _workbook(stream) if beginning in (ZIP, OLE) else _csv(stream)
        rows = ((line, cells) for line, cells in rows if any(cells))
        try:
            line, header = next(rows)
        except StopIteration:
            raise BadTable(Unreadable.EMPTY) from None
        yield Table(header, rows, max(about - line, 0))


def _csv(stream: BinaryIO) -> tuple[Iterator[Row], int]:
    encoding, lines = _survey(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    first = next((line for line in text if line.strip()), "")
    text.seek(0)
    return _csv_rows(text, _delimiter(first)), lines


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter, strict=False)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        # A quotation mark that is never closed swallows the rest of the file.
        raise BadTable(Unreadable.QUOTES, line) from None


def _survey(stream: BinaryIO) -> tuple[str, int]:
    """The encoding, and how many lines there are: one pass, a block at a time."""
    beginning = stream.read(4)
    stream.seek(0)
    candidates = ["utf-8-sig", "windows-1251"]
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]  # "Unicode text" of Excel
    for encoding in candidates:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        stream.seek(0)
        lines = 0
        try:
            while block := stream.read(BLOCK):
                lines += decoder.decode(block).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, lines
    raise BadTable(Unreadable.ENCODING)


def _delimiter(header: str) -> str:
    """The delimiter that splits the header line into most columns."""
    return max(DELIMITERS, key=lambda d: len(next(csv.reader([header], delimiter=d), [])))


def _workbook(stream: BinaryIO) -> tuple[Iterator[Row], int]:
    try:
        book = python_calamine.load_workbook(stream)
        sheets = [name for name in book.sheet_names if book.get_sheet_by_name(name).height]
    except (python_calamine.CalamineError, OSError):
        raise BadTable(Unreadable.WORKBOOK) from None
    if not sheets:
        raise BadTable(Unreadable.EMPTY)
    sheet = book.get_sheet_by_name(sheets[0])
    rows = ((line, [cell_text(cell) for cell in cells]) for line, cells in enumerate(sheet.iter_rows(), 1))
    return rows, sheet.total_height


def cell_text(cell: object) -> str:
    """What a cell of a workbook says, in the spelling that the parsers of values know."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        # 15 digits are what a workbook keeps: 0.1 + 0.2 is 0.3 there.
        return str(int(cell)) if cell.is_integer() else f"{float(f'{cell:.15g}'):.15f}".rstrip("0")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return str(cell).strip()
