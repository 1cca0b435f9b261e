"""Own fields (свойства): what an administrator adds to clients, people, items, orders and contacts.

A value is kept as JSON beside the row: texts, days, links and words of a list as text, numbers and money as text too,
so that nothing of them is lost, yes or no as itself, several words as a list, a user as the number of his row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlsplit

from app.domain.formats.values import BadValue, Wrong, parse_choice, parse_date, parse_decimal, parse_flag
from app.domain.text import fold_word, readable

Kept = str | bool | int | list[str]

PREFIX = "own_"  # of the names of inputs, columns and refusals
LONGEST = 1000  # characters of a text or a link
MONEY_PLACES, NUMBER_PLACES = 2, 6
MOST_FIELDS = 50  # of one table: each of them stands in its form
MOST_WORDS = 200  # of one list
SCHEMES = frozenset({"http", "https"})
SPELLED = str.maketrans(
    {
        **dict(zip("абвгдеёзийклмнопрстуфхыэ", "abvgdeeziyklmnoprstufhye", strict=True)),
        **{"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""},
    }
)


class OwnKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    USER = "user"
    LINK = "link"

    @property
    def is_ordered(self) -> bool:
        """Asked for by bounds, and sorted by."""
        return self in {OwnKind.NUMBER, OwnKind.MONEY, OwnKind.DATE}


class Owner(StrEnum):
    """What an own field may be added to."""

    COUNTERPARTY = "counterparty"
    PERSON = "person"
    ITEM = "item"
    ORDER = "order"
    CONTACT = "contact"


class BadLink(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """Not an address of the web."""


class TooLong(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """More than LONGEST characters."""


@dataclass(frozen=True)
class OwnReader:
    """How the values of one field are read: its kind and, of a list, its words: first those that a value becomes."""

    kind: OwnKind
    words: Sequence[str] = ()

    def read(self, text: str) -> Kept | None:
        """What is kept of a cell or an input; None of an empty one. Raises BadValue, BadLink or TooLong."""
        typed = readable(text)
        if not typed:
            return None
        match self.kind:
            case OwnKind.TEXT:
                return self._short(typed)
            case OwnKind.NUMBER:
                return _plain(parse_decimal(typed, NUMBER_PLACES, 18))
            case OwnKind.MONEY:
                return _plain(parse_decimal(typed, MONEY_PLACES))
            case OwnKind.DATE:
                return parse_date(typed).isoformat()
            case OwnKind.FLAG:
                return parse_flag(typed)
            case OwnKind.CHOICE:
                return self._word(typed)
            case OwnKind.CHOICES:
                parts = (part for part in typed.split(";") if part.strip())
                return list(dict.fromkeys(word for part in parts for word in self._several(part))) or None
            case OwnKind.USER:
                if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
                    raise BadValue(Wrong.CHOICE)
                return int(typed)
            case OwnKind.LINK:
                return self._link(self._short(typed))

    def _word(self, text: str) -> str:
        return parse_choice(text, {fold_word(word): word for word in reversed(self.words)})

    def _several(self, text: str) -> list[str]:
        """A comma parts words too, unless it is of a word."""
        try:
            return [self._word(text)]
        except BadValue:
            return [self._word(part) for part in text.split(",") if part.strip()]

    @staticmethod
    def _short(text: str) -> str:
        if len(text) > LONGEST:
            raise TooLong
        if "\0" in text:
            raise BadValue(Wrong.CHOICE)
        return text

    @staticmethod
    def _link(text: str) -> str:
        link = text if "://" in text else f"https://{text}"
        try:
            parts = urlsplit(link)
            host = parts.hostname
        except ValueError:
            raise BadLink from None
        if parts.scheme not in SCHEMES or not host or "." not in host or any(c.isspace() for c in link):
            raise BadLink
        return link


def python_value(kind: OwnKind, kept: Kept | None) -> Kept | Decimal | date | None:
    """The value as Python has it: a number as Decimal, a day as date."""
    if isinstance(kept, str) and kind in {OwnKind.NUMBER, OwnKind.MONEY}:
        return Decimal(kept)
    if isinstance(kept, str) and kind is OwnKind.DATE:
        return date.fromisoformat(kept)
    return kept


def key_of(name: str, taken: Sequence[str] = ()) -> str:
    """The name of a new field for programs and files: Latin letters, digits and underscores, unlike those taken."""
    spelled = readable(name).lower().translate(SPELLED)
    stem = re.sub(r"[^a-z0-9]+", "_", spelled).strip("_")[:36]
    stem = stem if stem and stem[0].isalpha() else f"field_{stem}".rstrip("_")
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}_{number}", number + 1
    return found


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
