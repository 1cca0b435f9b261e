"""The result of a report: rows with their columns, groups and totals, the same for every exit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from reports.kit.chart import Chart
from reports.kit.columns import NOTHING, Column, Row, Text
from reports.kit.conditions import Condition
from reports.kit.grouping import Grouping
from reports.kit.params import Param
from reports.kit.setup import Setup, Shape

Prefix = tuple[Any, ...]  # values of the groups, outermost first; () is the whole table
COUNT = "_rows"  # beside the totals of columns: how many rows
LEAD = Text("_lead", "")  # where heads of groups are printed when every column is of figures


class LineKind(StrEnum):
    GROUP = "group"
    ROW = "row"
    TOTAL = "total"


@dataclass(frozen=True)
class Line:
    """What is printed as one line; `depth` is how many groups it is in. `label` is of a group or a total."""

    kind: LineKind
    depth: int
    cells: Row
    label: str = ""
    prefix: Prefix = ()

    def value(self, column: Column) -> Any:
        """What stands in the column; of a group or a total nothing but what has one."""
        if self.kind is LineKind.ROW:
            return None if column is LEAD else self.cells[column.name]
        return self.cells[column.name] if column.has_total else None

    def shown(self, column: Column) -> str:
        return column.show(self.value(column)) if self.kind is LineKind.ROW or column.has_total else NOTHING


@dataclass(frozen=True)
class ReportTable:
    """Rows come sorted by their groups; totals are of all rows, also of those that are not shown.

    `rows` may be a stream: `lines()` goes through it once. `hidden` is how many rows are left out of it. A table
    without its rows has the innermost groups in their place, so many `groups` in all: `group_by` are those around
    them, `gathered` all. Totals are of the groups that are shown.
    """

    title: str
    note: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    rows: Iterable[Row]
    totals: Mapping[Prefix, Row]
    shape: Shape
    setup: Setup
    chart: Chart | None = None
    groups: int = 0
    hidden: int = 0
    own: Sequence[Param] = ()  # what may be asked of own fields
    foot: Sequence[tuple[str, Row]] = ()  # lines below the total, with their labels

    @property
    def gathered(self) -> Sequence[Grouping]:
        return self.setup.groups[: self.setup.detail]

    @property
    def group_by(self) -> Sequence[Grouping]:
        return self.gathered if self.setup.detail is None else self.gathered[:-1]

    @property
    def sort(self) -> str:
        return self.setup.sort

    @property
    def count(self) -> int:
        return int(self.totals[()][COUNT])

    @property
    def length(self) -> int:
        """How many rows there are in all, or innermost groups in their place."""
        return self.count if self.setup.detail is None else self.groups

    @property
    def total(self) -> Row:
        return self.totals[()]

    @cached_property
    def printed(self) -> Sequence[Column]:
        """The columns for people: what heads of groups say is not said again in each row."""
        said = {group.name for group in self.group_by}
        left = [column for column in self.columns if column.name not in said]
        # The first column is where groups and totals are named.
        return left if left and not left[0].has_total else [LEAD, *left]

    @cached_property
    def lead_span(self) -> int:
        """How many columns the name of a group or a total may take: up to the first figure."""
        return next((place for place, column in enumerate(self.printed) if column.has_total), len(self.printed))

    def lines(self, total_label: str) -> Iterator[Line]:
        """Group heads with their subtotals, rows, and the total at the end, with what stands below it."""
        opened: Prefix = ()
        depth = len(self.group_by)
        for row in self.rows:
            prefix = tuple(group.key_of(row) for group in self.group_by)
            if prefix != opened:
                same = next((i for i in range(depth) if opened[i : i + 1] != prefix[i : i + 1]), depth)
                for i in range(same, depth):
                    column = self.group_by[i].column
                    label = f"{column.label}: {column.show(row[column.name]) or '—'}"
                    yield Line(LineKind.GROUP, i, self.totals[prefix[: i + 1]], label, prefix[: i + 1])
                opened = prefix
            yield Line(
                LineKind.ROW, depth, row, prefix=(*prefix, *(group.key_of(row) for group in self.gathered[depth:]))
            )
        yield Line(LineKind.TOTAL, 0, self.total, total_label)
        for label, cells in self.foot:
            yield Line(LineKind.TOTAL, 0, cells, label)

    def spans(self) -> Mapping[Prefix, int]:
        """How many lines stand under the head of each group; of (): in all, without the total."""
        spans: Counter[Prefix] = Counter()
        for prefix, totals in self.totals.items():
            for depth in range(len(prefix)):
                spans[prefix[:depth]] += 1
            if self.setup.detail is None and len(prefix) == len(self.group_by):
                for depth in range(len(prefix) + 1):
                    spans[prefix[:depth]] += totals[COUNT]
        return spans

    def behind(self, line: Line) -> list[Condition]:
        """The conditions that lead to the rows that the figures of a line are made of; their total is the line's."""
        return [group.behind(line.cells) for group in self.gathered[: len(line.prefix)]]


def totals_of(rows: Iterable[Row], columns: Collection[Column], groups: Sequence[Grouping] = ()) -> dict[Prefix, Row]:
    """Sums and counts of every group and of the whole."""
    added = [column.name for column in columns if column.is_summed]
    totals: dict[Prefix, dict[str, Any]] = {(): dict.fromkeys([*added, COUNT], 0)}
    for row in rows:
        prefix = tuple(group.key_of(row) for group in groups)
        for depth in range(len(prefix) + 1):
            one = totals.get(prefix[:depth])
            if one is None:
                one = totals[prefix[:depth]] = dict.fromkeys([*added, COUNT], 0) | common_values(groups, prefix[:depth])
            one[COUNT] += 1
            for name in added:
                one[name] += row[name] or 0
    return {prefix: with_made(row, columns) for prefix, row in totals.items()}


def common_values(groups: Sequence[Grouping], prefix: Prefix) -> dict[str, Any]:
    """What the rows of a group have in common, by its names in a row."""
    common: dict[str, Any] = {}
    for group, key in zip(groups, prefix, strict=False):
        if group.of.identity:
            common[group.name], common[group.of.identity] = key
        else:
            common[group.name] = key
    return common


def with_made(totals: Row, columns: Iterable[Column]) -> Row:
    """The totals, and those that are made of them."""
    return {**totals, **{column.name: column.total_of(totals) for column in columns if column.total_of}}
