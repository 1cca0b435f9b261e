"""Charts of a report, said once: the page draws them with echarts, a workbook with its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from decimal import Decimal
from typing import Any, Self

from reports.kit.columns import Column, Row
from reports.kit.params import Label


@dataclass(frozen=True)
class Chart:
    """At most `top` rows of a table by `label`; a descendant says what is drawn of them. The names are of columns.

    A chart of a workbook alone may have `columns` and `rows` of its own.
    """

    title: Label
    label: str
    _: KW_ONLY
    top: int = 30
    rows: Sequence[Row] = ()
    columns: Sequence[Column] = ()

    @property
    def drawn(self) -> Sequence[str]:
        """The columns whose figures are drawn."""
        raise NotImplementedError

    @property
    def order(self) -> Sequence[str]:
        """Which rows come first, where it is not those that the report shows first."""
        return ()

    def of(self, rows: Sequence[Row]) -> Self | None:
        """The chart of these rows; None when there is nothing to draw."""
        return replace(self, rows=rows[: self.top]) if rows else None

    def spec(self, columns: Mapping[str, Column]) -> dict[str, Any]:
        raise NotImplementedError

    def series(self, column: Column) -> dict[str, Any]:
        values = [row[column.name] for row in self.rows]
        return {
            "name": str(column.label),
            "values": [None if value is None else float(value) for value in values],
            "shown": [column.show(value) for value in values],
        }


@dataclass(frozen=True)
class Bars(Chart):
    """`bars` alone."""

    _: KW_ONLY
    bars: str

    @property
    def drawn(self) -> Sequence[str]:
        return (self.bars,)

    def spec(self, columns: Mapping[str, Column]) -> dict[str, Any]:
        return {"bars": self.series(columns[self.bars])}


@dataclass(frozen=True)
class Pareto(Chart):
    """The greatest `bars`, with the running share of the whole as a line.

    `line` is a percent, `borders` are lines across it. Bars that differ in `kind` differ in colour;
    `kinds` are the words of the legend.
    """

    _: KW_ONLY
    bars: str
    line: str
    kind: str = ""
    kinds: Mapping[str, Label] = field(default_factory=dict)
    borders: Sequence[Decimal] = ()

    @property
    def drawn(self) -> Sequence[str]:
        return (self.bars, self.line)

    @property
    def order(self) -> Sequence[str]:
        return (f"-{self.bars}", "id")

    def of(self, rows: Sequence[Row]) -> Self | None:
        positive = [row for row in rows if (row[self.bars] or 0) > 0]
        return super().of(sorted(positive, key=lambda row: -row[self.bars]))

    def spec(self, columns: Mapping[str, Column]) -> dict[str, Any]:
        kinds = [row.get(self.kind) or "" for row in self.rows]
        return {
            "bars": {**self.series(columns[self.bars]), "kinds": kinds},
            "line": self.series(columns[self.line]),
            "kinds": {kind: str(label) for kind, label in self.kinds.items()},
            "borders": [float(border) for border in self.borders],
        }


@dataclass(frozen=True)
class Stacked(Chart):
    """One bar a row, made of `parts`: each as its share of the bar, so that small rows are seen beside great ones."""

    _: KW_ONLY
    parts: Sequence[str]

    @property
    def drawn(self) -> Sequence[str]:
        return self.parts

    def spec(self, columns: Mapping[str, Column]) -> dict[str, Any]:
        return {"parts": [{**self.series(columns[name]), "kind": name} for name in self.parts]}


@dataclass(frozen=True)
class Grouped(Chart):
    """A bar of each of `parts` beside the others, for every row; the parts are of one kind: all money, all percents."""

    _: KW_ONLY
    parts: Sequence[str]

    @property
    def drawn(self) -> Sequence[str]:
        return self.parts

    def spec(self, columns: Mapping[str, Column]) -> dict[str, Any]:
        return {"grouped": [self.series(columns[name]) for name in self.parts]}


def chart_spec(chart: Chart, columns: Sequence[Column]) -> dict[str, Any]:
    """Plain data for app/static/js/charts.js: the look, colours and words of numbers are made there."""
    by_name = {column.name: column for column in columns}
    return {
        "title": str(chart.title),
        "labels": [by_name[chart.label].show(row[chart.label]) for row in chart.rows],
        **chart.spec(by_name),
    }
