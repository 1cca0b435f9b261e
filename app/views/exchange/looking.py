"""Where in a file its table is: found, or chosen on the page; what the page shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.formats.commerceml import OFFER_COLUMNS, Holds
from app.services import exchange
from app.services.exchange import ImportTable
from app.services.exchange.columns import captions
from app.services.exchange.opening import Place
from app.web.forms.fields import row_number

SAMPLES = 3  # first rows of the file, to tell its columns


def looked_at(table: ImportTable, content: bytes, place: Place | None = None) -> dict[str, Any]:
    """What the job keeps of the file: its sheets, the sheet and line of the header, the header and the first rows."""
    if table.parts:
        with exchange.opened_sheets(content, reader=table.reader) as file:
            offers = file.table(Holds.PRICES).header if Holds.PRICES in file.found else []
            return {
                "sheet": "",
                "sheets": [],
                "line": 0,
                "header": [],
                "first": [],
                "prices": offers[len(OFFER_COLUMNS) :],
            }
    with exchange.opened(content, captions(table), place, reader=table.reader) as file:
        rows = [cells for line, cells in file.beginning if line > file.line and any(cells)]
        return {
            "sheet": file.sheet,
            "sheets": file.sheets,
            "line": file.line,
            "header": file.header,
            "first": rows[:SAMPLES],
        }


def place_chosen(params: Mapping[str, Any], form: Mapping[str, str]) -> Place | None:
    """The place that was chosen instead of the one that the job knows; on another sheet the header is found again."""
    sheet, line = form.get("sheet", params.get("sheet", "")), row_number(form.get("line", "")) or params.get("line", 1)
    if sheet != params.get("sheet", ""):
        return Place(sheet, line if line != params.get("line", 1) else 0)
    return Place(sheet, line) if line != params.get("line", 1) else None
