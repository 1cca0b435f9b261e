"""Columns of a report: what type a value is, and how it looks on a page, in JSON and in a cell of a workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from app.domain.phones import written
from reports.kit.params import Label

Row = Mapping[Any, Any]  # by the names of columns
NOTHING = ""
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

    What must not be added up (a balance) has `total_of`, which makes its total of the other totals.

    `link` names what the value leads to and the (hidden) value of the row with its number:
    `("Counterparty", "id")`. Where that is on the web only the view knows. Rows without that
    number lead where `link_else` says.
    `drill` leads to another report instead. On a page `begins` is offered beside the value.
    A column that stands `aside` is shown to whoever ticks it.
    """

    name: str
    label: Label
    width: int = 14
    total: bool = False
    total_of: Callable[[Row], Any] | None = None
    link: tuple[str, str] | None = None
    link_else: tuple[str, str] | None = None
    drill: Drill | None = None
    begins: Begin | None = None
    aside: bool = False
    type: ClassVar[str] = "text"
    is_number: ClassVar[bool] = False
    excel_format: ClassVar[str] = "@"

    @property
    def links(self) -> list[tuple[str, str]]:
        return [link for link in (self.link, self.link_else) if link]

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
    width: int = 30


@dataclass(frozen=True)
class PhoneNumber(Column):
    """`+78460152067;ext=12`, in the one format that people read; on a page it dials."""

    width: int = 20
    type: ClassVar[str] = "phone"

    def show(self, value: Any) -> str:
        if not value:
            return NOTHING
        number, _mark, extension = value.partition(";ext=")
        inside = _("ext. %(number)s", number=extension) if extension else ""
        return f"{written(number)} {inside}".rstrip()


@dataclass(frozen=True)
class Choice(Column):
    """A value of a closed list: its caption for people, the value itself for programs."""

    caption: Caption = str

    def show(self, value: Any) -> str:
        return NOTHING if value is None else self.caption(value)

    def to_json(self, value: Any) -> Any:
        return None if value is None else str(value)


@dataclass(frozen=True)
class Number(Column):
    """A count or a quantity: thousandths only when there are any."""

    total: bool = True
    type: ClassVar[str] = "number"
    is_number: ClassVar[bool] = True
    excel_format: ClassVar[str] = "#,##0.###"

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
    """12.5 is 12.5 %."""

    width: int = 10
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

    def show(self, value: Any) -> str:
        return NOTHING if value is None else str(format_date(value, "dd.MM.yyyy"))

    def to_json(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def to_excel(self, value: Any) -> date | None:
        day: date | None = value
        return day


@dataclass(frozen=True)
class DayTime(Column):
    """A day and a time of it, as the company's clock shows them."""

    width: int = 17
    type: ClassVar[str] = "moment"
    excel_format: ClassVar[str] = "dd.mm.yyyy hh:mm"

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


def rounded(value: Any, places: Decimal) -> Decimal:
    return Decimal(value).quantize(places, ROUND_HALF_UP)
