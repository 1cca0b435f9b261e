"""The temporary tables that a file is read into before anything is decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Date,
    DateTime,
    Executable,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.visibility import seen_by, viewer_of
from app.services.exchange.fields import Field, Type
from app.services.exchange.kinds import Kind

SQL_TYPES: dict[Type, Any] = {
    Type.TEXT: Text,
    Type.DATE: Date,
    Type.MOMENT: DateTime(timezone=True),
    Type.FLAG: Boolean,
    Type.CHOICE: Text,
    Type.REFERENCE: Text,
}


def id_of(field: Field) -> str:
    """The column with the number of the row that a reference names."""
    return f"{field.name}__id"


def value_columns(fields: tuple[Field, ...]) -> Iterator[Column[Any]]:
    for field in fields:
        if field.type is Type.INFO:
            continue
        if field.type is Type.NUMBER:
            yield Column(field.name, Numeric(15, field.scale))
        else:
            yield Column(field.name, SQL_TYPES[field.type])
        if field.type is Type.REFERENCE:
            yield Column(id_of(field), Integer)


@dataclass
class Stage:
    """One file on its way into the base.

    `lines` has a row for every line of the file. `heads` has one for every row
    that the import writes: the same table, or the documents of the lines.
    """

    session: Session
    kind: Kind
    present: frozenset[str]  # the fields that the file has a column for
    now: datetime
    today: date
    lines: Table
    heads: Table

    @classmethod
    def make(cls, session: Session, kind: Kind, present: frozenset[str], now: datetime, today: date) -> Stage:
        metadata = MetaData()
        temporary: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
        outcome = (
            Column("target_id", Integer),
            Column("is_new", Boolean, server_default=false()),
            Column("changed", Boolean, server_default=false()),
            Column("former_order_id", Integer),
        )
        infos = Column("infos", JSONB)
        line = Column("line", Integer)
        if kind.line is None:
            columns = (line, *value_columns(kind.fields), infos, *outcome)
            lines = heads = Table("import_line", metadata, *columns, **temporary)
        else:
            sums: list[Column[Any]] = [
                Column("amount", Numeric(15, 2)),
                Column("cost_amount", Numeric(15, 2)),
                Column("quantity", Numeric(15, 3)),
                Column("returned", Boolean),
            ]
            lines = Table("import_line", metadata, line, *value_columns(kind.fields), infos, **temporary)
            heads = Table(
                "import_head", metadata, line.copy(), *value_columns(kind.head_fields), *sums, *outcome, **temporary
            )
        metadata.create_all(session.connection())
        return cls(session, kind, present, now, today, lines, heads)

    @property
    def connection(self) -> Connection:
        return self.session.connection()

    @property
    def viewer(self) -> Viewer | None:
        viewer = viewer_of(self.session)
        return None if viewer is None or viewer.sees_all else viewer

    @property
    def owner(self) -> int | None:
        """Who becomes the manager of a new counterparty when the file names nobody: whoever sees only his own."""
        viewer = self.viewer
        return viewer.user_id if viewer and Sees.OWN in viewer.sees else None

    def seen(self, model: type) -> ColumnElement[bool]:
        """The rows of the model that whoever imports may see."""
        return seen_by(self.viewer, model)

    def unseen(self, model: type) -> ColumnElement[bool]:
        """All others; a row without a manager too."""
        return func.coalesce(self.seen(model), false()).is_(False)

    def run(self, statement: Executable) -> CursorResult[Any]:
        """Execute past the row rules: the checks apply them where they belong."""
        return cast(CursorResult[Any], self.session.execute(statement, execution_options={"unscoped": True}))

    def drop(self) -> None:
        """For whoever imports several files in one transaction."""
        for name in sorted({self.lines.name, self.heads.name}):
            self.session.execute(text(f"DROP TABLE {name}"))

    def analyze(self) -> None:
        """Temporary tables have no statistics of their own accord."""
        for table in {self.lines.name, self.heads.name}:
            self.session.execute(text(f"ANALYZE {table}"))
