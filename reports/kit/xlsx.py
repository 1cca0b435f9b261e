"""Tables as a workbook: numbers are numbers, dates are dates, memory does not grow with the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import BinaryIO

import xlsxwriter
from flask_babel import gettext as _
from xlsxwriter.chart import Chart as XlsxChart
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from app.domain.formats.writing import OPTIONS, SHEET_ROWS, write_cell
from reports.kit.chart import Bars, Chart, Grouped, Pareto, Stacked
from reports.kit.columns import Column, Row
from reports.kit.table import LEAD, Line, LineKind, ReportTable

HEAD_ROW = 3  # title, choices, an empty row; then the head of the table
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def to_xlsx(tables: Sequence[ReportTable], out: BinaryIO) -> None:
    """Write one sheet for each table, and one for its chart."""
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        for table in tables:
            TableSheet(book, table).write()


class Styles:
    """Formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.made: dict[tuple[str, LineKind], Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#666666"})
        self.head = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#EEF1F6", "text_wrap": True, "valign": "vcenter"}
        )

    def of(self, column: Column | None, kind: LineKind) -> Format:
        number = column.excel_format if column else "@"
        if (number, kind) not in self.made:
            look = {"num_format": number, "bold": kind is not LineKind.ROW, "top": int(kind is LineKind.TOTAL)}
            self.made[number, kind] = self.book.add_format(look)
        return self.made[number, kind]


class TableSheet:
    """Writes one table downwards, never going back: that is what keeps the memory flat."""

    def __init__(self, book: Workbook, table: ReportTable) -> None:
        self.book, self.table = book, table
        self.columns = table.printed
        self.spans = table.spans()
        self.styles = Styles(book)
        self.of_rows = [
            (index, column, self.styles.of(column, LineKind.ROW))
            for index, column in enumerate(self.columns)
            if column is not LEAD
        ]
        self.sheet: Worksheet = book.add_worksheet(sheet_name(table.title, book))

    def write(self) -> None:
        sheet, columns = self.sheet, self.columns
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
        sheet.outline_settings(symbols_below=False)
        sheet.write_string(0, 0, self.table.title, self.styles.title)
        sheet.write_string(1, 0, "   ".join(f"{label}: {value}" for label, value in self.table.note), self.styles.note)
        sheet.set_row(HEAD_ROW, 30)
        for index, column in enumerate(columns):
            sheet.write_string(HEAD_ROW, index, str(column.label), self.styles.head)
        sheet.freeze_panes(HEAD_ROW + 1, 1)
        row = self.body()
        last = row - 2 - len(self.table.foot)
        sheet.autofilter(HEAD_ROW, 0, max(last, HEAD_ROW), len(columns) - 1)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD_ROW)
        if len(columns) > 5:
            sheet.set_landscape()
        if self.table.chart:
            ChartSheet(self.book, self.styles, self.table.chart, self.table).write()

    def body(self) -> int:
        """Groups, rows and the total; returns the first free row after them."""
        row = HEAD_ROW + 1
        for line in self.table.lines(_("Total")):
            if line.kind is not LineKind.TOTAL and row == SHEET_ROWS - 2:
                continue  # the sheet is full; the totals are still of all rows
            self.line(row, line)
            row += 1
        return row

    def line(self, row: int, line: Line) -> None:
        if self.table.group_by and line.depth:
            self.sheet.set_row(row, None, None, {"level": line.depth})
        if line.kind is LineKind.ROW:
            self.row(row, line.cells)
        else:
            self.figures(row, line)
        for kept in (self.sheet.row_info, self.sheet.row_sizes):  # written already: the memory stays flat
            kept.pop(row - 1, None)

    def row(self, row: int, cells: Row) -> None:
        """There may be a million of them: what is the same for all is not looked up for each."""
        for index, column, style in self.of_rows:
            value = column.to_excel(cells[column.name])
            if value is not None:
                write_cell(self.sheet, row, index, value, style)

    def figures(self, row: int, line: Line) -> None:
        """Of a group or a total: its name, and what has a total."""
        for index, column in enumerate(self.columns):
            if line.label and index == 0:
                self.sheet.write_string(row, index, line.label, self.styles.of(None, line.kind))
                continue
            style = self.styles.of(column, line.kind)
            value = column.to_excel(line.value(column)) if column.has_total else None
            if value is None:
                self.sheet.write_blank(row, index, None, style)
            elif self.adds_up(column) and (line.kind is LineKind.GROUP or line.cells is self.table.total):
                self.sheet.write_formula(row, index, self.sum_of(row, index, line), style, value)
            else:
                write_cell(self.sheet, row, index, value, style)

    def adds_up(self, column: Column) -> bool:
        """Whether the cells of the sheet make the total: not of rounded percents, nor where the sheet is too short."""
        is_whole = HEAD_ROW + 2 + self.spans[()] < SHEET_ROWS
        return column.is_summed and column.type in {"money", "number"} and is_whole

    def sum_of(self, row: int, index: int, line: Line) -> str:
        """SUBTOTAL leaves out the subtotals inside: each row counts once, and hidden ones do not."""
        under = self.spans[line.prefix]
        first, last = (HEAD_ROW + 1, row - 1) if line.kind is LineKind.TOTAL else (row + 1, row + under)
        return f"=SUBTOTAL(9,{xl_range(first, index, last, index)})"


