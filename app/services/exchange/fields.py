"""What a column of an import table is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, Numeric
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.formats.values import fold
from app.domain.words import (
    ContactKind,
    ContactState,
    CounterpartyKind,
    Direction,
    Importance,
    InfoType,
)
from app.models.captions import caption

# Russian words that files use for the values of closed lists, besides the captions. Part of the file format:
# they do not follow the translations.
WORDS: dict[type[StrEnum], dict[str, tuple[str, ...]]] = {
    CounterpartyKind: {
        "company": ("юридическое лицо", "юр. лицо", "юрлицо", "компания", "организация"),
        "person": ("физическое лицо", "физ. лицо", "физлицо", "частное лицо", "ип"),
    },
    ContactKind: {
        "call": ("звонок", "телефонный звонок"),
        "meeting": ("встреча", "личная встреча"),
        "email": ("электронное письмо", "e-mail"),
        "letter": ("письмо", "почтовое письмо"),
        "other": ("прочее", "другое"),
    },
    Direction: {"in": ("входящее", "входящий"), "out": ("исходящее", "исходящий")},
    ContactState: {
        "planned": ("запланировано", "запланирован"),
        "done": ("завершено", "завершен", "выполнено"),
        "cancelled": ("отменено", "отменен"),
    },
    Importance: {"high": ("высокая",), "normal": ("средняя", "обычная"), "low": ("низкая",)},
}


class Type(StrEnum):
    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    REFERENCE = "reference"
    INFO = "info"


class Bound(StrEnum):
    """What a number may be."""

    NOT_NEGATIVE = "not_negative"
    POSITIVE = "positive"
    NOT_ZERO = "not_zero"

    def allows(self, number: Decimal) -> bool:
        if self is Bound.NOT_ZERO:
            return number != 0
        return number > 0 or (number == 0 and self is Bound.NOT_NEGATIVE)


@dataclass(frozen=True)
class Field:
    """One column: its name, its headers in Russian files, and where its value goes.

    An empty cell means `default`; with `keeps` it leaves the value of a known row as it is.
    """

    name: str
    caption: LazyString
    headers: tuple[str, ...]
    type: Type
    attribute: InstrumentedAttribute[Any] | None = None
    key: InstrumentedAttribute[Any] | None = None  # of a reference: the column of the other table that names a row
    made: bool = False  # of a reference: an unknown name becomes a new row of the catalogue
    info: InfoType | None = None
    extension: bool = False
    required: bool = False
    bound: Bound | None = None
    default: Any = None
    keeps: bool = False
    aside: bool = False  # kept in a table of its own, written by its own function

    @property
    def is_own(self) -> bool:
        """Whether the value stands in the row itself."""
        return self.type is not Type.INFO and not self.aside

    @property
    def column(self) -> str:
        """The column of the table that takes the value."""
        assert self.attribute is not None
        return str(self.attribute.property.columns[0].name)

    @property
    def sql_type(self) -> Any:
        source = self.key if self.key is not None else self.attribute
        assert source is not None
        return source.property.columns[0].type

    @property
    def scale(self) -> int:
        """Digits after the point."""
        return getattr(self.sql_type, "scale", None) or 0

    @property
    def longest(self) -> int | None:
        """How many characters the value may have."""
        return getattr(self.sql_type, "length", None)

    def words(self) -> dict[str, str]:
        """Of a closed list: every word that means a value, folded."""
        enum = self.sql_type.enum_class
        found = {}
        for member in enum:
            for word in (member.value, caption(member), *WORDS[enum][member.value]):
                found[fold(word)] = member.value
        return found

    def known_as(self) -> set[str]:
        """Every header that means this column, folded."""
        return {fold(word) for word in (self.name, str(self.caption), *self.headers)}


TYPES: Mapping[type, Type] = {
    Enum: Type.CHOICE,
    Numeric: Type.NUMBER,
    Integer: Type.NUMBER,
    Date: Type.DATE,
    DateTime: Type.MOMENT,
    Boolean: Type.FLAG,
}


def of(attribute: InstrumentedAttribute[Any], *headers: str, name: str = "", **more: Any) -> Field:
    """A value of the row itself."""
    sql_type = attribute.property.columns[0].type
    kind = next((kind for cls, kind in TYPES.items() if isinstance(sql_type, cls)), Type.TEXT)
    if kind is Type.TEXT:
        more.setdefault("default", "")
    return Field(name or attribute.key, attribute.info["label"], headers, kind, attribute, **more)


def ref(
    name: str,
    attribute: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[Any],
    label: LazyString,
    *headers: str,
    **more: Any,
) -> Field:
    """Another row, named by its code, number, login or name."""
    return Field(name, label, headers, Type.REFERENCE, attribute, key, **more)


def info(name: str, kind: InfoType, label: LazyString, *headers: str, extension: bool = False) -> Field:
    """Contact information of the row's owner."""
    return Field(name, label, headers, Type.INFO, info=kind, extension=extension)
