"""How much a stranger's file may cost, and how it says that it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 1 << 20


class Unreadable(StrEnum):
    """Why a file is no table; after `size` those that a limit stopped."""

    EMPTY = "empty"
    ENCODING = "encoding"
    BINARY = "binary"
    WORKBOOK = "workbook"
    PASSWORD = "password"
    QUOTES = "quotes"
    AFTER_QUOTE = "after_quote"
    SWALLOWED = "swallowed"
    SHEET = "sheet"
    LINE = "line"
    BROKEN = "broken"
    NO_STATEMENT = "no_statement"
    CUT = "cut"
    ODD_LINE = "odd_line"
    ODD_DOCUMENT = "odd_document"
    NO_COMMERCEML = "no_commerceml"
    ENTITIES = "entities"
    XML = "xml"
    ARCHIVE = "archive"
    MEMBER = "member"
    SIZE = "size"
    UNPACKED = "unpacked"
    RATIO = "ratio"
    COLUMNS = "columns"
    CELLS = "cells"
    CELL = "cell"
    MEMORY = "memory"
    TIME = "time"


class BadTable(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """The file cannot be read as a table; `line` says where, as far as it is known, `limit` what was overstepped."""

    def __init__(self, reason: Unreadable, line: int | None = None, limit: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.line, self.limit = reason, line, limit


@dataclass(frozen=True)
class Limits:
    """What one file may have; bytes where nothing else is said."""

    size: int = 128 * MEGABYTE
    unpacked: int = 512 * MEGABYTE
    ratio: int = 250  # unpacked to packed; asked only of what is large unpacked
    columns: int = 1000
    cells: int = 6_000_000  # of a sheet, from its first to its last: that many are held at once
    cell: int = 100_000  # characters
    memory: int = 1024 * MEGABYTE
    seconds: int = 60  # of the processor


LIMITS = Limits()
