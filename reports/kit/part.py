"""What boards of several tables are put together from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, cast, literal, select, values
from sqlalchemy.orm import Session

from reports.kit.comparing import Asking
from reports.kit.params import Label
from reports.kit.reading import table_of
from reports.kit.report import Choices
from reports.kit.setup import Setup, Shape
from reports.kit.table import ReportTable


@dataclass(frozen=True)
class ReportPart:
    """One table of a board: its shape, and a query with the columns of the shape and `id`."""

    title: Label
    shape: Shape
    query: Select
    note: Sequence[tuple[str, str]] = field(default_factory=list)

    def table(self, session: Session, limit: int | None, asked: Choices | None = None) -> ReportTable:
        """With choices given, as they say: of a board they are about one table."""
        asking = Asking(session, asked.today) if asked else None
        wanted = Setup.of(self.shape, asked.texts if asked else {}, asking)
        note = [*self.note, *wanted.note(self.shape, session)]
        return table_of(session, self.query, self.shape, wanted, limit, title=str(self.title), note=note)


def made_of(columns: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> Select:
    """A select of rows that are in memory; of none too."""
    table = values(*columns, name="made").data(rows or [tuple(None for _column in columns)])
    typed = (cast(table.c[one.name], one.type).label(one.name) for one in columns)  # a column of NULLs has no type
    return select(*typed).where(literal(bool(rows)))
