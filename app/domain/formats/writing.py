"""Workbooks that are written: what every sheet of ours has in common."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_ROWS = 1_048_576
DIGITS = 15  # of a number, as a workbook keeps it
# Rows leave memory as they are written; a text is never a formula, a link or a number, whatever it begins with.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def book_name(title: str, day: date) -> str:
    """The file of a workbook that was made that day; a slash would make a folder of its title."""
    return f"{title} {day.isoformat()}.xlsx".replace("/", "-")


def exact(value: Any) -> Any:
    """What is typed, not worked out: a number of more digits than a cell keeps stands as text, so that none is lost."""
    is_long = isinstance(value, Decimal) and len(value.as_tuple().digits) > DIGITS
    return f"{value:f}" if is_long else value


def write_cell(sheet: Worksheet, row: int, column: int, value: Any, style: Format | None) -> None:
    """Numbers are numbers, dates are dates (a moment in the local time that it has), all else is text."""
    if isinstance(value, str):  # most are
        sheet.write_string(row, column, value, style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(row, column, float(value), style)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value), style)
