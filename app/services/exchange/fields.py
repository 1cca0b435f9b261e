"""What a column of an import table is: its headers, and how its cells are read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any, Self

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, ColumnElement, Date, DateTime, Enum, Integer, Numeric, Text, func, literal
from sqlalchemy.orm import InstrumentedAttribute

from app.domain import requisites
from app.domain.formats.values import (
    TooFine,
    parse_choice,
    parse_date,
    parse_decimal,
    parse_flag,
    parse_moment,
)
from app.domain.text import fold, fold_word, key
from app.domain.vat import VatRate
from app.domain.words import (
    CampaignKind,
    ContactKind,
    ContactState,
    CounterpartyKind,
    Direction,
    Importance,
    InfoType,
    MeetingAnswer,
    OfferOutcome,
)
from app.models.captions import caption
from app.models.keeping import KEYS
from app.services.counterparties.counterparties import RESPONSIBLES


def _fractions(rate: VatRate) -> tuple[str, ...]:
    """A cell that a spreadsheet shows as percent holds a fraction."""
    part = f"{Decimal(rate.percent) / 100:f}"
    return (part, part.replace(".", ",")) if rate.percent else ()


# Russian words that files use for the values of closed lists, besides the captions. Part of the file format:
# they do not follow the translations.
WORDS: dict[type[StrEnum], dict[str, tuple[str, ...]]] = {
    CounterpartyKind: {
        "company": ("юридическое лицо", "юр. лицо", "юрлицо", "компания", "организация", "legal entity"),
        "person": (
            "физическое лицо",
            "физ. лицо",
            "физлицо",
            "частное лицо",
            "ип",
            "индивидуальный предприниматель",
            "самозанятый",
            "individual",
        ),
    },
    ContactKind: {
        "call": ("звонок", "телефонный звонок"),
        "meeting": ("встреча", "личная встреча"),
        "email": ("электронное письмо", "e-mail"),
        "letter": ("письмо", "почтовое письмо"),
        "other": ("прочее", "другое"),
    },
    CampaignKind: {
        "advertising": ("реклама",),
        "calls": ("обзвон",),
        "exhibition": ("выставка",),
        "mailing": ("рассылка",),
        "other": ("прочее", "другое"),
    },
    Direction: {"in": ("входящее", "входящий"), "out": ("исходящее", "исходящий")},
    ContactState: {
        "planned": ("запланировано", "запланирован"),
        "done": ("завершено", "завершен", "выполнено"),
        "cancelled": ("отменено", "отменен"),
    },
    Importance: {"high": ("высокая",), "normal": ("средняя", "обычная"), "low": ("низкая",)},
    MeetingAnswer: {
        "accepted": ("придет", "будет", "принял", "принято", "will come"),
        "tentative": ("возможно придет", "возможно", "под вопросом", "may come"),
        "declined": ("не придет", "не будет", "отказался", "отклонено", "will not come"),
    },
    OfferOutcome: {
        "accepted": ("принято", "согласились", "согласие"),
        "thinking": ("думает", "думают", "в раздумье"),
        "refused": ("отказ", "отказались", "отклонено"),
        "no_answer": ("нет ответа", "без ответа", "не ответили"),
    },
    VatRate: {
        "none": ("без ндс", "нет", "не облагается", "-"),
        **{
            rate.value: (f"{rate}%", f"{rate} %", f"ндс {rate}%", f"ндс {rate} %", *_fractions(rate))
            for rate in VatRate
            if rate is not VatRate.NONE
        },
    },
}

# The sections whose rights a part of a table needs besides its own.
CONTACT_INFORMATION, CATALOGUES = "Contact information", "Catalogues"
COUNTERPARTIES, ITEMS = "Counterparties", "Items"
SECTIONS = (CONTACT_INFORMATION, CATALOGUES, RESPONSIBLES, COUNTERPARTIES, ITEMS)

REQUISITES = frozenset({"inn", "kpp", "ogrn"})
Parser = Callable[[str], Any]


class Unfit(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """A value of the right type that the column cannot hold; the text is a sentence."""


# Fields are compared as objects: each is declared once, and SQL expressions do not compare to true or false.
@dataclass(frozen=True, eq=False, kw_only=True)
class Field:
    """One column: its name for programs, its caption, and its headers in Russian files.

    `required` is a value that every line must have, `needed` one that a new row must have.
    """

    name: str
    caption: LazyString
    headers: tuple[str, ...] = ()
    required: bool = False
    needed: bool = False

    def without(self, lacking: Collection[str]) -> Self | None:
        """The field for whoever has no right to these sections; None: none at all."""
        return self

    def known_as(self) -> set[str]:
        """Every header that means this column, folded."""
        return {fold(word) for word in (self.name, str(self.caption), *self.headers)}


@dataclass(frozen=True, eq=False, kw_only=True)
class InfoField(Field):
    """Contact information of the row's owner: several phones, e-mails or pages may stand in one cell.

    `called` is the kind in the catalogue, where it has one; `remark` is said of what has no words beside it.
    """

    type: InfoType
    called: str = ""
    remark: str = ""

    def without(self, lacking: Collection[str]) -> Self | None:
        return None if CONTACT_INFORMATION in lacking else self


@dataclass(frozen=True, eq=False, kw_only=True)
class ExtensionField(Field):
    """The extension of the first phone."""

    def without(self, lacking: Collection[str]) -> Self | None:
        return None if CONTACT_INFORMATION in lacking else self


@dataclass(frozen=True, eq=False, kw_only=True)
class WordsField(Field):
    """Several fields in one cell, a word each, parted `by` a mark or by spaces; the last takes what is left."""

    into: tuple[str, ...]
    by: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class BroughtField(Field):
    """What a line says of the row that its reference `of` names: of it a row is made that nobody knows yet."""

    of: str
    into: Field  # of the table of that row

    @property
    def names(self) -> bool:
        """The line may go without the reference itself."""
        return self.into.name in {"name", "inn"}

    def without(self, lacking: Collection[str]) -> Self | None:
        return self if self.into.without(lacking) else None


@dataclass(frozen=True, eq=False, kw_only=True)
class ValueField(Field):
    """One value, kept in a column of the base; in a new row an empty cell means `default`."""

    attribute: InstrumentedAttribute[Any]
    default: Any = None
    aside: Callable[[], ColumnElement[Any]] | None = None  # the value of another table, which the writer keeps

    @property
    def column(self) -> str:
        """The column of the table that takes the value."""
        return str(self.attribute.property.columns[0].name)

    @property
    def stored(self) -> Any:
        """What the base has, as the staged value is compared with it."""
        return self.attribute

    @property
    def instead(self) -> ColumnElement[Any]:
        """The default, as SQL."""
        return literal(self.default)

    @property
    def exported(self) -> Any:
        """What goes out."""
        return self.aside() if self.aside else self.attribute

    @property
    def sql_type(self) -> Any:
        return self.attribute.property.columns[0].type

    @property
    def staged_type(self) -> Any:
        """The type of the column that holds the read value until all is checked."""
        raise NotImplementedError

    def parser(self, zone: tzinfo) -> Parser:
        """What reads one cell; raises BadValue or Unfit, TooFine when a part of the number cannot be kept.

        `zone` is the company's.
        """
        raise NotImplementedError


class TextField(ValueField):
    @property
    def staged_type(self) -> Any:
        return Text()

    def parser(self, zone: tzinfo) -> Parser:
        longest = getattr(self.sql_type, "length", None)
        name = getattr(self, "key", self.attribute).key
        is_key, is_requisite = name in KEYS, name in REQUISITES

        def parse(text: str) -> str:
            if is_key:
                text = key(text)
            if is_requisite:
                text = requisites.bare(text)
            if "\0" in text:
                raise Unfit(_("The text has characters that cannot be kept."))
            if longest and len(text) > longest:
                raise Unfit(_("The text is longer than %(longest)s characters.", longest=longest))
            return text

        return parse


@dataclass(frozen=True, eq=False, kw_only=True)
class DayField(ValueField):
    """A day, perhaps with a time; one far from today is odd, unless it is `any_day`."""

    any_day: bool = False

    def month_first_parser(self, zone: tzinfo) -> Parser:
        """For columns whose days are written 11/23/2026."""
        raise NotImplementedError


class DateField(DayField):
    @property
    def staged_type(self) -> Any:
        return Date()

    def parser(self, zone: tzinfo) -> Parser:
        return partial(parse_date, zone=zone)

    def month_first_parser(self, zone: tzinfo) -> Parser:
        return partial(parse_date, month_first=True, zone=zone)


class MomentField(DayField):
    @property
    def staged_type(self) -> Any:
        return DateTime(timezone=True)

    def parser(self, zone: tzinfo) -> Parser:
        return parse_moment

    def month_first_parser(self, zone: tzinfo) -> Parser:
        return partial(parse_moment, month_first=True)


class FlagField(ValueField):
    @property
    def staged_type(self) -> Any:
        return Boolean()

    def parser(self, zone: tzinfo) -> Parser:
        return parse_flag


class ChoiceField(ValueField):
    """A value of a closed list."""

    @property
    def staged_type(self) -> Any:
        return Text()

    def parser(self, zone: tzinfo) -> Parser:
        words = self.words()
        return lambda text: parse_choice(text, words)

    def words(self) -> dict[str, str]:
        """Every word that means a value, folded."""
        enum = self.sql_type.enum_class
        return {
            fold_word(word): member.value
            for member in enum
            for word in (member.value, caption(member), *WORDS[enum][member.value])
        }


class NumberRange(StrEnum):
    """What a number may be."""

    NOT_NEGATIVE = "not_negative"
    POSITIVE = "positive"
    NOT_ZERO = "not_zero"

    def allows(self, number: Decimal) -> bool:
        if self is NumberRange.NOT_ZERO:
            return number != 0
        return number > 0 or (number == 0 and self is NumberRange.NOT_NEGATIVE)


RANGES: dict[NumberRange, LazyString] = {
    NumberRange.NOT_NEGATIVE: _l("%(value)s: a negative number is not possible here."),
    NumberRange.POSITIVE: _l("%(value)s: a number above zero is expected."),
    NumberRange.NOT_ZERO: _l("Zero is not possible here."),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberField(ValueField):
    """`most` is the greatest number possible and the sentence for a greater one."""

    range: NumberRange | None = None
    most: tuple[int, LazyString] | None = None

    @property
    def scale(self) -> int:
        """Digits after the point."""
        return getattr(self.sql_type, "scale", None) or 0

    @property
    def staged_type(self) -> Any:
        return Numeric(18, self.scale)

    def parser(self, zone: tzinfo) -> Parser:
        places, allowed = self.scale, self.range
        digits = self.sql_type.precision if places else 9  # a whole number is an integer of the base
        most, too_big = self.most or (None, "")

        def check(number: Decimal, text: str) -> None:
            if allowed and not allowed.allows(number):
                raise Unfit(str(RANGES[allowed]) % {"value": text})
            if most is not None and number > most:
                raise Unfit(str(too_big) % {"value": text})

        def parse(text: str) -> Decimal:
            try:
                number = parse_decimal(text, places, digits)
            except TooFine as fine:
                check(fine.rounded, text)
                raise
            check(number, text)
            return number

        return parse


UNKNOWN = _l("%(what)s “%(value)s” is not known.")


def as_written(value: Any) -> Any:
    return value


def any_case(value: Any) -> ColumnElement[str]:
    return func.lower(func.replace(func.replace(value, "ё", "е"), "Ё", "Е"))


@dataclass(frozen=True)
class Naming:
    """One way in which files name a row: what the base knows, and how the words of the file become the same."""

    known: ColumnElement[Any] | InstrumentedAttribute[Any]
    folded: Callable[[Any], Any] = as_written


@dataclass(frozen=True, eq=False, kw_only=True)
class ReferenceField(TextField):
    """Another row, named by its code, number, login or name: the first of the `namings` that fits is meant."""

    key: InstrumentedAttribute[Any]
    namings: tuple[Naming, ...] = ()
    spelled: Callable[[Any], ColumnElement[Any]] | None = None  # how the export names the row; otherwise by `key`
    owner: tuple[str, InstrumentedAttribute[Any]] | None = None  # the other reference that the row belongs to
    day: InstrumentedAttribute[Any] | None = None  # of several of one name the nearest to the day of the line is meant
    spared: bool = False  # an unknown name is told, and the row comes in without it
    made: bool = False  # an unknown name becomes a new row of the catalogue
    unknown: LazyString = UNKNOWN

    def without(self, lacking: Collection[str]) -> Self:
        return replace(self, made=False) if self.made and CATALOGUES in lacking else self

    @property
    def sql_type(self) -> Any:
        return self.key.property.columns[0].type

    @property
    def id_column(self) -> str:
        """The column with the number of the row that is named."""
        return f"{self.name}__id"


FIELDS: dict[type, type[ValueField]] = {
    Enum: ChoiceField,
    Numeric: NumberField,
    Integer: NumberField,
    Date: DateField,
    DateTime: MomentField,
    Boolean: FlagField,
}


def of(attribute: InstrumentedAttribute[Any], *headers: str, name: str = "", **more: Any) -> ValueField:
    """A value of the row itself, read as the type of its column says."""
    sql_type = attribute.property.columns[0].type
    plain = getattr(sql_type, "impl_instance", sql_type)  # of a type of ours: the one of the base
    made = next((field for cls, field in FIELDS.items() if isinstance(plain, cls)), TextField)
    if made is TextField:
        more.setdefault("default", "")
    caption = attribute.info["label"]
    return made(name=name or attribute.key, caption=caption, headers=headers, attribute=attribute, **more)


def ref(
    name: str,
    attribute: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[Any],
    label: LazyString,
    *headers: str,
    **more: Any,
) -> ReferenceField:
    """Another row, named by the key, in any case, where no other namings are given."""
    more.setdefault("namings", (Naming(key), Naming(any_case(key), any_case)))
    return ReferenceField(name=name, caption=label, headers=headers, attribute=attribute, key=key, **more)


def info(name: str, kind: InfoType, label: LazyString, *headers: str, **more: Any) -> InfoField:
    """Contact information of the row's owner."""
    return InfoField(name=name, caption=label, headers=headers, type=kind, **more)
