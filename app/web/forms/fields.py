"""Form fields and inputs: native dates in the reader's time zone, closed lists in words, type-ahead relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone, to_utc
from markupsafe import Markup, escape
from wtforms import (
    DateField,
    DateTimeLocalField,
    Field,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    validators,
)
from wtforms.widgets import DateInput, DateTimeLocalInput, NumberInput, Select

from app.domain import digits
from app.domain.formats.values import BadValue, TooFine, Wrong, parse_decimal
from app.domain.periods import YEARS
from app.extensions import db
from app.formatting import localized
from app.models.captions import CAPTIONS
from app.models.keeping import year_expected
from app.models.visibility import seen_row
from app.web.forms.attributes import attributes

INT4 = 2**31 - 1
NEXT_NUMBER = _l("Empty: the next number is given.")


def row_number(text: object) -> int | None:
    """The number of a row as it came from outside; None when it cannot be one."""
    found = str(text)
    return int(found) if len(found) <= 10 and found.isascii() and found.isdigit() and int(found) <= INT4 else None


def id_of(row: Any) -> int | None:
    return None if row is None else int(row.id)


class Control:
    """An input that looks like all the others."""

    def __call__(self, field: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("class", "form-control")
        return super().__call__(field, **kwargs)  # type: ignore[misc]


class DateBox(Control, DateInput):
    pass


class MomentBox(Control, DateTimeLocalInput):
    pass


class SelectBox(Control, Select):
    pass


class NumberBox(Control, NumberInput):
    def __init__(self) -> None:
        super().__init__(step="any")


def text_box(**more: Any) -> dict[str, Any]:
    return {"render_kw": {"class": "form-control", **more}}


def text_field(label: Any, most: int, description: Any = "", **more: Any) -> StringField:
    """One line of at most so many letters."""
    length = [validators.Length(max=most)]
    return StringField(label, length, description=description, **text_box(autocomplete="off", **more))


def read_number(text: str, places: int) -> Decimal:
    """What was typed as a number; ValueError has a sentence for whoever typed it."""
    try:
        return parse_decimal(text, places)
    except BadValue as bad:
        raise ValueError(number_message(bad, text)) from None


def number_message(bad: BadValue, text: str) -> str:
    if isinstance(bad, TooFine):
        return str(_("No more than %(places)s digits after the point: %(text)s.", places=bad.places, text=text[:50]))
    if bad.expected is Wrong.BIG:
        return str(_("The number %(value)s is too big.", value=text[:50]))
    return str(_("Not a number: %(text)s.", text=text))


class WholeField(IntegerField):
    """A whole number that a column keeps: a longer one is refused before anybody compares it, which fails."""

    widget = NumberBox()
    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and abs(self.data) > INT4:
            self.data = None
            raise ValueError(_("The number is too big."))


class MoneyField(StringField):
    """A sum typed with a dot or a comma; `data` is a Decimal of at most so many `places`."""

    places = digits.MONEY

    def __init__(self, label: Any = None, validators: Any = None, places: int | None = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **text_box(inputmode="decimal", autocomplete="off"), **kwargs)
        self.places = self.places if places is None else places

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            self.raw_data: list[str] = []  # spaces alone are nothing, also for InputRequired
            return
        self.data = read_number(valuelist[0].strip(), self.places)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return "" if self.data is None else localized(f"{self.data:f}")


class QuantityField(MoneyField):
    places = digits.QUANTITY


class PriceField(MoneyField):
    places = digits.PRICE


class VersionField(HiddenField):
    """The version of the row when its form was opened; `data` is a number, or None when nothing sensible came."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = row_number(valuelist[0]) if valuelist else None

    def renew(self, version: int) -> None:
        """The form that is shown next is saved over this version."""
        self.data, self.raw_data = version, None

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


def of_our_time(day: date) -> None:
    """ValueError of a day that nobody can count from: the days around it may be none."""
    if day.year not in YEARS:
        raise ValueError(year_expected())


class TypedDayField(DateField):
    """A day of our time."""

    def process_formdata(self, valuelist: Any) -> None:
        super().process_formdata(valuelist)
        if self.data:
            of_our_time(self.data)


