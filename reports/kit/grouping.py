"""What rows of a report are gathered by: a column, or the day, week, month, quarter or year of a date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, FromClause, cast, func
from sqlalchemy import Date as SqlDate

from app.domain.periods import Period, months_from, week_of
from app.formatting import show_period
from reports.kit.columns import NOTHING, Column, Date, Row
from reports.kit.comparing import How
from reports.kit.conditions import Condition, equal
from reports.kit.params import Label


class DateUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


UNIT_LABELS: Mapping[DateUnit, LazyString] = {
    DateUnit.DAY: _l("by day"),
    DateUnit.WEEK: _l("by week"),
    DateUnit.MONTH: _l("by month"),
    DateUnit.QUARTER: _l("by quarter"),
    DateUnit.YEAR: _l("by year"),
}
LENGTHS = {DateUnit.MONTH: 1, DateUnit.QUARTER: 3, DateUnit.YEAR: 12}


@dataclass(frozen=True)
class DatePart(Date):
    """The first day of a week, month, quarter or year, read as the whole of it."""

    width: int = 24
    unit: DateUnit = DateUnit.DAY
    excel_format: ClassVar[str] = "@"

    def period(self, first: date) -> Period:
        if self.unit in LENGTHS:
            return months_from(first, LENGTHS[self.unit])
        return week_of(first) if self.unit is DateUnit.WEEK else Period(first, first)

    def show(self, value: Any) -> str:
        return NOTHING if value is None else show_period(self.period(value))

    def to_excel(self, value: Any) -> Any:
        return None if value is None else self.show(value)


@dataclass(frozen=True)
class Grouping:
    """`manager`, or `date.month`; rows without a value are a group too."""

    of: Column
    unit: DateUnit | None = None

    @property
    def name(self) -> str:
        return f"{self.of.name}.{self.unit}" if self.unit else self.of.name

    @property
    def label(self) -> Label:
        return f"{self.of.label} {UNIT_LABELS[self.unit]}" if self.unit else self.of.label

    @cached_property
    def column(self) -> Column:
        """How the groups are called."""
        return DatePart(self.name, self.label, unit=self.unit) if self.unit else self.of

    def part_in(self, found: FromClause) -> ColumnElement[Any]:
        """The part of the date that the group is of."""
        assert self.unit
        return cast(func.date_trunc(self.unit.value, found.c[self.of.name]), SqlDate)

    def keys(self, found: FromClause) -> Iterator[ColumnElement[Any]]:
        """What rows of a group have in common; `part_in` is a column of what was found by now."""
        yield found.c[self.name] if self.unit else self.of.field(found)
        if self.of.identity:
            yield found.c[self.of.identity]

    def key_of(self, row: Row) -> Any:
        """The same of a row that was read."""
        value = row[self.name] if self.unit else self.of.value_of(row)
        return (value, row[self.of.identity]) if self.of.identity else value

    def behind(self, row: Row) -> Condition:
        """The condition that leads to the rows of the group that the row is in."""
        if self.unit is None:
            return equal(self.of, row)
        first = row[self.name]
        if first is None:
            return Condition(self.of.name, How.EMPTY)
        column = self.column
        assert isinstance(column, DatePart)
        return Condition(self.of.name, How.IN, (column.period(first).text(),))
