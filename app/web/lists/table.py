"""The rows of a list as its template prints them: what is the same for a column is worked out once a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_appbuilder import Model
from flask_babel import to_user_timezone
from markupsafe import Markup, escape

from app.models.users import User
from app.web.display import NOTHING, card_url, display

NUMBER_IN_ADDRESS = "2147483647"  # put where the number of a row will stand


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
class ListCell:
    head: Head
    html: Any
    void: bool


@dataclass(frozen=True)
class ListRow:
    pk: int
    name: str
    cells: Sequence[ListCell]
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

    return {
        str: escape,
        date: lambda day: f"{day:%d.%m.%Y}",
        datetime: lambda moment: f"{to_user_timezone(moment):%d.%m.%Y %H:%M}",
        StrEnum: of_choice,
        Model: links.to,
    }


def cells_of(
    heads: Sequence[Head], rows: Sequence[Mapping[str, Any]], formatters: Mapping[str, Callable[[Any], Any]]
) -> list[list[ListCell]]:
    """The cells of each row, in the order of the columns."""
    known = printers(Links())

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
    for row in rows:
        cells = []
        for head in heads:
            html = shown(head.name, row[head.name])
            cells.append(ListCell(head, html, str(html) in {NOTHING, ""}))
        table.append(cells)
    return table
