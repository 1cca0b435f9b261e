"""Workbooks: XLSX, XLS and ODS, what is shown of them; their size is asked before they are opened."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from itertools import chain, islice
from posixpath import normpath
from typing import IO, BinaryIO

import python_calamine
from defusedxml import DefusedXmlException, ElementTree

from app.domain.formats.header import LOOKED_AT, Beginning, Row, header_among
from app.domain.formats.limits import MEGABYTE, BadTable, Limits, Unreadable
from app.domain.text import readable

BLOCK = MEGABYTE
LARGE = 16 * MEGABYTE  # unpacked: what is smaller may be packed as well as it likes
COLUMN, LINE = re.compile(rb' r="([A-Z]{1,3})\d'), re.compile(rb' r="[A-Z]{1,3}(\d{1,7})"')
PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
CELL = rb"<(?:\w{1,9}:)?c\b([^<>]*)>"
COUNTED = rb"<(?:\w{1,9}:)?f\b(?:[^<>]*/>|[^<>]*>[^<>]*</[^<>]*>)"
ERROR = re.compile(CELL + rb"(?:" + COUNTED + rb")?<(?:\w{1,9}:)?v>(#[^<>]{1,20})</")
UNCOUNTED = re.compile(CELL + COUNTED + rb"(?:<(?:\w{1,9}:)?v ?/>|<(?:\w{1,9}:)?v></|</)")
FORMULA = "#FORMULA!"  # what a cell says whose formula nobody counted
SHEET, RELATION = "{*}sheets/{*}sheet", "{*}Relationship"
CANNOT = (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError, IndexError)


@dataclass
class Survey:
    """What the cells of a sheet say of its size, and those that hold an error instead of a value."""

    height: int = 0
    width: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)  # by line and column


Merged = list[tuple[tuple[int, int], tuple[int, int]]]


def begin(stream: BinaryIO, known: Collection[str], sheet: str, line: int, limits: Limits) -> Beginning:
    try:
        parts = _weighed(stream, limits)
        stream.seek(0)
        book = python_calamine.load_workbook(stream)
        return _begin(book, stream, parts, known, sheet, line, limits)
    except python_calamine.PasswordError:
        raise BadTable(Unreadable.PASSWORD) from None
    except BadTable:
        raise
    except CANNOT:
        raise BadTable(Unreadable.WORKBOOK) from None


def _begin(
    book: python_calamine.CalamineWorkbook,
    stream: BinaryIO,
    parts: dict[str, str],
    known: Collection[str],
    sheet: str,
    line: int,
    limits: Limits,
) -> Beginning:
    shown = [
        each.name
        for each in book.sheets_metadata
        if each.visible is python_calamine.SheetVisibleEnum.Visible
        and each.typ is python_calamine.SheetTypeEnum.WorkSheet
    ]
    if sheet and sheet not in shown:
        raise BadTable(Unreadable.SHEET)
    best: Beginning | None = None
    most = -1
    for name in [sheet] if sheet else shown:
        found = _sheet(book, name, _surveyed(stream, parts[name], limits) if name in parts else Survey(), limits)
        if found is None:
            continue
        rows, merged, about = found
        first = list(islice(rows, max(LOOKED_AT, line)))
        titles = spread(first, merged)
        if line:
            chosen, captions = _position(first, line), 0
        else:
            chosen, captions = header_among(titles, known, first)
        if captions > most:
            most = captions
            under = chain(first[chosen + 1 :], rows)
            best = Beginning(titles[chosen][1], titles[chosen][0], under, about, first, name, shown)
    if best is None:
        raise BadTable(Unreadable.EMPTY)
    return best


def _position(rows: list[Row], line: int) -> int:
    if not 0 < line <= len(rows) or not any(rows[line - 1][1]):
        raise BadTable(Unreadable.LINE, line)
    return line - 1


def _sheet(
    book: python_calamine.CalamineWorkbook, name: str, survey: Survey, limits: Limits
) -> tuple[Iterator[Row], Merged, int] | None:
    """The rows of a sheet from its first line, its merged cells, and how many lines there are; None: nothing."""
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None or sheet.end is None:
        return None
    height, width = sheet.end[0] + 1, sheet.end[1] + 1
    _allow(height, width, limits)
    margin = [""] * sheet.start[1]
    errors = survey.errors

    def rows() -> Iterator[Row]:
        for line, values in enumerate(sheet.iter_rows(), 1):
            cells = [*margin, *map(cell_text, values)]
            if line in errors:
                for column, error in errors[line].items():
                    if column <= len(cells):
                        cells[column - 1] = cells[column - 1] or error
            yield line, cells

    return rows(), sheet.merged_cell_ranges or [], height


def spread(rows: list[Row], merged: Merged) -> list[Row]:
    """A title over several columns is the title of each of them."""
    told = [(line, list(cells)) for line, cells in rows]
    width = max((len(cells) for _line, cells in rows), default=0)
    room = len(rows) * width
    for (top, left), (bottom, right) in merged:
        room -= max(min(bottom + 1, len(rows)) - top, 0) * max(min(right + 1, width) - left, 0)
        if room < 0:  # no program lays merged cells upon one another
            break
        for row in range(top, min(bottom + 1, len(told))):
            cells = told[row][1]
            for column in range(left, min(right + 1, len(cells))):
                cells[column] = cells[column] or rows[top][1][left]
    return told


def _allow(height: int, width: int, limits: Limits) -> None:
    if width > limits.columns:
        raise BadTable(Unreadable.COLUMNS, limit=limits.columns)
    if height * width > limits.cells:
        raise BadTable(Unreadable.CELLS, limit=limits.cells)


def _weighed(stream: BinaryIO, limits: Limits) -> dict[str, str]:
    """The part of the archive that holds each sheet, by its name; an archive that unpacks to too much is refused."""
    if stream.read(2) != b"PK":
        return {}
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > limits.unpacked:
            raise BadTable(Unreadable.UNPACKED, limit=limits.unpacked)
        for entry in entries:
            if entry.file_size > LARGE and entry.file_size > limits.ratio * max(entry.compress_size, 1):
                raise BadTable(Unreadable.RATIO, limit=limits.ratio)
        try:
            book = _xml(archive, "xl/workbook.xml")
            targets = {
                each.get("Id"): each.get("Target", "")
                for each in _xml(archive, "xl/_rels/workbook.xml.rels").iterfind(RELATION)
            }
        except (KeyError, ElementTree.ParseError):
            return {}  # no XLSX, or one that is made in another way: the limit of memory remains
        except DefusedXmlException:
            raise BadTable(Unreadable.WORKBOOK) from None
        names = {each.filename.lower(): each.filename for each in entries}
        parts: dict[str, str] = {}
        taken = set()
        for sheet in book.iterfind(SHEET):
            number = next((value for name, value in sheet.items() if name.endswith("}id")), None)
            target = targets.get(number, "")
            part = names.get((target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")).lower())
            name = sheet.get("name", "")
            if part in taken or name in parts:  # each would be read as often as there are such sheets
                raise BadTable(Unreadable.WORKBOOK)
            if part:
                parts[name] = part
                taken.add(part)
        return parts


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with archive.open(name) as part:
        return ElementTree.fromstring(part.read(16 * MEGABYTE), forbid_dtd=True)


def _surveyed(stream: BinaryIO, part: str, limits: Limits) -> Survey:
    """The size of the sheet and its errors, from its text: the reader of workbooks makes room for every cell between
    the first and the last, and tells nothing of errors."""
    survey = Survey()
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive, archive.open(part) as text:
        for block in _blocks(text):
            _look(block, survey, limits)
    return survey


def _blocks(text: IO[bytes]) -> Iterator[bytes]:
    """The text of a sheet in pieces that end with a row."""
    kept = b""
    while block := text.read(BLOCK):
        kept += block
        cut = max(kept.rfind(b"<row "), kept.rfind(b":row "))
        if cut > 0:
            yield kept[:cut]
            kept = kept[cut:]
    yield kept


def _look(block: bytes, survey: Survey, limits: Limits) -> None:
    columns = set(COLUMN.findall(block))
    if columns:
        survey.width = max(survey.width, *map(column_number, columns))
        survey.height = max(survey.height, *map(int, set(LINE.findall(block))))
        _allow(survey.height, survey.width, limits)
    if b't="e"' in block:
        for attributes, error in ERROR.findall(block):
            _note(attributes, error.decode("ascii", "replace"), survey)
    for attributes in UNCOUNTED.findall(block):
        if b't="str"' not in attributes:  # a formula may well give an empty text
            _note(attributes, FORMULA, survey)


def _note(attributes: bytes, error: str, survey: Survey) -> None:
    place = PLACE.search(attributes)
    if place:
        survey.errors.setdefault(int(place[2]), {})[column_number(place[1])] = error


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def cell_text(cell: object) -> str:
    """What a cell of a workbook says, in the spelling that the parsers of values know."""
    if isinstance(cell, str):
        return readable(cell)
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        # 15 digits are what a workbook keeps: 0.1 + 0.2 is 0.3 there.
        return str(int(cell)) if cell.is_integer() else f"{Decimal(f'{cell:.15g}'):f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    return str(cell)
