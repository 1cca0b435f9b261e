"""Tables on paper, as PDF: the head on every page, choices on top, as wide a sheet as the columns need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from flask_babel import get_locale
from flask_babel import gettext as _

from app.domain.formats.pdf import FONT, typeset
from app.errors import Refused
from reports.kit.columns import Column
from reports.kit.table import LineKind, ReportTable

TEMPLATE = (Path(__file__).parent / "paper.typ").read_text(encoding="utf-8")
MOST = 10_000  # rows of one paper: nobody reads more, and all of them are in memory
BOLD = 1.08
GAP = 0.7  # between columns, in widths of the letter M, as all widths of texts
NARROW, WIDE = frozenset(" .,:;!|'()[]ilItjfrг-–·"), frozenset("шщжюыфмШЩЖЮЫФМДWMmw@%№—")


@dataclass(frozen=True)
class Sheet:
    """A size of paper and of letters, and how wide a column of text may grow before its rows take two lines."""

    paper: str
    flipped: bool
    room: float  # millimetres
    size: float  # points
    cap: float

    @property
    def capacity(self) -> float:
        return self.room / (self.size * 0.3528)


SHEETS = (
    Sheet("a4", False, 186, 9, 26),
    Sheet("a4", True, 273, 9, 26),
    Sheet("a4", True, 273, 8, 20),
    Sheet("a4", True, 273, 7, 14),
    Sheet("a3", True, 396, 7, 20),
    Sheet("a3", True, 396, 6, 12),
)


def to_pdf(tables: Sequence[ReportTable], out: BinaryIO) -> None:
    """Each table begins a page. Refused where the rows are too many for paper."""
    many = sum(table.length for table in tables)
    if many > MOST:
        raise Refused(
            _(
                "On paper there is room for %(most)s rows, and there are %(many)s. Excel has every row.",
                most=MOST,
                many=many,
            )
        )
    data = {
        "font": FONT,
        "lang": str(get_locale() or "ru"),
        "tables": [laid_out(table) for table in tables],
    }
    out.write(typeset(TEMPLATE, data, tagged=False))


def laid_out(table: ReportTable) -> dict[str, Any]:
    """What the template prints, with the widths of columns in millimetres."""
    columns = table.printed
    shown = ((line, [line.shown(column) for column in columns]) for line in table.lines(_("Total")))
    # Where nothing is added up there is no total to print.
    lines = [
        (line.kind, line.depth, line.label, cells)
        for line, cells in shown
        if line.kind is not LineKind.TOTAL or any(cells)
    ]
    needs = [
        max(
            ((BOLD if kind is not LineKind.ROW else 1) * ems(cells[place]) for kind, _depth, _label, cells in lines),
            default=0,
        )
        for place in range(len(columns))
    ]
    heads = [max((ems(word) * BOLD for word in str(column.label).split()), default=0) for column in columns]
    sheet, widths = fitted(columns, needs, heads)
    return {
        "title": table.title,
        "note": list(table.note),
        "paper": sheet.paper,
        "flipped": sheet.flipped,
        "room": sheet.room,
        "size": sheet.size,
        "columns": {
            "widths": [round(width * sheet.room / sheet.capacity, 2) for width in widths],
            "right": [column.is_number for column in columns],
            "span": table.lead_span,
        },
        "head": [str(column.label) for column in columns],
        "lines": [(kind.value, depth, is_long(cells, widths), label, cells) for kind, depth, label, cells in lines],
    }


def fitted(columns: Sequence[Column], needs: Sequence[float], heads: Sequence[float]) -> tuple[Sheet, list[float]]:
    """The first sheet that has room for all columns, and how wide they are on it; the last one, made to fit."""
    for sheet in SHEETS:
        widths = [
            max(head, need if column.is_number else min(need, sheet.cap)) + GAP
            for column, need, head in zip(columns, needs, heads, strict=True)
        ]
        if sum(widths) <= sheet.capacity * 0.99:
            break
    stretch = min(sheet.capacity * 0.99 / sum(widths), 1.5)
    return sheet, [width * stretch for width in widths]


def is_long(cells: Sequence[str], widths: Sequence[float]) -> bool:
    return any(ems(text) > width - GAP for text, width in zip(cells, widths, strict=True))


def ems(text: str) -> float:
    """About how wide a text is, rather too wide: a row that is taken for long is only printed with more work."""
    return sum(
        0.33 if c in NARROW else 0.47 if c.isdigit() else 0.85 if c in WIDE else 0.7 if c.isupper() else 0.54
        for c in text
    )
