"""CSV of any usual kind, read strictly: what would change the number of rows or a text is refused."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

from app.domain.formats.header import LOOKED_AT, Beginning, Row, header_among, known_captions
from app.domain.formats.limits import BadTable, Limits, Unreadable
from app.domain.formats.values import NUMBER
from app.domain.text import INVISIBLE, readable

DELIMITERS = ";,\t|"
BLOCK = 1 << 20
SEPARATOR = re.compile(r'"?sep=(.)"?[ \t;,]*\r?\n?', re.IGNORECASE)  # the first line of a file made for Excel
FORMULA = re.compile(r'="((?:[^"]|"")*)"')  # ="00012" keeps Excel from reading a number
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")  # of a formula, for Excel
ESCAPED = re.compile(r"'(?:[=+\-@\t\r']|\d+$)")  # what Excel is not to take for a formula or a number
PLAIN = re.compile(r"(?:[ -&(-<>-~\u0400-\u045f][ -~\u0400-\u045f]*)?").fullmatch  # nothing to be cleaned of
CLOSED = "expected after"  # of csv: "',' expected after '\"'"


def harmless(text: str) -> str:
    """The text as Excel shows it instead of counting it; reading the file takes the apostrophe off again."""
    is_counted = text[:1] in BEGINNINGS and not NUMBER.fullmatch(text)
    return "'" + text if is_counted or ESCAPED.match(text) else text


def begin(stream: BinaryIO, known: Collection[str], _sheet: str, line: int, limits: Limits) -> Beginning:
    encoding, lines = _survey(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    beginning = list(itertools.islice(_lines(text, limits), LOOKED_AT))
    text.seek(0)
    skipped = 0
    if beginning and (said := SEPARATOR.fullmatch(beginning[0])):
        delimiter, skipped = said[1], 1
        text.readline()
    else:
        delimiter = _delimiter(beginning, known, line)
    rows = _rows(_lines(text, limits), delimiter, skipped, limits)
    first = list(itertools.islice(rows, LOOKED_AT if line <= LOOKED_AT else line))
    filled = [(number, cells) for number, cells in first if any(cells)]
    if not filled:
        raise BadTable(Unreadable.EMPTY)
    if line:
        chosen = next((position for position, (number, _cells) in enumerate(filled) if number == line), None)
        if chosen is None:
            raise BadTable(Unreadable.LINE, line)
    else:
        chosen, _most = header_among(filled, known)
    number, header = filled[chosen]
    under = itertools.chain(filled[chosen + 1 :], rows)
    return Beginning(header, number, _whole(under, delimiter, len(header)), lines, first)


def _lines(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    """The lines of the file; none is longer than a row can be."""
    longest = 16 * limits.cell
    while line := text.readline(longest):
        if len(line) == longest:
            raise BadTable(Unreadable.CELL, limit=limits.cell)
        yield line


def _rows(lines: Iterator[str], delimiter: str, skipped: int, limits: Limits) -> Iterator[Row]:
    csv.field_size_limit(limits.cell)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for cells in reader:
            if len(cells) > limits.columns:
                raise BadTable(Unreadable.COLUMNS, line, limits.columns)
            yield line, [cell.strip() if PLAIN(cell) else _meant(cell) for cell in cells]
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error) and skipped + reader.line_num == line:
            raise BadTable(Unreadable.CELL, line, limits.cell) from None
        # A mark that is never closed swallows the rest of the file.
        raise BadTable(Unreadable.AFTER_QUOTE if CLOSED in str(error) else Unreadable.QUOTES, line) from None


def _meant(cell: str) -> str:
    """The text that was meant: without what nobody sees and without what only Excel needs."""
    if cell[:1] == "=" and (formula := FORMULA.fullmatch(cell.strip())):
        cell = formula[1].replace('""', '"')
    elif cell[:1] == "'" and ESCAPED.match(cell):
        return cell[1:].translate(INVISIBLE)
    return readable(cell)


def _whole(rows: Iterator[Row], delimiter: str, width: int) -> Iterator[Row]:
    """The rows; a cell that holds rows of the table is a quotation mark that was not closed where it was meant."""
    for line, cells in rows:
        for position, cell in enumerate(cells):
            if "\n" in cell and _swallows(cell, delimiter, width, position, len(cells)):
                raise BadTable(Unreadable.SWALLOWED, line)
        yield line, cells


def _swallows(cell: str, delimiter: str, width: int, position: int, filled: int) -> bool:
    """Whether lines of the cell are as wide as the table; commas are common in texts, so there all of them must be."""
    widths = [part.count(delimiter) + 1 for part in cell.split("\n")]
    widths[0] += position
    widths[-1] += filled - position - 1
    if width == 1:
        return False
    return set(widths) == {width} if delimiter == "," else width in widths[1:]


def _survey(stream: BinaryIO) -> tuple[str, int]:
    """The encoding, and how many lines there are: one pass, a block at a time."""
    beginning = stream.read(4)
    stream.seek(0)
    wide = beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # "Unicode text" of Excel
    for encoding in ["utf-16"] if wide else ["utf-8-sig", "windows-1251"]:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        stream.seek(0)
        lines = 0
        try:
            while block := stream.read(BLOCK):
                part = decoder.decode(block)
                if "\0" in part:
                    raise BadTable(Unreadable.BINARY, lines + part[: part.index("\0")].count("\n") + 1)
                lines += part.count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, lines
    raise BadTable(Unreadable.ENCODING)


def _delimiter(beginning: list[str], known: Collection[str], line: int) -> str:
    """What splits a line into most known captions; else what splits most of the lines alike; else the first line."""

    def merit(delimiter: str) -> tuple[int, int, list[int]]:
        rows = [_split(each, delimiter) for each in beginning]
        headers = rows[line - 1 : line] if line else rows
        captions = max((known_captions(cells, known) for cells in headers), default=0)
        widths = [len(cells) for cells in rows if any(cells)]
        alike = max((widths.count(width) for width in set(widths) if width > 1), default=0)
        return captions, alike, widths

    return max(DELIMITERS, key=merit)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
