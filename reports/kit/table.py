"""The result of a report: rows with their columns, groups and totals, the same for every exit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reports.kit.chart import Chart
from reports.kit.columns import Column, Row
from reports.kit.params import Param
from reports.kit.setup import Shape

Prefix = tuple[Any, ...]  # values of the grouping columns, outermost first; () is the whole table
COUNT = "_rows"  # beside the totals of columns: how many rows


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


@dataclass(frozen=True)
class ReportTable:
    """Rows come sorted by their groups; totals are of all rows, also of those that are not shown.

    `rows` may be a stream: `lines()` goes through it once. `hidden` is how many
    rows are left out of it.
    """

    title: str
    note: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    rows: Iterable[Row]
    totals: Mapping[Prefix, Row]
    shape: Shape
    group_by: Sequence[Column] = ()
    chart: Chart | None = None
    sort: str = ""
    hidden: int = 0
    own: Sequence[Param] = ()  # what may be asked of own fields

    @property
    def count(self) -> int:
        return int(self.totals[()][COUNT])

    @property
    def total(self) -> Row:
        return self.totals[()]

    def lines(self, total_label: str) -> Iterator[Line]:
        """Group heads with their subtotals, rows, and the total at the end."""
        opened: Prefix = ()
        depth = len(self.group_by)
        for row in self.rows:
            prefix = tuple(row[column.name] for column in self.group_by)
            if prefix != opened:
                same = next((i for i in range(depth) if opened[i : i + 1] != prefix[i : i + 1]), depth)
                for i in range(same, depth):
                    label = f"{self.group_by[i].label}: {self.group_by[i].show(prefix[i]) or '—'}"
                    yield Line(LineKind.GROUP, i, self.totals[prefix[: i + 1]], label)
                opened = prefix
            yield Line(LineKind.ROW, depth, row)
        yield Line(LineKind.TOTAL, 0, self.total, total_label)


def totals_of(rows: Iterable[Row], columns: Collection[Column], group_by: Sequence[Column] = ()) -> dict[Prefix, Row]:
    """Sums and counts of every group and of the whole."""
    added = [column.name for column in columns if column.total and not column.total_of]
    totals: dict[Prefix, dict[str, Any]] = {(): dict.fromkeys([*added, COUNT], 0)}
    for row in rows:
        prefix = tuple(row[column.name] for column in group_by)
        for depth in range(len(prefix) + 1):
            one = totals.setdefault(prefix[:depth], dict.fromkeys([*added, COUNT], 0))
            one[COUNT] += 1
            for name in added:
                one[name] += row[name] or 0
    return {prefix: with_made(row, columns) for prefix, row in totals.items()}


def with_made(totals: Row, columns: Iterable[Column]) -> Row:
    """The totals, and those that are made of them."""
    return {**totals, **{column.name: column.total_of(totals) for column in columns if column.total_of}}
