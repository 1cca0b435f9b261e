"""Charts of a report, said once: the page draws them with echarts, a workbook with its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports.kit.columns import Column, Row
from reports.kit.params import Label


@dataclass(frozen=True)
class Chart:
    """Bars of the `top` greatest `bars` by `label`, with the running share of the whole as a line (Pareto).

    The names are of columns; `line` is a percent. Bars that differ in `kind` differ in colour.
    A chart of a workbook alone may have no line, and `columns` and `rows` of its own.
    """

    title: Label
    label: str
    bars: str
    line: str = ""
    kind: str = ""
    top: int = 30
    rows: Sequence[Row] = ()
    columns: Sequence[Column] = ()

    def of(self, rows: Sequence[Row]) -> Chart | None:
        """The chart of these rows; None when there is nothing to draw."""
        positive = [row for row in rows if (row[self.bars] or 0) > 0]
        greatest = sorted(positive, key=lambda row: -row[self.bars])[: self.top]
        return replace(self, rows=greatest) if greatest else None


def chart_spec(chart: Chart, columns: Sequence[Column]) -> dict[str, Any]:
    """Plain data for app/static/js/charts.js: the look, colours and words of numbers are made there."""
    by_name = {column.name: column for column in columns}
    return {
        "title": str(chart.title),
        "labels": [by_name[chart.label].show(row[chart.label]) for row in chart.rows],
        "bars": {
            "name": str(by_name[chart.bars].label),
            "values": [float(row[chart.bars]) for row in chart.rows],
            "shown": [by_name[chart.bars].show(row[chart.bars]) for row in chart.rows],
            "kinds": [row.get(chart.kind) or "" for row in chart.rows],
        },
        "line": {
            "name": str(by_name[chart.line].label),
            "values": [float(row[chart.line]) for row in chart.rows],
            "shown": [by_name[chart.line].show(row[chart.line]) for row in chart.rows],
        },
    }
