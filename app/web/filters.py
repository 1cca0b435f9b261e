"""What can be searched and how: each filter narrows a statement and knows the input that asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from flask_appbuilder.exceptions import InvalidColumnFilterFABException, InvalidOperationFilterFABException
from flask_appbuilder.models.filters import BaseFilter, FilterRelation, Filters
from flask_appbuilder.models.sqla.filters import SQLAFilterConverter
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_utc
from sqlalchemy import ColumnElement, Select, false, inspect
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectField, StringField

from app import clock
from app.errors import Refused
from app.web.forms.fields import DateBox, LookupField, offered, row_number, words_of

ASKED = re.compile(r"_flt_(\d{1,3})_(.+)")
T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)


def one_of_list(value: str, known: Mapping[str, T]) -> T:
    """What the value stands for; Refused, where the list has no such one."""
    if value not in known:
        raise Refused(_("Choose one of the list."))
    return known[value]


def word_of(value: str, words: type[Word]) -> Word:
    """The word of a closed list; Refused, where it has no such one."""
    return one_of_list(value, {word.value: word for word in words})


def row_asked(value: str) -> int:
    """The number of a row; Refused, where it cannot be one."""
    row = row_number(value)
    if row is None:
        raise Refused(_("The number of a row is expected."))
    return row


class Filter(BaseFilter):
    """A filter that cannot be broken from the address bar: a value of a wrong kind finds nothing, and is told of."""

    def apply(self, query: Any, value: object) -> Any:
        return query.where(self.narrows_to(str(value)))

    def narrows_to(self, value: str) -> ColumnElement[bool]:
        """The condition; of a value that cannot be asked for, one that no row meets."""
        try:
            return self.condition(value)
        except Refused:
            return false()

    def wrong(self, value: str) -> str:
        """What is wrong with the value, in a sentence for its reader; "" where it can be asked for."""
        try:
            self.condition(value)
        except Refused as refused:
            return str(refused)
        return ""

    @property
    def column(self) -> Any:
        return getattr(self.model, self.column_name)

    def condition(self, value: str) -> ColumnElement[bool]:
        """Refused, where the text typed is no value of the column."""
        raise NotImplementedError

    def spelt(self, value: str) -> str:
        """The value as the input has it, where it may be written otherwise too."""
        return value

    def besides(self, value: str) -> Mapping[str, Any]:
        """What the list of the input offers only where it is asked for."""
        return {}

    def input(self) -> Any:
        """The unbound form field that asks for the value."""
        return StringField()


class Contains(Filter):
    """Any part of the text: for small tables, because no index helps it."""

    name, arg_name = _l("Contains"), "ct"

    def condition(self, value: str) -> ColumnElement[bool]:
        return self.column.icontains(value.strip(), autoescape=True)


class Exactly(Filter):
    """The same text: what a program knows a row by."""

    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        typed = value.strip()
        return self.column == typed if typed.isprintable() else false()


class Since(Filter):
    """At this moment or later; the company's time where no zone is named."""

    name, arg_name = _l("from"), "ge"

    def condition(self, value: str) -> ColumnElement[bool]:
        try:
            moment = datetime.fromisoformat(value.strip().replace(" ", "+"))  # a plus that was not encoded
            return self.column >= (moment if moment.tzinfo else moment.replace(tzinfo=clock.zone()))
        except (ValueError, OverflowError):
            raise Refused(_("A date with a time is expected.")) from None


class After(Filter):
    """A greater number: how a program walks through rows of any count."""

    name, arg_name = _l("Greater than"), "gt"

    def condition(self, value: str) -> ColumnElement[bool]:
        return self.column > row_asked(value)


class OneOf(Filter):
    """One value of a closed list."""

    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return self.column == word_of(value, self.column.type.enum_class)

    def input(self) -> Any:
        return SelectField(choices=offered(words_of(self.column.type.enum_class)))


class YesNo(Filter):
    name, arg_name = _l("Equal to"), "eq"
    known: ClassVar[Mapping[str, bool]] = {"1": True, "true": True, "0": False, "false": False}

    def condition(self, value: str) -> ColumnElement[bool]:
        return self.found(one_of_list(value.lower(), self.known))

    def found(self, is_so: bool) -> ColumnElement[bool]:
        return self.column.is_(is_so)

    def spelt(self, value: str) -> str:
        is_so = self.known.get(value.lower())
        return value if is_so is None else str(int(is_so))

    def input(self) -> Any:
        return SelectField(choices=offered({"1": _l("yes"), "0": _l("no")}))


class Bound(Filter):
    """A day: of a column of moments, the whole day in the reader's time zone."""

    def input(self) -> Any:
        return DateField(widget=DateBox())

    def condition(self, value: str) -> ColumnElement[bool]:
        try:
            return self.compare(date.fromisoformat(value[:10]))
        except ValueError:
            raise Refused(_("A date is expected.")) from None
        except OverflowError:
            raise Refused(_("The year is not possible.")) from None

    def moment(self, day: date) -> datetime:
        return to_utc(datetime(day.year, day.month, day.day)).replace(tzinfo=UTC)  # noqa: DTZ001 - made aware here

    def compare(self, day: date) -> ColumnElement[bool]:
        raise NotImplementedError


class From(Bound):
    name, arg_name = _l("from"), "ge"

    def compare(self, day: date) -> ColumnElement[bool]:
        return self.column >= (self.moment(day) if self.datamodel.is_datetime(self.column_name) else day)


