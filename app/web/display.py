"""How a value looks: one Jinja filter by type, for lists, cards and letters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, url_for
from flask_appbuilder import Model
from flask_babel import get_timezone, gettext
from markupsafe import Markup

from app import clock
from app.domain.calendar import day_in
from app.formatting import figure, localized, percent
from app.models.captions import caption
from app.models.users import Role

CARDS = "vizavi.cards"  # in app.extensions: model -> (endpoint of its view, section that must be readable)
NOTHING = "—"
YES = "✓"


class AtLeast(int):
    """A count that was stopped at this number: there are more."""


def reader_zone() -> ZoneInfo:
    """The reader's time zone; the same as Babel's, which is ten times slower."""
    return ZoneInfo(str(get_timezone()))


def reader_today() -> date:
    """The day where the reader is; business days are those of `clock.today`."""
    return day_in(reader_zone(), clock.now())


def card_url(model: type[Any], pk: int) -> str:
    """The card of a row; "" where the reader has no screen for it."""
    endpoint = _screen(model)
    return url_for(f"{endpoint}.show", pk=pk) if endpoint else ""


def rows_url(model: type[Any], asked: Mapping[str, str]) -> str:
    """The list of the rows that a filter finds; "" where the reader has no screen for them."""
    endpoint = _screen(model)
    return url_for(f"{endpoint}.list", **asked) if endpoint else ""  # type: ignore[arg-type]


def _screen(model: type[Any]) -> str:
    endpoint, section = current_app.extensions[CARDS].get(model, ("", ""))
    may = endpoint and current_app.appbuilder.sm.has_access("can_read", section)  # type: ignore[attr-defined]
    return endpoint if may else ""


def link(item: Model) -> str:
    """The row's name, leading to its card where the reader may open it."""
    url = card_url(type(item), item.id)
    return Markup('<a href="{}">{}</a>').format(url, str(item)) if url else str(item)


def display(value: Any) -> Any:
    """What a person reads in place of the value, in his language and time zone."""
    match value:
        case None | "":
            return NOTHING
        case list() | tuple():
            return Markup(", ").join(display(v) for v in value) or NOTHING
        case bool():
            return YES if value else NOTHING
        case datetime():
            return moment_text(value.astimezone(reader_zone()))
        case date():
            return day_text(value)
        case Decimal():
            return figure(value)
        case StrEnum():
            return caption(value)
        case Role():
            return gettext(value.name)
        case Model():
            return link(value)
    return value


def day_text(day: date) -> str:
    """`09.05.2026` in every language; Babel and strftime take several times as long, and a list has a hundred days."""
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def moment_text(moment: datetime) -> str:
    """`09.05.2026 14:30`, by its own zone."""
    return f"{day_text(moment)} {moment.hour:02}:{moment.minute:02}"


def count_text(count: int) -> str:
    """The number of rows with spaces between thousands; "10 000+" where counting was stopped."""
    text = f"{count - 1:,}+" if isinstance(count, AtLeast) else f"{count:,}"
    return text.replace(",", "\u00a0")


def init_app(app: Flask) -> None:
    app.extensions.setdefault(CARDS, {})
    app.jinja_env.filters.update(display=display, count_text=count_text, percent=percent, localized=localized)
