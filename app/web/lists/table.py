"""The rows of a list as its template prints them: what is the same for a column is worked out once a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_appbuilder import Model
from flask_babel import get_timezone
from markupsafe import Markup, escape

from app.models.users import User
from app.web.display import NOTHING, card_url, display

NUMBER_IN_ADDRESS = "2147483647"  # put where the number of a row will stand
NAME_IN_ADDRESS = "0name0"  # and where that of a column will


@dataclass(frozen=True)
class Head:
    """A column: `kind` is num, whole (never cut), name (wide) or text; `order` is the address that sorts by it."""

    name: str
    label: str
    kind: str
    width: int = 0
    order: str = ""
    direction: str = ""
    is_safe: bool = False  # its cells are changed in place


@dataclass(frozen=True)
class ListRow:
    """A row whose `cells` are printed: a list has hundreds of them, and a template takes longer for each."""

    pk: int
    url: str  # of its card; "" where the reader has none
    name: str
    cells: Markup
    verbs: Any


class Links:
    """Addresses of cards, asked for once a model."""

    def __init__(self) -> None:
        self.patterns: dict[type, str] = {}

    def to(self, row: Model) -> Any:
        model = type(row)
        if model not in self.patterns:
            self.patterns[model] = card_url(model, int(NUMBER_IN_ADDRESS))
        name = short_name(row) if isinstance(row, User) else str(row)
        pattern = self.patterns[model]
        if not pattern:
            return escape(name)
        return Markup(f'<a href="{pattern.replace(NUMBER_IN_ADDRESS, str(row.id))}">{escape(name)}</a>')


def short_name(user: User) -> str:
    """«Смирнова О.»: a column of people is read by last names."""
    return f"{user.last_name} {user.first_name[:1]}." if user.last_name and user.first_name else str(user)


def kind_of(values: Sequence[Any]) -> str:
    for value in values:
        value = value[0] if isinstance(value, tuple) else value
        if value is None or value == "":
            continue
        if isinstance(value, bool):
            return "text"
        if isinstance(value, int | float | Decimal):
            return "num"
        return "whole" if isinstance(value, date | User) else "text"
    return "text"


def printers(links: Links) -> dict[type, Callable[[Any], Any]]:
    """How values of the commonest types look; the rest is left to `display`."""
    captions: dict[StrEnum, Any] = {}

    def of_choice(value: Any) -> Any:
        key = (type(value), value)
        if key not in captions:
            captions[key] = escape(str(display(value)))  # type: ignore[index]
        return captions[key]  # type: ignore[index]

    zone = get_timezone()
    return {
        str: escape,
        date: lambda day: f"{day:%d.%m.%Y}",
        datetime: lambda moment: f"{moment.astimezone(zone):%d.%m.%Y %H:%M}",
        StrEnum: of_choice,
        Model: links.to,
    }


def opening(head: Head, lead: bool, void: bool, fact_at: str) -> str:
    """The tag of a column's cells, up to the number of the row where that is asked for."""
    look = " lead" if lead else " void" if void else ""
    safe = f' tabindex="-1" data-fact="{escape(fact_at.replace(NAME_IN_ADDRESS, head.name))}"' if head.is_safe else ""
    return f'<td class="{head.kind}{look}" data-label="{escape(head.label)}"{safe}>'


@dataclass(frozen=True)
class Addresses:
    """Of a row's card and of a cell changed in place, for NUMBER_IN_ADDRESS and NAME_IN_ADDRESS; "" for none."""

    card: str
    fact: str


def rows_of(
    heads: Sequence[Head],
    rows: Sequence[Mapping[str, Any]],
    numbers: Sequence[int],
    formatters: Mapping[str, Callable[[Any], Any]],
    verbs: Iterable[Any],
    at: Addresses,
) -> list[ListRow]:
    """What the template prints; the first cell tells a row's name."""
    known = printers(Links())
    tags = [[opening(head, not place, void, at.fact) for void in (False, True)] for place, head in enumerate(heads)]

    def shown(name: str, value: Any) -> Any:
        if name in formatters:
            return formatters[name](value)
        if value is None or value == "":
            return NOTHING
        for kind in type(value).__mro__:
            if kind in known:
                return known[kind](value)
        return display(value)

    table = []
    for number, row, may in zip(numbers, rows, verbs, strict=True):
        name, pieces, url = "", [], at.card.replace(NUMBER_IN_ADDRESS, str(number))
        for place, head in enumerate(heads):
            html = escape(shown(head.name, row[head.name]))
            tag = tags[place][html == NOTHING or not html]
            pieces.append(tag.replace(NUMBER_IN_ADDRESS, str(number)) if head.is_safe else tag)
            if place == 0:
                name = html.striptags()
                if url:
                    html = Markup(f'<a class="lead-link" href="{escape(url)}">{escape(name)}</a>')
            pieces.append(html)
            pieces.append("</td>")
        table.append(ListRow(number, url, name, Markup("".join(pieces)), may))
    return table