class LocalMomentField(DateTimeLocalField):
    """Shown and typed in the reader's time zone, kept as an aware moment."""

    data: Any

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        super().__init__(label, validators, format=formats, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return to_user_timezone(self.data).strftime("%Y-%m-%dT%H:%M") if self.data else ""

    def process_formdata(self, valuelist: Any) -> None:
        super().process_formdata(valuelist)
        local, self.data = self.data, None
        if local:
            of_our_time(local)
            self.data = to_utc(local).replace(tzinfo=UTC)


def words_of(enum: type[StrEnum]) -> dict[str, Any]:
    """Each value of a closed list and how it is called."""
    return {m.value: CAPTIONS[enum, m] for m in enum}


def offered(words: Mapping[str, Any], *, blank: bool = True) -> list[SelectChoice]:
    """What a select offers: values in words, and nothing chosen unless it may not be."""
    return [SelectChoice(value, word) for value, word in [*([("", "")] if blank else []), *words.items()]]


@cache
def _offered_of(enum: type[StrEnum], blank: bool) -> tuple[SelectChoice, ...]:
    """Made once: the words are found in the reader's language as they are drawn."""
    return tuple(offered(words_of(enum), blank=blank))


class EnumField(SelectField):
    """One value of a closed list, in words; FAB's own field takes names of members for their values."""

    def __init__(
        self, label: Any = None, validators: Any = None, *, enum: type[StrEnum], blank: bool = False, **kwargs: Any
    ) -> None:
        def coerce(value: Any) -> StrEnum | None:
            return enum(value) if value else None

        super().__init__(
            label,
            validators,
            choices=_offered_of(enum, blank),
            coerce=coerce,
            widget=SelectBox(),
            **kwargs,
        )

    def pre_validate(self, form: Any) -> None:
        """What is among the choices is found there without an option made of each."""
        if not any(choice.value == self.data for choice in self.choices):
            super().pre_validate(form)


def box(field: Field, value: Any, label: str, ticked: bool, **about: Any) -> Markup:
    """`about`: what the box bears besides."""
    more = attributes(checked=ticked, **about)
    return Markup('<input type="checkbox" name="{}" value="{}" aria-label="{}" {}>').format(
        field.name, value, label, more
    )


def ticks(field: Field, choices: Iterable[tuple[Any, str, bool]], **about: Any) -> Markup:
    """A labelled box for each value, its words and whether it is ticked; `about`: what each box bears besides."""
    about = {name: value for name, value in about.items() if name not in {"class", "aria-label"}}  # of a single input
    lines = (
        Markup("<label>{} {}</label>").format(box(field, value, words, ticked, **about), words)
        for value, words, ticked in choices
    )
    return Markup('<div class="ticks" id="{}">{}</div>').format(field.id, Markup("").join(lines))


class LookupWidget:
    """A select that holds the chosen row alone; the script fills it from `data-lookup` as the user types."""

    def __call__(self, field: LookupField, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        kwargs.setdefault("class", "form-control")
        kwargs["data-lookup"] = url_for("LookupView.find", name=field.offers)
        if field.within:
            kwargs["data-lookup-within"] = field.within
        if "required" not in kwargs and field.flags.required:
            kwargs["required"] = True
        params = attributes(name=field.name, **kwargs)
        chosen = "" if field.data is None else chosen_option(field.data)
        return Markup(f'<select {params}><option value=""></option>{chosen}</select>')


def chosen_option(row: Any) -> str:
    return f'<option value="{row.id}" selected>{escape(str(row))}</option>'


class LookupField(Field):
    """Holds a row of `model`; loads only the chosen one, and no row that the viewer does not see.

    `within` names the field of the same form that the choice depends on (the persons of one counterparty),
    `offers` the look-up where it is not all of the model.
    """

    widget = LookupWidget()

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        model: type[Any],
        within: str = "",
        offers: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.model = model
        self.within = within
        self.offers = offers or model.__name__

    def process_formdata(self, valuelist: Any) -> None:
        if not valuelist:  # the form does not say: what was there stays
            return
        raw = valuelist[0]
        self.data = self.load(raw) if raw else None
        if raw and self.data is None:
            raise ValueError(_("Choose one of the list."))

    def populate_obj(self, obj: Any, name: str) -> None:
        """Nothing chosen where nothing is needs no word: of what is said of a relation, saving looks at both ends."""
        if self.data is not None or getattr(obj, name) is not None:
            setattr(obj, name, self.data)

    def load(self, raw: object) -> Any:
        row = row_number(raw)
        return None if row is None else seen_row(db.session(), self.model, row)


class LookupsWidget(LookupWidget):
    """A multiple select of the chosen rows; the script adds what is picked, and each has a button that takes it out."""

    def __call__(self, field: LookupField, **kwargs: Any) -> Markup:
        kwargs = {"id": field.id, "class": "form-control", **kwargs}
        kwargs |= {"data-lookup": url_for("LookupView.find", name=field.offers), "multiple": True}
        options = "".join(map(chosen_option, field.data or ()))
        said = f'<input type="hidden" name="{field.name}" value="">'  # nobody chosen is said too
        return Markup(f"{said}<select {attributes(name=field.name, **kwargs)}>{options}</select>")


class LookupsField(LookupField):
    """Holds several rows of `model`, of those that the viewer sees."""

    widget = LookupsWidget()
    most = 100

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: Any) -> None:
        if not valuelist:  # the form does not say: what was there stays
            return
        wanted = [raw for raw in dict.fromkeys(valuelist) if raw]
        self.data = [row for row in map(self.load, wanted[: self.most]) if row is not None]
        if len(self.data) != len(wanted):
            raise ValueError(_("Choose one of the list."))
