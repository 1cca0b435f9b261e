"""`python -m bench.writing ours|bare ROWS`: writes a workbook of twelve columns and prints the seconds that it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from tempfile import TemporaryFile
from typing import BinaryIO

import xlsxwriter
from flask import Flask
from flask_babel import Babel

from app.domain.formats.writing import OPTIONS
from reports.kit.columns import Choice, Column, Date, Money, Number, Percent, Row, Text
from reports.kit.setup import Setup, Shape
from reports.kit.table import COUNT, ReportTable
from reports.kit.xlsx import to_xlsx

COLUMNS: tuple[Column, ...] = (
    *(Text("code", "Code"), Text("buyer", "Buyer"), Text("manager", "Manager"), Choice("abc", "Class")),
    *(Date("since", "Since"), Date("until", "Until"), Number("lines", "Lines")),
    *(Money(name, name, total=True) for name in ("revenue", "cost", "profit")),
    *(Percent("share", "Share"), Percent("margin", "Margin")),
)
FIRST = date(2026, 1, 1)


def rows(many: int) -> Iterator[Row]:
    for n in range(many):
        yield {
            **{"code": f"{n:06}", "buyer": f"Buyer {n % 5000}", "manager": f"Manager {n % 20}", "abc": "A"},
            **{"since": FIRST + timedelta(n % 200), "until": FIRST + timedelta(n % 300), "lines": n % 100},
            **{"revenue": Decimal(n * 7) / 100, "cost": Decimal(n * 3) / 100, "profit": Decimal(n) / 25},
            **{"share": Decimal(n % 9999) / 77, "margin": Decimal(n % 10_000) / 100},
        }


def ours(many: int, out: BinaryIO) -> None:
    shape = Shape(columns=COLUMNS, order=("code",))
    totals = {(): {COUNT: many} | {column.name: 0 for column in COLUMNS if column.has_total}}
    to_xlsx([ReportTable("Buyers", [], COLUMNS, rows(many), totals, shape, Setup.of(shape, {}, None))], out)


def bare(many: int, out: BinaryIO) -> None:
    """What such a sheet needs at least: each cell of its type, in its format."""
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        sheet = book.add_worksheet()
        styles = [book.add_format({"num_format": column.excel_format}) for column in COLUMNS]
        writes = {"text": sheet.write_string, "date": sheet.write_datetime}
        cells = [(column.name, writes.get(column.type, sheet.write_number)) for column in COLUMNS]
        for number, row in enumerate(rows(many)):
            for place, (name, write) in enumerate(cells):
                write(number, place, row[name], styles[place])


def main() -> None:
    who, many = sys.argv[1], int(sys.argv[2])
    app = Flask("bench")
    Babel(app)
    with app.test_request_context(), TemporaryFile() as out:
        started = time.perf_counter()
        (ours if who == "ours" else bare)(many, out)
        print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
