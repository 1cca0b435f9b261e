"""Inputs of own fields: added to a form as it is opened, so that a field made a moment ago stands there at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import Field, Form, validators
from wtforms.fields.choices import Choice, SelectFieldBase
from wtforms.widgets import TextInput

from app.domain.own_fields import PREFIX, Kept, OwnKind, python_value
from app.errors import Refused
from app.extensions import db
from app.formatting import localized
from app.models.own_fields import OwnField, Owning
from app.models.users import User
from app.queries.own_fields import OWNERS
from app.services import own_fields
from app.web.forms.fields import DateBox, LookupField, SelectBox, ticks

FLAGS = {"yes": _l("yes"), "no": _l("no")}


AnyForm = TypeVar("AnyForm", bound=Form)


class OwnInput(Field):
    """Holds the value as it is kept; what cannot be one is refused at the input with its sentence."""

    def __init__(self, label: Any = None, rules: Sequence[Any] = (), *, own: OwnField, **kwargs: Any) -> None:
        super().__init__(label, rules, widget=WIDGETS.get(own.kind, TextBox()), **kwargs)
        self.own = own

    @property
    def words(self) -> list[str]:
        """Those of the list, and those that the row has had since the list had them: a save takes none away unasked."""
        had = self.object_data
        return list(dict.fromkeys([*self.own.words, *(had if isinstance(had, list) else [had] if had else [])]))

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        typed = ";".join(part for part in valuelist if part)
        try:
            self.data = own_fields.value_of(self.own, typed, self.words)
        except Refused as refused:
            raise ValueError(str(refused)) from None

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(str(each) for each in self.raw_data)
        if self.data is None:
            return ""
        return localized(str(self.data)) if self.own.kind in {OwnKind.NUMBER, OwnKind.MONEY} else str(self.data)


class OwnSelect(OwnInput, SelectFieldBase):
    """A word of the list, or yes and no."""

    def iter_choices(self) -> Iterator[Choice]:
        flag = self.own.kind is OwnKind.FLAG
        words = FLAGS if flag else {word: word for word in self.words}
        chosen = ("yes" if self.data else "no") if flag and self.data is not None else self.data or ""
        for value, word in {"": "", **words}.items():
            yield Choice(value, word, value == chosen, {})


class TextBox(TextInput):
    def __call__(self, field: Any, **kwargs: Any) -> Any:
        kind = field.own.kind
        kwargs.setdefault("class", "form-control")
        kwargs.setdefault("autocomplete", "off")
        if kind in {OwnKind.NUMBER, OwnKind.MONEY}:
            kwargs["inputmode"] = "decimal"
        elif kind is OwnKind.LINK:
            kwargs["inputmode"] = "url"
        return super().__call__(field, **kwargs)


class WordTicks:
    """A tick for each word of the list."""

    def __call__(self, field: OwnInput, **kwargs: Any) -> Markup:
        chosen = set(field.data or ())  # type: ignore[arg-type]
        # An empty value too: no tick at all means none, not that the form did not say.
        none = Markup('<input type="hidden" name="{}" value="">').format(field.name)
        return none + ticks(field, ((word, word, word in chosen) for word in field.words), **kwargs)


WIDGETS: dict[OwnKind, Any] = {
    OwnKind.DATE: DateBox(),
    OwnKind.FLAG: SelectBox(),
    OwnKind.CHOICE: SelectBox(),
    OwnKind.CHOICES: WordTicks(),
}


class UserInput(LookupField):
    """A user, kept as his number."""

    def __init__(self, label: Any = None, rules: Sequence[Any] = (), *, own: OwnField, **kwargs: Any) -> None:
        super().__init__(label, rules, model=User, **kwargs)
        self.own = own

    def process_data(self, value: Any) -> None:
        self.data = self.load(value) if isinstance(value, int) else value


INPUTS: dict[OwnKind, type[Field]] = {
    OwnKind.FLAG: OwnSelect,
    OwnKind.CHOICE: OwnSelect,
    OwnKind.USER: UserInput,
}


def fields_to_change(session: Session, model: type | None) -> list[OwnField]:
    """The own fields that the form of this model has for the viewer."""
    if model is None or not issubclass(model, Owning):
        return []
    return [f for f in own_fields.seen_fields(session, OWNERS[model]) if own_fields.may_change(session, f)]


def with_own_fields(form: type[AnyForm], fields: Sequence[OwnField]) -> type[AnyForm]:
    """The form with an input for each of these, named `own_` and the key."""
    inputs = {PREFIX + field.key: input_of(field) for field in fields}
    return type(form.__name__, (form,), inputs) if inputs else form


def input_of(field: OwnField) -> Any:
    rule = validators.InputRequired() if field.is_required else validators.Optional()
    made = INPUTS.get(field.kind, OwnInput)
    default = field.reader.read(field.default) if field.default else None
    return made(field.name, [rule], own=field, description=field.hint, default=default)


def inputs_of(form: Iterable[Field]) -> list[OwnInput | UserInput]:
    return [field for field in form if isinstance(field, (OwnInput, UserInput))]


def names_in(form: Form) -> list[str]:
    return [each.name for each in inputs_of(form)]


def sections_of(form: Form) -> list[tuple[str, dict[str, list[str]]]]:
    """The sections that own fields stand in, as FAB's fieldsets."""
    groups: dict[str, list[str]] = {}
    for each in inputs_of(form):
        groups.setdefault(each.own.group or _("Own fields"), []).append(each.name)
    return [(name, {"fields": names}) for name, names in groups.items()]


def input_values(item: Any) -> dict[str, Any]:
    """The values of a row by the names of the inputs; a field without one is empty, whatever its default."""
    if not isinstance(item, Owning):
        return {}
    fields = own_fields.seen_fields(db.session(), OWNERS[type(item)])
    return {PREFIX + field.key: (item.own or {}).get(field.key) for field in fields}


def typed_values(form: Iterable[Field]) -> dict[str, Kept | None]:
    """What the inputs of own fields hold, by key."""
    return {
        each.own.key: getattr(each.data, "id", None) if isinstance(each, UserInput) else each.data
        for each in inputs_of(form)
    }


def keep(session: Session, form: Iterable[Field], item: Any, *, whole: bool = True) -> None:
    """Put what was typed into the row; not `whole`: these are some of its fields."""
    if isinstance(item, Owning):
        own_fields.write(session, item, typed_values(form), whole=whole)


def facts(session: Session, item: Any) -> list[tuple[OwnField, Any]]:
    """The own fields of a row with what cards show of them; None where there is nothing."""
    if not isinstance(item, Owning):
        return []
    fields = own_fields.seen_fields(session, OWNERS[type(item)])
    return [(field, displayed(session, field, (item.own or {}).get(field.key))) for field in fields]


def displayed(session: Session, field: OwnField, kept: Kept | None) -> Any:
    """What stands in a cell: a number, a day, a user, a link that opens."""
    if kept is None:
        return None
    if field.kind is OwnKind.USER:
        return session.get(User, kept)
    if field.kind is OwnKind.LINK:
        return Markup('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>').format(kept)
    if field.kind is OwnKind.FLAG:
        return str(FLAGS["yes" if kept else "no"])
    return python_value(field.kind, kept)
