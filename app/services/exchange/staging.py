"""An import table as it is declared, and the temporary tables that a file is read into before anything is decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, cast

from flask_babel import LazyString
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Integer,
    MetaData,
    Numeric,
    Table,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.viewer import Sees, Viewer
from app.models.base import Base
from app.models.visibility import seen_by, viewer_of
from app.services.exchange.fields import Field, ReferenceField, ValueField
from app.services.exchange.report import ImportReport


class Writing(Protocol):
    """What brings a checked staging into the base."""

    def write(self) -> None: ...


Writer = Callable[["Staging", ImportReport], Writing]
Default = Callable[["Staging"], ColumnElement[Any]]
Rule = Callable[["Staging", ImportReport], None]
LineRule = Callable[[int, Mapping[str, Any], ImportReport], None]


@dataclass(frozen=True)
class ImportTable:
    """One import table: all that import, export, check and screen know of it.

    `key` names the fields by which a known row is recognised. With a `unique`
    key a file names a row once; without one (persons, contacts) the n-th line of
    a key is the n-th known row of it. A table with a `line` model is one of
    documents: one line of the file is one line of the document.
    """

    slug: str
    caption: LazyString
    section: str  # whose rights its export and import need
    model: type[Base]
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    writer: Writer
    unique: bool = True
    line: type[Base] | None = None
    parent: InstrumentedAttribute[Any] | None = None  # of the line: its document
    fixed: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # columns that say where a written row came from
    defaults: Mapping[str, Default] = dataclasses.field(
        default_factory=dict
    )  # what an empty cell means, when it is no constant
    line_rules: tuple[LineRule, ...] = ()  # of one line by itself
    rules: tuple[Rule, ...] = ()  # of the whole file and the base together
    written_by: str = ""  # the section whose right to write makes its rows, when it is another one

    def without(self, lacking: Collection[str]) -> ImportTable:
        """The table for whoever has no right to these sections: without their columns, adding nothing to catalogues."""
        return dataclasses.replace(
            self, fields=tuple(kept for field in self.fields if (kept := field.without(lacking)))
        )

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def values(self) -> tuple[ValueField, ...]:
        return tuple(field for field in self.fields if isinstance(field, ValueField))

    @property
    def line_fields(self) -> tuple[ValueField, ...]:
        return tuple(field for field in self.values if field.attribute.class_ is self.line)

    @property
    def head_fields(self) -> tuple[ValueField, ...]:
        return tuple(field for field in self.values if field.attribute.class_ is not self.line)


def value_columns(fields: tuple[ValueField, ...]) -> Iterator[Column[Any]]:
    for field in fields:
        yield Column(field.name, field.staged_type)
        if isinstance(field, ReferenceField):
            yield Column(field.id_column, Integer)


@dataclass
class Staging:
    """One file on its way into the base.

    `lines` has a row for every line of the file. `heads` has one for every row
    that the import writes: the same table, or the documents of the lines.
    """

    session: Session
    table: ImportTable
    present: frozenset[str]  # the fields that the file has a column for
    now: datetime
    today: date
    lines: Table
    heads: Table

    @classmethod
    def make(cls, session: Session, table: ImportTable, present: frozenset[str], now: datetime, today: date) -> Staging:
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
        if table.line is None:
            columns = (line, *value_columns(table.values), infos, *outcome)
            lines = heads = Table("import_line", metadata, *columns, **temporary)
        else:
            sums: list[Column[Any]] = [
                Column("amount", Numeric(15, 2)),
                Column("cost_amount", Numeric(15, 2)),
                Column("vat_amount", Numeric(15, 2)),
                Column("quantity", Numeric(15, 3)),
                Column("returned", Boolean),
            ]
            lines = Table("import_line", metadata, line, *value_columns(table.values), infos, **temporary)
            heads = Table(
                "import_head", metadata, line.copy(), *value_columns(table.head_fields), *sums, *outcome, **temporary
            )
        metadata.create_all(session.connection())
        return cls(session, table, present, now, today, lines, heads)

    def field(self, name: str) -> ValueField:
        """A field that the table is known to have."""
        return next(field for field in self.table.values if field.name == name)

    def named(self, name: str) -> ColumnElement[Any]:
        """The number of the row that a reference of the heads names."""
        return cast(ColumnElement[Any], self.heads.c[f"{name}__id"])

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
