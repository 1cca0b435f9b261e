"""The wrong lines of a file that is imported without them, and the workbook that gives them back with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import xlsxwriter
from flask_babel import gettext as _

from app.domain.formats.writing import OPTIONS
from app.domain.text import fold
from app.services.exchange.columns import Columns
from app.services.exchange.report import ImportReport, LineError
from app.services.exchange.staging import ImportTable


class LeftOut:
    """Lines that are wrong, and the documents that they belong to: these are left out whole.

    `grew` tells that the file must be read once more: a document was met whose earlier lines were taken.
    """

    def __init__(self) -> None:
        self.lines: set[int] = set()
        self.errors: list[LineError] = []
        self.count = 0
        self.reasons: dict[int, list[str]] = {}
        self.documents: set[str] = set()
        self.grew = False
        self.rows: dict[int, tuple[list[str], str]] = {}
        self.number: int | None = None  # the column that names the document

    def begin(self, table: ImportTable, columns: Columns) -> None:
        field = table.field("number") if table.line is not None else None
        self.number = columns[field][0] if field in columns else None
        self.grew = False

    def add(self, report: ImportReport) -> None:
        self.lines |= report.wrong_lines
        self.errors += report.wrong
        self.count += report.wrong_count
        for error in report.wrong:
            self.reasons.setdefault(error.line, []).append(error.text)

    def takes(self, line: int, cells: list[str]) -> bool:
        """Whether the line is left out; its cells are kept then."""
        if not self.lines:
            return False
        document = "" if self.number is None or self.number >= len(cells) else fold(cells[self.number])
        if line in self.lines:
            if document and document not in self.documents:
                self.documents.add(document)
                self.grew = True
        elif not document or document not in self.documents:
            return False
        reasons = dict.fromkeys(self.reasons.get(line, [_("Another line of this document is wrong.")]))
        self.rows[line] = (cells, "; ".join(reasons))
        return True


def write_wrong(report: ImportReport, target: Path | IO[bytes]) -> None:
    """The lines that were left out as a workbook that can be corrected and imported; the last column has reasons."""
    with xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), OPTIONS) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        width = len(report.header)
        for column, title in enumerate([*report.header, _("What is wrong")]):
            sheet.write_string(0, column, title, bold)
        for row, (_line, (cells, reason)) in enumerate(sorted(report.wrong_rows.items()), 1):
            for column, cell in enumerate(cells[:width]):
                sheet.write_string(row, column, cell)
            sheet.write_string(row, width, reason)
