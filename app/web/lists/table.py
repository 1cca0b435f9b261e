"""The rows of a list as its template prints them: what is the same for a column is worked out once a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask import Flask
from flask_appbuilder import Model
from markupsafe import Markup, escape

from app.models.captions import caption
from app.models.users import User
from app.web.display import NOTHING, card_url, display, reader_zone

NUMBER_IN_ADDRESS = "2147483647"  # put where the number of a row will stand
NAME_IN_ADDRESS = "0name0"  # and where that of a column, or of a row, will
VERBS = "0verbs0"  # where the buttons of a row will
SHORT = 20  # letters of a text that needs no cutting


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

    def to(self, row: Model) -> Markup:
        return self.to_named(type(row), row.id, short_name(row) if isinstance(row, User) else str(row))

    def to_named(self, model: type[Model], number: int, name: str) -> Markup:
        """To the row of that number, of which no more is known."""
        if model not in self.patterns:
            self.patterns[model] = card_url(model, int(NUMBER_IN_ADDRESS))
        pattern = self.patterns[model]
        if not pattern:
            return escape(name)
        return Markup(f'<a href="{pattern.replace(NUMBER_IN_ADDRESS, str(number))}">{escape(name)}</a>')


def short_name(user: User) -> str:
    """«Смирнова О.»: a column of people is read by last names."""
    return f"{user.last_name} {user.first_name[:1]}." if user.last_name and user.first_name else str(user)


def kind_of(values: Sequence[Any]) -> str:
    """What a column is by its values: a text that is short in every row is never cut, others take what it leaves."""
    for value in values:
        value = value[0] if isinstance(value, tuple) else value
        if value is None or value == "":
            continue
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return "num"
        return "whole" if isinstance(value, date | User) or are_short(values) else "text"
    return "text"


def are_short(values: Sequence[Any]) -> bool:
    """Words of a choice, marks, numbers of documents: nothing longer than the longest of our choices."""
    return all(
        isinstance(value, str | bool | Model)
        and len(str(caption(value) if isinstance(value, StrEnum) else value)) <= SHORT
        for value in values
        if value is not None
    )


def printers(links: Links) -> dict[Any, Callable[[Any], Any]]:
    """How values of the commonest types look; the rest is left to `display`."""
    captions: dict[StrEnum, Any] = {}

    def of_choice(value: Any) -> Any:
        key = (type(value), value)
        if key not in captions:
            captions[key] = escape(str(display(value)))  # type: ignore[index]
        return captions[key]  # type: ignore[index]

    zone = reader_zone()
    return {
        str: lambda text: escape(text) if text else NOTHING,
        date: lambda day: f"{day:%d.%m.%Y}",
        datetime: lambda moment: f"{moment.astimezone(zone):%d.%m.%Y %H:%M}",
        StrEnum: of_choice,
        Model: links.to,
        type(None): lambda _nothing: NOTHING,
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

    def printer_of(kind: type) -> Callable[[Any], Any]:
        if kind not in known:
            known[kind] = next((known[base] for base in kind.__mro__ if base in known), display)
        return known[kind]

    columns = [(head.name, head.is_safe, tag, formatters.get(head.name)) for head, tag in zip(heads, tags, strict=True)]
    table = []
    for number, row, may in zip(numbers, rows, verbs, strict=True):
        name, pieces, key = "", [], str(number)
        url = at.card.replace(NUMBER_IN_ADDRESS, key)
        for place, (column, is_safe, tag, formatter) in enumerate(columns):
            value = row[column]
            html = escape(formatter(value) if formatter else printer_of(type(value))(value))
            opened = tag[html == NOTHING or not html]
            pieces.append(opened.replace(NUMBER_IN_ADDRESS, key) if is_safe else opened)
            if place == 0:
                name = plain(html)
                if url:
                    html = Markup(f'<a class="lead-link" href="{escape(url)}">{escape(name)}</a>')
            pieces.append(html)
            pieces.append("</td>")
        table.append(ListRow(number, url, name, Markup("".join(pieces)), may))
    return table


def plain(html: Markup) -> str:
    """The text alone: most names have nothing to be taken off."""
    return html.striptags() if "<" in html or "&" in html else " ".join(html.split())


def framed(rows: Iterable[ListRow], before: str, after: str) -> Markup:
    """The rows with what the table has before and after the cells of each: its number, name and verbs put into them."""
    before, after = str(before), str(after)
    drawn = []
    for row in rows:
        key, link = str(row.pk), f' data-href="{escape(row.url)}"' if row.url else ""
        left = before.replace(NUMBER_IN_ADDRESS, key)
        right = after.replace(NUMBER_IN_ADDRESS, key).replace(NAME_IN_ADDRESS, escape(row.name))
        drawn.append(f"<tr{link}>{left}{row.cells}{right.replace(VERBS, escape(row.verbs))}</tr>")
    return Markup("\n".join(drawn))


def init_app(app: Flask) -> None:
    app.jinja_env.filters["framed"] = framed
    app.jinja_env.globals.update(number_in_address=NUMBER_IN_ADDRESS, name_in_row=NAME_IN_ADDRESS, verbs_in_row=VERBS)