class To(Bound):
    name, arg_name = _l("to"), "le"

    def compare(self, day: date) -> ColumnElement[bool]:
        if self.datamodel.is_datetime(self.column_name):
            return self.column < self.moment(day + timedelta(days=1))
        return self.column <= day


class Is(Filter, FilterRelation):
    """The other side of a many-to-one: compares the foreign key, asks the base nothing more."""

    name, arg_name = _l("Equal to"), "rel_o_m"

    def condition(self, value: str) -> ColumnElement[bool]:
        (key,) = inspect(self.model).relationships[self.column_name].local_columns
        return key == row_asked(value)

    def input(self) -> Any:
        return LookupField(model=self.datamodel.get_related_model(self.column_name))


def typed(find: Callable[[Any, str], ColumnElement[bool]], operation: str = "find") -> type[Filter]:
    """A filter whose condition is a function of the model and the text typed."""

    class Typed(Filter):
        name, arg_name = _l("Contains"), operation

        def condition(self, value: str) -> ColumnElement[bool]:
            return find(self.model, value)

    return Typed


def due_by_today(kinds: Mapping[str, tuple[Any, Callable[[date], ColumnElement[bool]]]]) -> type[Filter]:
    """What is awaited of a row today, late or not: of each value its caption, and the condition of a day."""

    class DueByToday(Filter):
        name, arg_name = _l("Equal to"), "eq"

        def condition(self, value: str) -> ColumnElement[bool]:
            _caption, is_due = one_of_list(value, kinds)
            return is_due(clock.today())

        def input(self) -> Any:
            return SelectField(choices=offered({value: caption for value, (caption, _is_due) in kinds.items()}))

    return DueByToday


class Converter(SQLAFilterConverter):
    """Which filters a column gets by its type."""

    conversion_table = (
        ("is_relation_many_to_one", [Is]),
        ("is_enum", [OneOf]),
        ("is_boolean", [YesNo]),
        ("is_date", [From, To]),
        ("is_datetime", [From, To]),
        ("is_string", [Contains]),
    )

    def convert(self, col_name: str) -> list[BaseFilter] | None:
        found = self.datamodel.searches.get(col_name)
        if found:
            return [kind(col_name, self.datamodel) for kind in (found if isinstance(found, tuple) else (found,))]
        for test, filters in self.conversion_table:
            if getattr(self.datamodel, test)(col_name):
                return [kind(col_name, self.datamodel) for kind in filters]
        return None


class CrmFilters(Filters):
    """The filters of one view; each request narrows a copy of its own."""

    _all_filters: dict[str, Any]

    def __init__(self, converter: Any, datamodel: Any, search_columns: Any = None, search_filters: Any = None) -> None:
        super().__init__(converter, datamodel, search_columns, search_filters)
        self._all_filters = {**self._all_filters, **self._search_filters}

    def fresh(self) -> CrmFilters:
        """The same possible filters with nothing asked."""
        mine = object.__new__(type(self))
        mine.__dict__.update(self.__dict__)
        mine.clear_filters()
        return mine

    def without(self, columns: Collection[str]) -> None:
        """What the reader may not see he cannot ask for either."""
        for kinds in ("_search_filters", "_all_filters"):
            setattr(self, kinds, {name: found for name, found in getattr(self, kinds).items() if name not in columns})

    def also(self, more: Mapping[str, list[Any]]) -> None:
        """What may be asked besides, of this request alone."""
        for kinds in ("_search_filters", "_all_filters"):
            setattr(self, kinds, {**getattr(self, kinds), **more})

    def ask(self, args: MultiDict[str, str]) -> None:
        """Take what the parameters `_flt_<filter>_<column>` say."""
        self.clear_filters()
        for name, text in args.items():
            if found := ASKED.fullmatch(name):
                self.add_filter_index(found[2], int(found[1]), text)

    def get_joined_filters(self, filters: Filters) -> CrmFilters:
        joined = self.fresh()
        joined.filters = self.filters + filters.filters
        joined.values = self.values + filters.values
        return joined

    def add_filter_index(self, column_name: str, filter_instance_index: int, value: Any) -> None:
        """Blank inputs and made-up numbers of filters are passed over."""
        values = [v for v in (value if isinstance(value, list) else [value]) if str(v or "").strip()]
        if values and filter_instance_index < len(self._all_filters.get(column_name) or ()):
            super().add_filter_index(column_name, filter_instance_index, values[0])

    def rest_add_filters(self, data: list[dict[str, Any]]) -> None:
        """Only the operations offered for the column; FAB would take a class that another view registered.

        A value that cannot be asked for is refused as such an operation is.
        """
        for asked in data:
            column, operation, value = asked.get("col"), asked.get("opr"), asked.get("value")
            for possible in self._search_filters.get(column) or ():
                if possible.arg_name == operation:
                    told = _("One value is expected.") if isinstance(value, list) else possible.wrong(str(value))
                    if told:
                        raise InvalidColumnFilterFABException(f"{column}: {told}")
                    self._add_filter(possible, value)
                    break
            else:
                raise InvalidOperationFilterFABException(f"Filter operation: {operation} not allowed on: {column}")


def narrowed(filters: Filters, statement: Select[Any]) -> Select[Any]:
    for each, value in filters.get_filters_values():
        statement = each.apply(statement, value)
    return statement
