"""Columns of a report: what type a value is, and how it looks on a page, in JSON and in a cell of a workbook."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, FromClause, String, and_, cast, func, literal_column, or_, select
from sqlalchemy import Date as SqlDate

from app.domain.periods import BadPeriod, Period, months_from, parse_period
from app.domain.phones import international
from app.errors import Refused
from app.formatting import show_period
from app.models.captions import caption
from app.models.users import User
from app.models.visibility import viewer_of
from reports.kit.comparing import MEANS, OF_AMOUNTS, OF_TEXT, OF_WORDS, Asking, How
from reports.kit.params import PROBLEMS, Label

Row = Mapping[Any, Any]  # by the names of columns
NOTHING = ""
ME = "me"
NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)
NOT_A_NUMBER = _l("“%(text)s” is not a number.")
NOBODY_READS = _l("“%(text)s” means nobody here.")
# Whose a client or a document is in a report.
MANAGER_NOW = _l("the manager who has the client now")
MANAGER_OF_THE_DAY = _l("the manager whom the client had that day")
RESPONSIBLE = _l("whoever is responsible for the document, not the client's manager")
Caption = Callable[[Any], str]


@dataclass(frozen=True)
class Drill:
    """The report that says what a value is made of: its choices, as texts or from columns of the row."""

    slug: str
    texts: Mapping[str, str]
    columns: Mapping[str, str]  # name of the choice: name of the column


@dataclass(frozen=True)
class Begin:
    """A new row of the model whose `field` is filled in with a (hidden) value of the row."""

    model: str
    field: str
    value: str
    label: Label
    icon: str
    given: tuple[tuple[str, str], ...] = ()  # what else the form is filled in with


@dataclass(frozen=True)
class Column:
    """One column. `total`: its values are added up. `width` is in characters of a workbook.

    What must not be added up (a balance, a percent) has `total_of`, which makes its total of the other totals; groups
    are sorted by the one of them that is its `weight`.

    `link` names what the value leads to and the (hidden) value of the row with its number:
    `("Counterparty", "id")`. Where that is on the web only the view knows. Rows without that
    number lead where the first of `link_else` does whose number they have.
    `drill` leads to another report instead. On a page `begins` is offered beside the value.
    A column that stands `aside` is shown to whoever ticks it.
    """

    name: str
    label: Label
    width: int = 14
    total: bool = False
    total_of: Callable[[Row], Any] | None = None
    weight: str = ""
    link: tuple[str, str] | None = None
    link_else: tuple[tuple[str, str], ...] = ()
    drill: Drill | None = None
    begins: Begin | None = None
    aside: bool = False
    type: ClassVar[str] = "text"
    is_number: ClassVar[bool] = False
    excel_format: ClassVar[str] = "@"
    comparisons: ClassVar[tuple[How, ...]] = OF_TEXT

    @property
    def is_summed(self) -> bool:
        return self.total and self.total_of is None

    @property
    def has_total(self) -> bool:
        return self.total or self.total_of is not None

    @property
    def identity(self) -> str:
        """The (hidden) column of numbers that tells apart rows with the same value; "" where there is none."""
        return ""

    @property
    def model(self) -> str:
        """Of what the identity is the number."""
        return ""

    @property
    def options(self) -> Sequence[tuple[str, str]]:
        """The values that there are, with their words; none where nobody can list them."""
        return ()

    def field(self, found: FromClause) -> ColumnElement[Any]:
        """The value as rows are gathered and compared by it."""
        return found.c[self.name]

    def value_of(self, row: Row) -> Any:
        """The same of a row that was read."""
        return row[self.name]

    def read(self, text: str, asking: Asking) -> Any:
        """What a text of a condition means; Refused where it means nothing."""
        return text

    def compare(self, found: FromClause, how: How, values: Sequence[Any]) -> ColumnElement[bool]:
        return MEANS[how](self.field(found), values)

    def refusal(self, problem: str, text: str) -> Refused:
        return Refused(f"{self.label}: {problem % {'text': text}}", field="where")

    @property
    def links(self) -> list[tuple[str, str]]:
        return [*([self.link] if self.link else []), *self.link_else]

    def show(self, value: Any) -> str:
        """What a person reads in his language."""
        return NOTHING if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        return None if value is None else self.show(value)

    def to_excel(self, value: Any) -> str | float | date | None:
        """A number or a date for a cell of that type; text for all else."""
        return None if value is None else self.show(value)


@dataclass(frozen=True)
class Text(Column):
    """`key` is the hidden column of numbers that tells equal texts apart; that of the link, if nothing is said."""

    width: int = 30
    key: str = ""

    @property
    def identity(self) -> str:
        return self.key or (self.link[1] if self.link and not self.link_else else "")

    @property
    def model(self) -> str:
        return self.link[0] if self.link and not self.key and not self.link_else else ""

    def field(self, found: FromClause) -> ColumnElement[Any]:
        return func.nullif(found.c[self.name], literal_column("''"))  # a parameter would not be the same twice

    def value_of(self, row: Row) -> Any:
        return row[self.name] or None

    def read(self, text: str, asking: Asking) -> Any:
        return int(text) if self.identity and NUMBER.fullmatch(text) else text

    def compare(self, found: FromClause, how: How, values: Sequence[Any]) -> ColumnElement[bool]:
        """Numbers are of the identity, all else is of the text."""
        field = self.field(found)
        if not self.identity:
            return MEANS[How.IN if how is How.NAMED else how](field, values)
        number = found.c[self.identity]
        if how is How.NAMED:
            return and_(number.is_(None), field.in_(values))
        if how in {How.IN, How.NOT}:
            numbers = [value for value in values if isinstance(value, int)]
            texts = [value for value in values if not isinstance(value, int)]
            asked = [(number, numbers)] * bool(numbers) + [(field, texts)] * bool(texts)
            return (or_ if how is How.IN else and_)(*(MEANS[how](one, some) for one, some in asked))
        return MEANS[how](field, [str(value) for value in values])


@dataclass(frozen=True)
class UserName(Text):
    """The name of a user, whose number stands in the hidden column `key`; `me` is whoever reads.

    `counted_for` says, for the head of the report, which of those that a client has had it is.
    """

    width: int = 24
    key: str = "manager_id"
    counted_for: Label = ""

    @property
    def model(self) -> str:
        return "User"

    def read(self, text: str, asking: Asking) -> Any:
        if text == ME:
            viewer = viewer_of(asking.session)
            if viewer is None or viewer.user_id is None:
                raise self.refusal(str(NOBODY_READS), text)
            return viewer.user_id
        if isinstance(number := super().read(text, asking), int):
            return number
        login = select(User.id).where(func.lower(User.username) == text.lower())
        return asking.session.scalar(login) or text


@dataclass(frozen=True)
class PhoneNumber(Column):
    """`+78460152067;ext=12`, in the one format that people read; on a page it dials."""

    width: int = 20
    type: ClassVar[str] = "phone"

    def read(self, text: str, asking: Asking) -> str:
        return re.sub(r"[^+\d]", "", text)

    def show(self, value: Any) -> str:
        if not value:
            return NOTHING
        number, _mark, extension = value.partition(";ext=")
        inside = _("ext. %(number)s", number=extension) if extension else ""
        return f"{international(number)} {inside}".rstrip()


@dataclass(frozen=True)
class Choice(Column):
    """A value of a closed list: its caption for people, the value itself for programs.

    Of `words` both the captions and what may be asked for are known; of other values `listed` may be.
    """

    caption: Caption = str
    words: type[StrEnum] | None = None
    listed: Sequence[str] = ()
    comparisons: ClassVar[tuple[How, ...]] = OF_WORDS

    @property
    def options(self) -> Sequence[tuple[str, str]]:
        return [(str(word), self.show(word)) for word in self.words or self.listed]

    def field(self, found: FromClause) -> ColumnElement[Any]:
        return cast(found.c[self.name], String)

    def value_of(self, row: Row) -> Any:
        value = row[self.name]
        return None if value is None else str(value)

    def read(self, text: str, asking: Asking) -> str:
        """The value itself, or its caption."""
        found = next(
            (word for word, shown in self.options if text.casefold() in {word.casefold(), shown.casefold()}), ""
        )
        if not found and self.options:
            raise self.unknown(text)
        try:
            self.show(found or text)
        except (KeyError, ValueError):
            raise self.unknown(text) from None
        return found or text

    def unknown(self, text: str) -> Refused:
        known = ", ".join(word for word, _shown in self.options)
        told = {"label": self.label, "text": text, "known": known}
        return Refused(_("%(label)s: “%(text)s” is unknown. Possible: %(known)s.", **told), field="where")

    def show(self, value: Any) -> str:
        if value is None:
            return NOTHING
        return caption(self.words(value)) if self.words else str(self.caption(value))

    def to_json(self, value: Any) -> Any:
        return None if value is None else str(value)


@dataclass(frozen=True)
class Number(Column):
    """A count or a quantity: thousandths only when there are any."""

    total: bool = True
    type: ClassVar[str] = "number"
    is_number: ClassVar[bool] = True
    excel_format: ClassVar[str] = "#,##0.###"
    comparisons: ClassVar[tuple[How, ...]] = OF_AMOUNTS

    def read(self, text: str, asking: Asking) -> Decimal:
        return number_of(self, text)

    def show(self, value: Any) -> str:
        return NOTHING if value is None else str(format_decimal(value, "#,##0.###"))

    def to_json(self, value: Any) -> Any:
        return value if value is None or isinstance(value, int) else str(value)

    def to_excel(self, value: Any) -> float | None:
        return None if value is None else float(value)


@dataclass(frozen=True)
class Exact(Column):
    """A decimal number, rounded half up where it leaves; programs get a string, so that no kopeck is lost."""

    total: bool = True
    is_number: ClassVar[bool] = True
    pattern: ClassVar[str] = "#,##0.00"
    places: ClassVar[Decimal] = Decimal("0.01")
    comparisons: ClassVar[tuple[How, ...]] = OF_AMOUNTS

    def read(self, text: str, asking: Asking) -> Decimal:
        return number_of(self, text)

    def show(self, value: Any) -> str:
        return NOTHING if value is None else str(format_decimal(rounded(value, Decimal("0.01")), self.pattern))

    def to_json(self, value: Any) -> Any:
        return None if value is None else str(rounded(value, self.places))

    def to_excel(self, value: Any) -> float | None:
        return None if value is None else float(rounded(value, self.places))


@dataclass(frozen=True)
class Money(Exact):
    width: int = 16
    type: ClassVar[str] = "money"
    excel_format: ClassVar[str] = "#,##0.00"


@dataclass(frozen=True)
class Percent(Exact):
    """12.5 is 12.5 %. Percents are not added up, unless they are shares of one whole."""

    width: int = 10
    total: bool = False
    type: ClassVar[str] = "percent"
    places: ClassVar[Decimal] = Decimal("0.0001")
    excel_format: ClassVar[str] = "0.00%"

    def to_excel(self, value: Any) -> float | None:
        return None if value is None else float(rounded(value, self.places) / 100)


@dataclass(frozen=True)
class Date(Column):
    width: int = 12
    type: ClassVar[str] = "date"
    excel_format: ClassVar[str] = "dd.mm.yyyy"
    comparisons: ClassVar[tuple[How, ...]] = OF_AMOUNTS

    def read(self, text: str, asking: Asking) -> Period:
        """Any period: a day is one too."""
        try:
            return parse_period(text, asking.today)
        except BadPeriod as bad:
            raise self.refusal(str(PROBLEMS[bad.problem]), bad.text) from None

    def compare(self, found: FromClause, how: How, values: Sequence[Period]) -> ColumnElement[bool]:
        field = self.field(found)
        if how in {How.IN, How.NOT}:
            inside = or_(*(field.between(period.first, period.last) for period in values))
            return inside if how is How.IN else field.is_(None) | ~inside
        days = [values[0].last if how is How.LE else values[0].first, values[-1].last] if values else []
        return MEANS[how](field, days)

    def show(self, value: Any) -> str:
        return NOTHING if value is None else str(format_date(value, "dd.MM.yyyy"))

    def to_json(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def to_excel(self, value: Any) -> date | None:
        day: date | None = value
        return day


@dataclass(frozen=True)
class Month(Date):
    """The first day of a month, read as the month; none where no day is set."""

    width: int = 18
    excel_format: ClassVar[str] = "mmmm yyyy"

    def show(self, value: Any) -> str:
        return str(_("No date")) if value is None else show_period(months_from(value, 1))


@dataclass(frozen=True)
class DayTime(Date):
    """A day and a time of it, as the company's clock shows them; asked for and gathered by the day."""

    width: int = 17
    type: ClassVar[str] = "moment"
    excel_format: ClassVar[str] = "dd.mm.yyyy hh:mm"

    def field(self, found: FromClause) -> ColumnElement[Any]:
        return cast(found.c[self.name], SqlDate)

    def value_of(self, row: Row) -> Any:
        value = row[self.name]
        return value and value.date()

    def show(self, value: Any) -> str:
        return NOTHING if value is None else f"{value:%d.%m.%Y %H:%M}"

    def to_json(self, value: Any) -> Any:
        return None if value is None else value.isoformat(timespec="minutes")

    def to_excel(self, value: Any) -> datetime | None:
        moment: datetime | None = value
        return moment


