"""Choices of a report: each has one textual form, the same in the address bar, a bookmark and the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, TypeAlias

from flask_babel import LazyString, format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import SQLColumnExpression, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY, YEARS, BadPeriod, Period, PeriodProblem, parse_day, parse_period
from app.errors import Refused
from app.formatting import short_date, show_period
from app.queries.firsts import last_day_seen

Label: TypeAlias = str | LazyString

PROBLEMS: dict[PeriodProblem, LazyString] = {
    PeriodProblem.UNKNOWN: _l("“%(text)s” is not a period. Examples: 2026, 2026-Q3, 2026-03, last-month."),
    PeriodProblem.NO_SUCH_DAY: _l("There is no such day in the calendar: %(text)s."),
    PeriodProblem.BACKWARDS: _l("The period ends before it begins: %(text)s."),
}
NOT_A_DAY = _l("“%(text)s” is not a day. Examples: 2026-03-15, today, yesterday.")
CAPTIONS: dict[str, LazyString] = {
    "this-month": _l("This month"),
    "last-month": _l("Last month"),
    "this-quarter": _l("This quarter"),
    "last-quarter": _l("Last quarter"),
    "this-year": _l("This year"),
    "last-year": _l("Last year"),
    "this-week": _l("This week"),
    "last-week": _l("Last week"),
    "today": _l("Today"),
    "yesterday": _l("Yesterday"),
}
# Of a number of days that the reader says.
LAST: dict[str, LazyString] = {"last-%-days": _l("Last … days")}
AGO: dict[str, LazyString] = {"%-days-ago": _l("… days ago"), "%-workdays-ago": _l("… working days ago")}


class UnknownName(Refused):
    """A name among the choices that means nothing here: of a column, a figure or a parameter."""

    def __init__(self, message: object, field: str, name: str) -> None:
        super().__init__(message, field=field)
        self.name = name


@dataclass(frozen=True)
class Param:
    """`default` is a text too; an empty text means that the reader chose nothing."""

    name: str
    label: Label
    default: str = ""
    control: ClassVar[str] = "text"

    def opening(self, session: Session, today: date) -> str:
        """The text where the reader chose nothing."""
        return self.default

    def value(self, session: Session, text: str, today: date) -> Any:
        """What the text means; Refused with this parameter's name when it means nothing."""
        raise NotImplementedError

    def show(self, value: Any) -> str:
        """The value in the reader's language, for the head of the report."""
        return str(value)


@dataclass(frozen=True)
class PeriodParam(Param):
    """`days` are those (or moments) of the rows: the report opens with the last period of its length that has any.

    What is `planned` has rows of days to come too. Without `days` the report opens with its default, come what may.
    """

    days: Sequence[SQLColumnExpression[Any]] = ()
    planned: bool = False
    control: ClassVar[str] = "period"
    numbered: ClassVar[Mapping[str, Label]] = {**LAST, **AGO}

    def words(self, today: date) -> list[tuple[str, str]]:
        """What is offered to choose from, with its days."""
        return [
            (word, f"{caption}: {days}" if "-" in word else caption) for word, caption, days in period_choices(today)
        ]

    def opening(self, session: Session, today: date) -> str:
        if not self.default:
            return ""
        last = self.last_with_rows(session, parse_period(self.default, today), today)
        return last.text() if last else self.default

    def last_with_rows(self, session: Session, period: Period, today: date) -> Period | None:
        """The last one that lies as this one does.

        None where it is this one or begins before all YEARS, or where there are no rows at all.
        """
        end = parse_period(self.default, today).last if self.planned else today
        latest = (last_day_seen(session, days, end + DAY) for days in self.days)
        day = max((found for found in latest if found), default=None)
        found = None if day is None or day in period else period.around(day)
        return found if found and found.first.year in YEARS else None

    def value(self, session: Session, text: str, today: date) -> Period:
        try:
            return parse_period(text, today)
        except BadPeriod as bad:
            raise Refused(str(PROBLEMS[bad.problem]) % {"text": bad.text}, field=self.name) from None

    def show(self, value: Period) -> str:
        return show_period(value)