class ChartSheet:
    """The figures of a chart and the chart itself, drawn by the spreadsheet program."""

    def __init__(self, book: Workbook, styles: Styles, chart: Chart, table: ReportTable) -> None:
        self.book, self.styles, self.chart = book, styles, chart
        columns = {column.name: column for column in chart.columns or table.shape.columns}
        self.columns = [columns[name] for name in (chart.label, *chart.drawn)]
        self.sheet: Worksheet = book.add_worksheet(sheet_name(str(chart.title), book))

    def write(self) -> None:
        for index, column in enumerate(self.columns):
            self.sheet.set_column(index, index, column.width)
            self.sheet.write_string(0, index, str(column.label), self.styles.head)
        for row, cells in enumerate(self.chart.rows, 1):
            for index, column in enumerate(self.columns):
                style = self.styles.of(column, LineKind.ROW)
                write_cell(self.sheet, row, index, column.to_excel(cells[column.name]), style)
        looks = {Stacked: self.stacked, Pareto: self.pareto, Bars: self.bars, Grouped: self.grouped}
        drawn = looks[type(self.chart)]()
        drawn.set_title({"name": str(self.chart.title)})
        drawn.set_legend({"none": True} if isinstance(self.chart, Bars) else {"position": "bottom"})
        drawn.set_size({"width": 1000, "height": 480})
        self.sheet.insert_chart(1, len(self.columns) + 1, drawn)

    def series(self, index: int, **look: object) -> dict[str, object]:
        name, rows = self.sheet.get_name(), len(self.chart.rows)
        return {
            "name": str(self.columns[index].label),
            "categories": [name, 1, 0, rows, 0],
            "values": [name, 1, index, rows, index],
            **look,
        }

    def grouped(self) -> XlsxChart:
        chart = self.book.add_chart({"type": "column"})
        for index in range(1, len(self.columns)):
            chart.add_series(self.series(index))
        return chart

    def bars(self) -> XlsxChart:
        chart = self.book.add_chart({"type": "column"})
        chart.add_series(self.series(1, gap=40))
        chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E6EC"}}})
        return chart

    def pareto(self) -> XlsxChart:
        chart = self.bars()
        line = self.book.add_chart({"type": "line"})
        line.add_series(self.series(2, y2_axis=True, marker={"type": "circle", "size": 4}))
        chart.combine(line)
        line.set_y2_axis({"min": 0, "max": 1, "num_format": "0%"})
        return chart

    def stacked(self) -> XlsxChart:
        chart = self.book.add_chart({"type": "bar", "subtype": "percent_stacked"})
        for index in range(1, len(self.columns)):
            chart.add_series(self.series(index, gap=40))
        chart.set_y_axis({"reverse": True})  # the first row on top, as in the table
        return chart


def sheet_name(title: str, book: Workbook) -> str:
    """A name that spreadsheet programs accept, different from those before it."""
    name = FORBIDDEN.sub(" ", title).strip()[:28] or "1"
    taken = {sheet.get_name().lower() for sheet in book.worksheets()}
    return name if name.lower() not in taken else f"{name} {len(taken) + 1}"