@dataclass(frozen=True)
class Arrow(Column):
    """1, 0, -1: better, the same, worse than before."""

    width: int = 11
    type: ClassVar[str] = "arrow"
    excel_format: ClassVar[str] = "[Color10]▲;[Red]▼;–"
    comparisons: ClassVar[tuple[How, ...]] = OF_WORDS

    @property
    def options(self) -> Sequence[tuple[str, str]]:
        return [(str(value), self.meaning(value)) for value in (1, 0, -1)]

    def read(self, text: str, asking: Asking) -> Decimal:
        return number_of(self, text)

    def show(self, value: Any) -> str:
        return {1: "▲", -1: "▼", 0: "–"}.get(value, NOTHING)

    def meaning(self, value: Any) -> str:
        """The arrow in words, for whoever does not see it."""
        return str({1: _("better than before"), -1: _("worse than before"), 0: _("as before")}.get(value, NOTHING))

    def to_json(self, value: Any) -> Any:
        return value

    def to_excel(self, value: Any) -> float | None:
        number: float | None = value
        return number


def number_of(column: Column, text: str) -> Decimal:
    """`1 000,50` and `1000.50`."""
    try:
        number = Decimal(re.sub(r"\s", "", text).replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= 10**15:
        raise column.refusal(str(NOT_A_NUMBER), text)
    return number


def rounded(value: Any, places: Decimal) -> Decimal:
    return Decimal(value).quantize(places, ROUND_HALF_UP)