@dataclass(frozen=True)
class DateParam(Param):
    control: ClassVar[str] = "date"
    numbered: ClassVar[Mapping[str, Label]] = AGO

    def words(self, today: date) -> list[tuple[str, str]]:
        """What is offered to choose from."""
        return [(word, str(CAPTIONS[word])) for word in ("today", "yesterday")]

    def value(self, session: Session, text: str, today: date) -> date:
        try:
            return parse_day(text, today)
        except BadPeriod as bad:
            problem = NOT_A_DAY if bad.problem is PeriodProblem.UNKNOWN else PROBLEMS[bad.problem]
            raise Refused(str(problem) % {"text": bad.text}, field=self.name) from None

    def show(self, value: date) -> str:
        return short_date(value)


@dataclass(frozen=True)
class AnyDateParam(DateParam):
    """A day, or none."""

    def words(self, today: date) -> list[tuple[str, str]]:
        return [("", "—"), *super().words(today)]

    def value(self, session: Session, text: str, today: date) -> Any:
        return super().value(session, text, today) if text else None


@dataclass(frozen=True)
class ChoiceParam(Param):
    """One of a closed list: textual form → label."""

    options: Mapping[str, Label] = None  # type: ignore[assignment]
    control: ClassVar[str] = "choice"

    def value(self, session: Session, text: str, today: date) -> str | None:
        if text and text not in self.options:
            known = ", ".join(option for option in self.options if option)
            raise Refused(
                _("%(label)s: “%(text)s” is unknown. Possible: %(known)s.", label=self.label, text=text, known=known),
                field=self.name,
            )
        return text or None

    def show(self, value: str) -> str:
        return str(self.options[value])


@dataclass(frozen=True)
class SeveralParam(Param):
    """Some of a closed list, in the order the reader wants: names between commas; the `usual` ones where none are."""

    options: Mapping[str, Label] = field(default_factory=dict)
    usual: Sequence[str] = ()
    control: ClassVar[str] = "several"

    def value(self, session: Session, text: str, today: date) -> list[str]:
        chosen = split(text)
        if unknown := next((name for name in chosen if name not in self.options), None):
            told = {"label": self.label, "text": unknown, "known": ", ".join(self.options)}
            raise UnknownName(_("%(label)s: “%(text)s” is unknown. Possible: %(known)s.", **told), self.name, unknown)
        return chosen or list(self.usual)

    def show(self, value: list[str]) -> str:
        return ", ".join(str(self.options[name]) for name in value)


@dataclass(frozen=True)
class NumberParam(Param):
    """A number from `least` to `most`; a `whole` one is an int."""

    least: int = 0
    most: int = 0
    whole: bool = False
    control: ClassVar[str] = "number"

    def value(self, session: Session, text: str, today: date) -> Decimal | int:
        try:
            number = Decimal(text.replace(",", "."))
            if self.least <= number <= self.most and (not self.whole or number == int(number)):
                return int(number) if self.whole else number
        except InvalidOperation:
            pass
        told = {"label": self.label, "least": self.least, "most": self.most, "text": text}
        if self.whole:
            problem = _("%(label)s: a whole number from %(least)s to %(most)s is expected, not “%(text)s”.", **told)
        else:
            problem = _("%(label)s: a number from %(least)s to %(most)s is expected, not “%(text)s”.", **told)
        raise Refused(problem, field=self.name)

    def show(self, value: Decimal | int) -> str:
        return str(format_decimal(value, "#,##0.###"))


@dataclass(frozen=True)
class LookupParam(Param):
    """A row that the reader may see: its number, as pickers send it, or what people type (a code, a login)."""

    model: Any = None
    key: str = ""
    control: ClassVar[str] = "lookup"

    def value(self, session: Session, text: str, today: date) -> Any:
        if not text:
            return None
        is_number = re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII)
        column = self.model.id if is_number else getattr(self.model, self.key)
        found = session.scalars(select(self.model).where(column == (int(text) if is_number else text))).first()
        if found is None:
            raise Refused(_("%(label)s: there is no “%(text)s”.", label=self.label, text=text), field=self.name)
        return found


def split(text: str) -> list[str]:
    """Names between commas, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def period_choices(today: date) -> list[tuple[str, str, str]]:
    """(text, caption, days) of the periods people ask for most."""
    return [(word, str(label), show_period(parse_period(word, today))) for word, label in CAPTIONS.items()]
