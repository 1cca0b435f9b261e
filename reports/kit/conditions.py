"""Conditions of a report, `manager:in:7,9;amount:ge:1000`: one text for addresses, programs and saved settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from flask_appbuilder import Model
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.errors import Refused
from app.formatting import show_period
from reports.kit.columns import Column, Row
from reports.kit.comparing import OF_MANY, OF_NONE, Asking, How

COUNTS = {How.BETWEEN: 2, **dict.fromkeys(OF_NONE, 0)}  # of values, where it is not one
MOST = 30  # conditions of one report
WORDS: Mapping[How, LazyString] = {
    How.IN: _l("is"),
    How.NOT: _l("is not"),
    How.HAS: _l("contains"),
    How.GE: _l("from"),
    How.LE: _l("up to"),
    How.BETWEEN: _l("between"),
    How.EMPTY: _l("is empty"),
    How.FILLED: _l("is filled in"),
    How.NAMED: _l("is named"),
}


AMOUNTS = {How.GE: "≥", How.LE: "≤"}  # a date is from a day, a number is not


@dataclass(frozen=True)
class Condition:
    """One narrowing of a report, as it stands in the address bar; `read` and `str` are each other's inverse."""

    column: str
    how: How
    values: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Condition:
        column, _colon, rest = text.partition(":")
        how, _colon, values = rest.partition(":")
        if how not in {*How}:
            known = ", ".join(how for how in How if how is not How.NAMED)
            raise Refused(_("“%(text)s” is not a condition. Kinds: %(known)s.", text=text, known=known), field="where")
        read = () if how in OF_NONE else tuple(unquote(value) for value in values.split(","))
        if how not in OF_MANY and len(read) != COUNTS.get(How(how), 1):
            raise Refused(_("“%(text)s” is not a condition: too few values, or too many.", text=text), field="where")
        return cls(column, How(how), read)

    def __str__(self) -> str:
        values = ",".join(quote(value, safe=" ") for value in self.values)
        return f"{self.column}:{self.how}:{values}" if self.values else f"{self.column}:{self.how}"


@dataclass(frozen=True)
class Narrowing:
    """A condition on a column that there is, with its values read."""

    condition: Condition
    column: Column
    values: Sequence[Any]

    @classmethod
    def of(cls, condition: Condition, column: Column, asking: Asking) -> Narrowing:
        if condition.how not in (*column.comparisons, How.NAMED):
            known = ", ".join(column.comparisons)
            raise Refused(
                _("%(label)s cannot be asked for so. Possible: %(known)s.", label=column.label, known=known),
                field="where",
            )
        return cls(condition, column, [column.read(value, asking) for value in condition.values])

    def of_rows(self, found: FromClause) -> ColumnElement[bool]:
        return self.column.compare(found, self.condition.how, self.values)

    def shown_values(self, session: Session) -> list[str]:
        """Each value as people read it."""
        return [
            show_period(value)
            if isinstance(value, Period)
            else name_of(session, self.column.model, value)
            if isinstance(value, int)
            else shown_value(self.column, value)
            for value in self.values
        ]

    def words(self, session: Session) -> str:
        joint = _("and") if self.condition.how is How.BETWEEN else _("or")
        shown = f" {joint} ".join(self.shown_values(session))
        how = self.condition.how
        return shown if how is How.IN else f"{word_of(self.column, how)} {shown}".rstrip()


def read_conditions(text: str) -> list[Condition]:
    found = [Condition.read(one.strip()) for one in text.split(";") if one.strip()]
    if len(found) > MOST:
        raise Refused(_("There are too many conditions: no more than %(most)s.", most=MOST), field="where")
    return found


def written_conditions(conditions: Iterable[Condition]) -> str:
    return ";".join(map(str, conditions))


def equal(column: Column, row: Row) -> Condition:
    """The condition that only rows with the value of this one meet."""
    value = column.value_of(row)
    number = row[column.identity] if column.identity else None
    if number is not None:
        return Condition(column.name, How.IN, (str(number),))
    if value is None:
        return Condition(column.name, How.EMPTY)
    return Condition(column.name, How.NAMED if column.identity else How.IN, (str(value),))


def word_of(column: Column, how: How) -> str:
    return AMOUNTS[how] if column.is_number and how in AMOUNTS else str(WORDS[how])


def shown_value(column: Column, value: Any) -> str:
    return str(dict(column.options).get(str(value), "")) or column.show(value)


def name_of(session: Session, model: str, number: int) -> str:
    """How the row of this number is called, for whoever may see it."""
    known = model_named(model)
    row = session.get(known, number) if known else None
    return f"№ {number}" if row is None else str(row)


def model_named(name: str) -> type[Any] | None:
    return next((mapper.class_ for mapper in Model.registry.mappers if mapper.class_.__name__ == name), None)
