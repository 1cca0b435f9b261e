"""The rows of a list as its template prints them: what is the same for a column is worked out once a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from flask import Flask
from flask_appbuilder import Model
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.formatting import figure
from app.models.captions import caption
from app.models.users import User
from app.web.display import NOTHING, card_url, day_text, display, moment_text, reader_zone

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
    """A row whose `cells` are HTML: a list has hundreds of them, and a template takes longer for each."""

    pk: int
    url: str  # of its card; "" where the reader has none
    name: str
    cells: str
    is_overdue: bool
    verbs: Any
    may_change: bool


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
    """What a column is by its values: a text that is short in every row is never cut, others take what it leaves.

    One with nothing in it leaves them all but its heading.
    """
    for each in values:
        value = each[0] if isinstance(each, tuple) else each
        if value is None or value == "":
            continue
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return "num"
        return "whole" if isinstance(value, date | User) or are_short(values) else "text"
    return "whole"


def are_short(values: Sequence[Any]) -> bool:
    """Words of a choice, marks, numbers of documents: nothing longer than the longest of our choices."""
    return all(
        isinstance(value, str | bool | Model)
        and len(str(caption(value) if isinstance(value, StrEnum) else value)) <= SHORT
        for value in values
        if value is not None
    )


class Printers(dict[type, Callable[[Any], str]]):
    """How values look in HTML, by their types; a choice and a row of another table, which many rows share, once."""

    def __init__(self, links: Links) -> None:
        zone = reader_zone()
        super().__init__(
            {
                str: lambda text: escape(text) if text else NOTHING,
                date: day_text,
                datetime: lambda moment: moment_text(moment.astimezone(zone)),
                Decimal: figure,
                StrEnum: lru_cache(maxsize=None, typed=True)(lambda choice: escape(caption(choice))),
                Model: cache(links.to),
                type(None): lambda _nothing: NOTHING,
            }
        )

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        known = (self[base] for base in kind.__mro__ if base in self)
        self[kind] = printer = next(known, lambda value: escape(display(value)))
        return printer

    def of(self, formatter: Callable[[Any], Any] | None) -> Callable[[Any], str]:
        """Of a column."""
        if formatter is None:
            return lambda value: self[type(value)](value)
        once = lru_cache(maxsize=None, typed=True)(formatter)  # members of different StrEnums with one value are equal

        def printed(value: Any) -> str:
            told = once(value) if isinstance(value, StrEnum) else formatter(value)
            return told if type(told) is Markup else escape(told)

        return printed


def opening(head: Head, look: str, fact_at: str) -> str:
    """The tag of a column's cells; the number of the row is put where a cell that is changed in place has its mark."""
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
    overdue: Iterable[bool],
    verbs: Iterable[Any],
    changed: Iterable[bool],
    at: Addresses,
) -> list[ListRow]:
    """What the template prints; the first cell tells a row's name."""
    printers = Printers(Links())
    columns = [(head.name, printers.of(formatters.get(head.name))) for head in heads]
    looks = [(" lead", " lead"), *[("", " void")] * len(heads)]
    tags = [
        (head.is_safe, opening(head, full, at.fact), opening(head, void, at.fact))
        for head, (full, void) in zip(heads, looks, strict=False)
    ]
    table = []
    for number, row, is_overdue, may, may_change in zip(numbers, rows, overdue, verbs, changed, strict=True):
        key, name = str(number), ""
        url = at.card.replace(NUMBER_IN_ADDRESS, key)
        told = [printer(row[column]) for column, printer in columns]
        if told:
            name = plain(told[0])
            told[0] = f'<a class="lead-link" href="{escape(url)}">{escape(name)}</a>' if url else told[0]
        cells = []
        for html, (is_safe, full, void) in zip(told, tags, strict=True):
            tag = void if html == NOTHING or not html else full
            cells.append(f"{tag.replace(NUMBER_IN_ADDRESS, key) if is_safe else tag}{html}</td>")
        table.append(ListRow(number, url, name, "".join(cells), is_overdue, may, may_change))
    return table


def plain(html: str) -> str:
    """The text alone: most names have nothing to be taken off."""
    return Markup(html).striptags() if "<" in html or "&" in html else " ".join(html.split())


def in_frames(rows: Iterable[ListRow], before: str, after: str, locked: str) -> Markup:
    """The rows with what the table has before and after the cells of each: its number, name and verbs put into them.

    `locked` stands after a row that the reader may not change.
    """
    before, after, locked = str(before), str(after), str(locked)
    late, drawn = Markup(' class="overdue" title="{}"').format(_("Overdue")), []
    for row in rows:
        key, link = str(row.pk), f' data-href="{escape(row.url)}"' if row.url else ""
        left = before.replace(NUMBER_IN_ADDRESS, key)
        beyond = after if row.may_change else locked
        right = beyond.replace(NUMBER_IN_ADDRESS, key).replace(NAME_IN_ADDRESS, escape(row.name))
        look, right = late if row.is_overdue else "", right.replace(VERBS, escape(row.verbs))
        drawn.append(f"<tr{look}{link}>{left}{row.cells}{right}</tr>")
    return Markup("\n".join(drawn))


def init_app(app: Flask) -> None:
    app.jinja_env.filters["framed"] = in_frames
    app.jinja_env.globals.update(number_in_address=NUMBER_IN_ADDRESS, name_in_row=NAME_IN_ADDRESS, verbs_in_row=VERBS)
