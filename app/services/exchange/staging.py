"""An import table as it is declared, and the temporary tables that a file is read into before anything is decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol, cast

from flask_babel import LazyString
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Computed,
    Connection,
    CursorResult,
    Executable,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    false,
    func,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.viewer import Sees, Viewer
from app.models.base import Base
from app.models.visibility import seen_by, viewer_of
from app.services.exchange.fields import BroughtField, Field, ReferenceField, ValueField, WordsField, as_written
from app.services.exchange.report import ImportReport


class Writing(Protocol):
    """What brings a checked staging into the base."""

    def write(self) -> None: ...


Writer = Callable[["Staging", ImportReport], Writing]
Default = Callable[["Staging"], ColumnElement[Any]]
Rule = Callable[["Staging", ImportReport], None]
LineRule = Callable[[int, dict[str, Any], ImportReport], None]


@dataclass(frozen=True)
class Part:
    """A value of a line that a known row has too: its field, and how both are made comparable."""

    name: str
    folded: Callable[[Any], Any] = as_written
    known: Any = None  # what the base has; otherwise the folded column of the field


@dataclass(frozen=True)
class Way:
    """One way to recognise a known row: the line says all the parts, and the row has them all.

    It is not for lines that say something `unless`; `also` is one more condition on the heads and the rows.
    """

    parts: tuple[Part, ...]
    unless: tuple[str, ...] = ()
    also: Callable[[Any], ColumnElement[bool]] | None = None


def way(*names: str) -> Way:
    return Way(tuple(Part(name) for name in names))


@dataclass(frozen=True)
class Brings:
    """Rows of another table that a file may bring along: those that a reference of its own rows names.

    A known one is recognised by all that the line says of it, and left as it is; `made` by whoever may write them.
    `by_name`: a file brings them only when it has a column with their names.
    """

    reference: str
    table: ImportTable
    line_rules: tuple[LineRule, ...] = ()
    made: bool = True
    by_name: bool = False

    def without(self, lacking: Collection[str]) -> Brings:
        made = self.made and self.table.section not in lacking
        return dataclasses.replace(self, table=self.table.without(lacking), made=made)


@dataclass(frozen=True)
class ImportTable:
    """One import table: all that import, export, check and screen know of it.

    Each of `ways` recognises known rows, the first that fits. With `in_order`
    instead (persons, contacts) the n-th line of these fields is the n-th known
    row of them; a line without the first of them is looked for by `or_in_order`.
    A table with a `line` model is one of documents: one line of the file is one
    line of the document.
    """

    slug: str
    caption: LazyString
    section: str  # whose rights its export and import need
    model: type[Base]
    fields: tuple[Field, ...]
    writer: Writer
    ways: tuple[Way, ...] = ()
    in_order: tuple[str, ...] = ()
    or_in_order: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()  # by which its known rows may be looked for; its rows may be chosen one by one
    line: type[Base] | None = None
    parent: InstrumentedAttribute[Any] | None = None  # of the line: its document
    fixed: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # columns that no file gives
    defaults: Mapping[str, Default] = dataclasses.field(default_factory=dict)  # of empty cells, when it is no constant
    line_rules: tuple[LineRule, ...] = ()  # of one line by itself
    rules: tuple[Rule, ...] = ()  # of the whole file and the base together
    guards: Mapping[str, Rule] = dataclasses.field(default_factory=dict)  # for whoever has no right to a section
    written_by: str = ""  # the section whose right to write makes its rows, when it is another one
    numbered: Callable[[Staging], None] | None = None  # gives codes or numbers to new rows that have none
    brings: tuple[Brings, ...] = ()
    mapped: Collection[str] = ()  # fields of a part of a file whose column may be chosen
    reader: str = "table"  # what reads its files, behind the gate
    parts: Mapping[str, ImportTable] = dataclasses.field(default_factory=dict)  # the tables of its file, by sheet
    endings: tuple[str, ...] = ("csv", "xlsx")  # of the files that it goes out as

    def without(self, lacking: Collection[str]) -> ImportTable:
        """The table for whoever has no right to these sections: without their columns, adding nothing to catalogues."""
        return dataclasses.replace(
            self,
            fields=tuple(kept for field in self.fields if (kept := field.without(lacking))),
            brings=tuple(brings.without(lacking) for brings in self.brings),
            rules=self.rules + tuple(rule for section, rule in self.guards.items() if section in lacking),
            parts={sheet: part.without(lacking) for sheet, part in self.parts.items()},
        )

    @property
    def sections(self) -> set[str]:
        """Those whose right to write makes its rows."""
        return {part.section for part in self.parts.values()} or {self.written_by or self.section}

    @property
    def read_sections(self) -> set[str]:
        """Those whose right to read lets its rows out."""
        return {part.section for part in self.parts.values()} or {self.section}

    def field(self, name: str) -> Field | None:
        fields = chain(self.fields, *(part.fields for part in self.parts.values()))
        return next((field for field in fields if field.name == name), None)

    def clearable(self, names: Iterable[str]) -> list[str]:
        """Those of the fields whose values a row can do without."""
        free = {field.name for field in self.values if not (field.required or field.needed)}
        return [name for name in names if name in free]

    @property
    def searchable(self) -> dict[str, tuple[ImportTable, Field]]:
        """The criteria by which its rows, and those that it brings along, may be looked for: which field of which."""
        tables = {"": self} | {f"{brings.reference}_": brings.table for brings in self.brings if self.criteria}
        return {
            f"{whose}{name}": (table, field)
            for whose, table in tables.items()
            for name in table.criteria
            if (field := table.field(name))
        }

    @property
    def names_of_rows(self) -> tuple[tuple[str, ...], ...]:
        """Fields that tell one row from another together: each way of it, the best first."""
        by_ways = tuple(tuple(part.name for part in way.parts) for way in self.ways)
        return (*by_ways, self.in_order[:1]) if self.in_order else by_ways

    @property
    def known_by(self) -> str:
        """The field that is spoken of when a row as a whole is wrong."""
        return self.in_order[0] if self.in_order else self.ways[0].parts[0].name

    @property
    def exported(self) -> tuple[Field, ...]:
        """What `fields` read: a name in one cell goes out in its parts, and what is of another row stays there."""
        return tuple(field for field in self.fields if not isinstance(field, WordsField | BroughtField))

    @property
    def values(self) -> tuple[ValueField, ...]:
        return tuple(field for field in self.fields if isinstance(field, ValueField))

    @property
    def line_fields(self) -> tuple[ValueField, ...]:
        return tuple(field for field in self.values if field.attribute.class_ is self.line)

    @property
    def head_fields(self) -> tuple[ValueField, ...]:
        return tuple(field for field in self.values if field.attribute.class_ is not self.line)


def owner_of(fields: Iterable[ValueField]) -> ValueField:
    """Of a table of documents: the field that says whose each is."""
    return next(field for field in fields if field.column == "counterparty_id")


def value_columns(fields: tuple[ValueField, ...]) -> Iterator[Column[Any]]:
    for field in fields:
        yield Column(field.name, field.staged_type)
        if isinstance(field, ReferenceField):
            yield Column(field.id_column, Integer)


def brought_column(reference: str) -> str:
    """The column with all that a line says of the row that the reference names."""
    return f"{reference}__brought"


# Lines of one document: the number within the year, in any case; without a number the day and whose it is.
# What differs in that makes two documents: who is meant is not known yet.
DOCUMENT = """coalesce(
    lower(number) || '/' || (EXTRACT(year FROM date)::integer)::text,
    (date - DATE '2000-01-01')::text || '/' || translate(lower({owner}), 'ё', 'е')
)"""


class RowVerdict(StrEnum):
    """What becomes of a line: a new row, even where a known one fits; nothing; or the known row says what it says."""

    TAKE = "take"
    LEAVE = "leave"
    UPDATE = "update"


@dataclass(frozen=True)
class RowChoice:
    """How the known rows are looked for, and what becomes of those that are found and of new ones.

    All criteria of the `search` must be equal; without any the table looks in its own ways. `rows` are of single lines,
    and so are `names`: «Фамилия Имя Отчество» in place of what the file calls a person.
    """

    search: frozenset[str] = frozenset()
    found: RowVerdict = RowVerdict.UPDATE
    new: RowVerdict = RowVerdict.TAKE
    rows: Mapping[int, RowVerdict] = dataclasses.field(default_factory=dict)
    names: Mapping[int, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class ImportRequest:
    """What whoever imports asks for.

    `clear` names the fields whose empty cells clear what is known; `confirmed`: changes that would otherwise be
    questions are meant. `tell_rows`: the report names the row of every line. `make_unknown`: rows
    that a file brings along are made of the name alone. `skip_wrong`: right lines come in without the wrong ones, a
    document with a wrong line is left out whole. The days of the `month_first` fields are written 11/23/2026.
    """

    now: datetime
    today: date
    dry_run: bool = False
    clear: frozenset[str] = frozenset()
    confirmed: bool = False
    tell_rows: bool = False
    make_unknown: bool = False
    skip_wrong: bool = False
    month_first: frozenset[str] = frozenset()
    choice: RowChoice = RowChoice()


# The same table again for the next file: statements on it are compiled once.
@lru_cache(maxsize=64)
def staged(
    values: tuple[ValueField, ...],
    has_lines: bool,
    head_fields: tuple[ValueField, ...],
    brought: tuple[str, ...],
) -> tuple[Table, Table]:
    """The tables of lines and heads: one and the same unless a document has several lines."""
    others = (Column(brought_column(reference), JSONB) for reference in brought)
    if not has_lines:
        lines = temporary("import_line", *value_columns(values), infos(), *others, *outcome())
        return lines, lines
    document = Column("document", Text, Computed(DOCUMENT.format(owner=owner_of(values).name), persisted=True))
    sums: list[Column[Any]] = [
        *(Column(name, Numeric) for name in ("amount", "cost_amount", "vat_amount", "quantity")),  # of any size
        Column("returned", Boolean),
    ]
    lines = temporary("import_line", *value_columns(values), infos(), document, *others)
    return lines, temporary("import_head", *value_columns(head_fields), Column("document", Text), *sums, *outcome())


@lru_cache(maxsize=64)
def staged_beside(reference: str, values: tuple[ValueField, ...]) -> Table:
    """The table of rows that the lines bring along; `said` is all that a line says of one."""
    return temporary(f"import_{reference}", *value_columns(values), infos(), Column("said", JSONB), *outcome())


def temporary(name: str, *columns: Column[Any]) -> Table:
    line = Column("line", Integer)
    return Table(name, MetaData(), line, *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")


def infos() -> Column[Any]:
    return Column("infos", JSONB)


def outcome() -> Iterator[Column[Any]]:
    """What becomes of a row."""
    yield Column("target_id", Integer)
    yield Column("is_new", Boolean, server_default=false())
    yield Column("changed", Boolean, server_default=false())
    yield Column("former_order_id", Integer)
    yield Column("same_as", Integer)  # the line that says all this one does
    yield Column("by_chance", Boolean, server_default=false())  # other known rows fit as well


@dataclass
class Staging:
    """One file on its way into the base.

    `lines` has a row for every line of the file. `heads` has one for every row
    that the import writes: the same table, or the documents of the lines.
    """

    session: Session
    table: ImportTable
    present: frozenset[str]  # the fields that the file has a column for
    asked: ImportRequest
    lines: Table
    heads: Table
    repeats: dict[int, int] = dataclasses.field(default_factory=dict)  # lines that say what an earlier one does
    brought: dict[str, Staging] = dataclasses.field(default_factory=dict)  # by the reference that names the rows
    unread: Table | None = None  # the references of lines with a cell that cannot be read: they are looked for too

    @property
    def known_by(self) -> str:
        """The field that is spoken of when a row as a whole is wrong: one that the file has."""
        names = (
            *self.table.in_order[:1],
            *self.table.or_in_order,
            *self.table.in_order,
            *(part.name for way in self.table.ways for part in way.parts),
        )
        return next((name for name in names if name in self.present), self.table.known_by)

    @classmethod
    def make(cls, session: Session, table: ImportTable, present: frozenset[str], asked: ImportRequest) -> Staging:
        brought = tuple(brings.reference for brings in table.brings)
        lines, heads = staged(table.values, table.line is not None, table.head_fields, brought)
        for each in dict.fromkeys((lines, heads)):
            each.create(session.connection(), checkfirst=False)
        return cls(session, table, present, asked, lines, heads)

    @classmethod
    def beside(cls, main: Staging, table: ImportTable, reference: str, present: frozenset[str]) -> Staging:
        """Of rows of another table, which the lines of a file bring along."""
        rows = staged_beside(reference, table.values)
        rows.create(main.connection, checkfirst=False)
        search = frozenset(name for name in table.criteria if f"{reference}_{name}" in main.asked.choice.search)
        asked = dataclasses.replace(main.asked, choice=RowChoice(search))
        return cls(main.session, table, present, asked, rows, rows)

    def brings(self, brings: Brings) -> bool:
        """Whether the file says of these rows more than what they are called, or they are to be made of that."""
        said = any(
            isinstance(field, BroughtField)
            and field.of == brings.reference
            and field.name in self.present
            and (field.into.name == "name" or not brings.by_name)
            for field in self.table.fields
        )
        return said or (self.asked.make_unknown and brings.reference in self.present)

    @property
    def now(self) -> datetime:
        return self.asked.now

    @property
    def today(self) -> date:
        return self.asked.today

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
    def zone(self) -> tzinfo:
        """The company's: every connection of the product has it."""
        driver: Any = self.connection.connection.driver_connection
        return cast(tzinfo, driver.info.timezone)

    @property
    def viewer(self) -> Viewer | None:
        viewer = viewer_of(self.session)
        return None if viewer is None or viewer.sees_all else viewer

    @property
    def importer(self) -> int | None:
        """Who imports; nobody on the command line."""
        viewer = viewer_of(self.session)
        return viewer.user_id if viewer else None

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

    def keep_unread(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Keep of wrong lines what they name, but for what belongs to another row: that one may be unreadable."""
        fields = tuple(field for field in self.table.values if isinstance(field, ReferenceField) and not field.owner)
        self.unread = temporary("import_unread", *value_columns(fields))
        self.unread.create(self.connection, checkfirst=False)
        names = ["line", *(field.name for field in fields)]
        self.session.execute(insert(self.unread), [{name: line.get(name) for name in names} for line in lines])

    def drop(self) -> None:
        """For whoever imports several files in one transaction."""
        for name in sorted({self.lines.name, self.heads.name}):
            self.session.execute(text(f"DROP TABLE {name}"))
        for rows in self.brought.values():
            rows.drop()

    def analyze(self) -> None:
        """Temporary tables have no statistics of their own accord."""
        for table in {self.lines.name, self.heads.name}:
            self.session.execute(text(f"ANALYZE {table}"))
