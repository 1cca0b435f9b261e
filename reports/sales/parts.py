"""What boards of several tables are put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select
from sqlalchemy.orm import Session

from reports.kit.params import Label
from reports.kit.reading import read
from reports.kit.report import Choices
from reports.kit.setup import Setup, Shape
from reports.kit.table import COUNT, ReportTable


@dataclass(frozen=True)
class ReportPart:
    """One table of a board: its shape, and a query with the columns of the shape and `id`."""

    title: Label
    shape: Shape
    query: Select
    note: Sequence[tuple[str, str]] = field(default_factory=list)

    def table(self, session: Session, limit: int | None, texts: Mapping[str, str] | None = None) -> ReportTable:
        wanted = Setup.of(self.shape, texts or {})
        data = read(session, self.query, self.shape, wanted, limit)
        return ReportTable(
            title=str(self.title),
            note=[*self.note, *wanted.note(self.shape)],
            columns=wanted.columns,
            rows=data.rows,
            totals=data.totals,
            group_by=wanted.group_by,
            chart=data.chart,
            sort=wanted.sort,
            hidden=max(data.totals[()][COUNT] - limit, 0) if limit else 0,
            shape=self.shape,
        )


def chosen(asked: Choices, name: str) -> int:
    """The number of the chosen row; 0, which no row has, when nothing is chosen."""
    return asked[name].id if asked[name] else 0
