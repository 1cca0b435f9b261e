"""What every table of ours has in common."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Computed,
    DateTime,
    Enum,
    FetchedValue,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    TypeDecorator,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, declared_attr, deferred, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from app.domain.digits import PRICE
from app.domain.likeness import LEGAL_FORMS
from app.domain.text import ACCENTED, PLAIN

CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = Model.metadata
metadata.naming_convention = CONVENTION


class Price(TypeDecorator[Decimal]):
    """The price of one piece: screws, cable and fuel are counted in parts of a kopeck, which are kept and shown
    only where there are any.
    """

    impl = Numeric(18, PRICE)
    cache_ok = True

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        kopecks = value.quantize(Decimal("0.01"))
        return kopecks if kopecks == value else value.normalize()


class Base(Model):
    """A row with a number of its own.

    FAB's Model merges two tables of one name silently and compares rows by
    name; here two rows are equal when they are one object.
    """

    __abstract__ = True
    __table_args__: Any = {}

    id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-1)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', None)}>"


class Versioned:
    """A row that two people may edit: saving over somebody else's change raises StaleDataError."""

    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1, sort_order=99)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy gives the class
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


class Reversible:
    """A document that may turn out to be wrong as a whole: it stays with the reason and counts nowhere any more.

    Whatever counts or adds up such documents asks which of them stand. See docs/adr/0011-documents-put-right.md.
    """

    reversed_on: Mapped[date | None] = mapped_column(sort_order=97, info={"label": _l("Reversed on")})
    reversed_because: Mapped[str] = mapped_column(
        String(500), default="", server_default="", sort_order=98, info={"label": _l("Why it was reversed")}
    )

    @classmethod
    def stands(cls) -> ColumnElement[bool]:
        return cls.reversed_on.is_(None)


class Followed:
    """A row whose changes programs follow: a trigger keeps the moment, whichever way the row is written."""

    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=text("clock_timestamp()"),
        server_onupdate=FetchedValue(),
        sort_order=100,
        info={"label": _l("Changed at")},
    )


def followed(table: str) -> Index:
    """What changed since a moment. BRIN: a plain index would make every update write all indexes of the row."""
    return Index(f"ix_{table}_changed_at", "changed_at", postgresql_using="brin")


def numbered_by_year(table: str, *beside: str) -> Index:
    """Numbers of documents begin again every year; search by the beginning of a number lives on it too."""
    return Index(f"uq_{table}_number", "number", text("EXTRACT(year FROM date)"), *beside, unique=True)


def known_outside(table: str) -> Index:
    """Few rows have a key in 1C."""
    return Index(
        f"uq_{table}_outside_key", "outside_key", unique=True, postgresql_where=text("outside_key IS NOT NULL")
    )


def choice(enum: type[StrEnum]) -> Enum:
    """A closed list, kept as its values in a text column."""
    return Enum(enum, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


def folded(expression: str) -> str:
    """SQL: as Russians sort and search: any case, ё = е (the embedded server has no ICU)."""
    return f"lower(replace(replace({expression}, 'ё', 'е'), 'Ё', 'Е'))"


def sort_column(expression: str) -> Mapped[str]:
    return mapped_column(Computed(folded(expression), persisted=True))


def name_key(expression: str) -> str:
    """SQL: a name as people recognise it: without legal form, quotes and punctuation, in any case, ё = е.

    A name that is nothing else keeps its legal form.
    """
    words = f"btrim(regexp_replace({folded(expression)}, '[^[:alnum:]]+', ' ', 'g'))"
    forms = "|".join(LEGAL_FORMS)
    bare = f"btrim(regexp_replace(regexp_replace({words}, '(^| )({forms})(?= |$)', ' ', 'g'), ' +', ' ', 'g'))"
    return f"coalesce(nullif({bare}, ''), {words})"


class NameKey(FunctionElement[str]):
    """The key of any text of a statement, to be compared with a column that keeps one."""

    type = String()
    inherit_cache = True


@compiles(NameKey)
def _compile_name_key(element: NameKey, compiler: Any, **more: Any) -> str:
    return name_key(compiler.process(element.clauses, **more))


def words_column(expression: str) -> Mapped[Any]:
    """The words of a name, for a GIN index that finds any word's beginning; never loaded with the row.

    What marks divide is kept whole too: “ТОРГСНАБ-2000” is торгснаб, 2000 and торгснаб2000.
    """
    text = f"translate({folded(expression)}, '{ACCENTED}', '{PLAIN}')"
    apart = f"regexp_replace({text}, '[^[:alnum:]]+', ' ', 'g')"
    whole = f"regexp_replace({text}, '[^[:alnum:][:space:]]+', '', 'g')"
    words = f"to_tsvector('simple'::regconfig, {apart} || ' ' || {whole})"
    return deferred(mapped_column(TSVECTOR, Computed(words, persisted=True)))


def number_tail(table: str) -> Index:
    """Search by the end of a document's number: its letters backwards."""
    return pattern_index(f"ix_{table}_number_tail", "reverse(number)")


def pattern_index(name: str, expression: str) -> Index:
    """Answers what the expression begins with, whatever the collation of the base."""
    return Index(
        name, literal_column(expression).label("expression"), postgresql_ops={"expression": "text_pattern_ops"}
    )


def middle_of(expression: str) -> str:
    """SQL: all three letters in a row of a text, with a space before the first of them."""
    shifted = (f"' ' || {expression}", expression, f"substr({expression}, 2)")
    first, second, third = (f"regexp_replace({text}, '(...)', '\\1|', 'g')" for text in shifted)
    return f"string_to_array(((({first} || '|') || {second}) || '|') || {third}, '|')"


def middle_index(table: str, column: str) -> Index:
    """Search by the middle of a word: PostgreSQL's own extension for it is not among those that are embedded."""
    expression: Any = literal_column(middle_of(column)).label("expression")
    return Index(f"ix_{table}_middle", expression, postgresql_using="gin")
