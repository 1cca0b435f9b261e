"""Own fields in lists: columns and filters that the table has just now, for those who see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField, StringField

from app.domain.own_fields import PREFIX, OwnKind, python_value
from app.models.own_fields import OwnField, Owning
from app.models.users import User
from app.queries import own_fields as found
from app.queries.sql import one_of
from app.services import own_fields
from app.web.datamodel import DataModel
from app.web.filters import CrmFilters, Filter
from app.web.forms.fields import DateBox, LookupField, offered
from app.web.forms.own_fields import FLAGS, displayed

NUMBERS = {OwnKind.NUMBER, OwnKind.MONEY}
LISTS = {OwnKind.CHOICE, OwnKind.CHOICES}


class OwnColumns:
    """The own fields of a model that the viewer of the session sees, by the names of their columns."""

    def __init__(self, session: Session, model: type) -> None:
        self.session = session
        fields = own_fields.seen_fields(session, found.OWNERS[model]) if issubclass(model, Owning) else []
        self.fields: Mapping[str, OwnField] = {PREFIX + field.key: field for field in fields}

    @property
    def labels(self) -> dict[str, str]:
        return {name: field.name for name, field in self.fields.items()}

    @property
    def changeable(self) -> list[str]:
        """Those that the viewer changes too."""
        return [name for name, field in self.fields.items() if own_fields.may_change(self.session, field)]

    def kind_of(self, column: str) -> str:
        """As app.web.lists.table.Head says it."""
        kind = self.fields[column].kind
        return "num" if kind in NUMBERS else "whole" if kind is OwnKind.DATE else ""

    def values_of(self, item: Owning, columns: Sequence[str], users: Mapping[int, User]) -> dict[str, Any]:
        """What stands in the columns of a row."""
        values = {}
        for column in columns:
            field = self.fields[column]
            kept = (item.own or {}).get(field.key)
            is_user = field.kind is OwnKind.USER
            values[column] = users.get(kept) if is_user else displayed(self.session, field, kept)  # type: ignore[arg-type]
        return values

    def users_of(self, items: Sequence[Owning], columns: Sequence[str]) -> dict[int, User]:
        """Those that the columns of these rows name, in one statement."""
        keys = [self.fields[column].key for column in columns if self.fields[column].kind is OwnKind.USER]
        ids = {kept for item in items for key in keys if isinstance(kept := (item.own or {}).get(key), int)}
        return {user.id: user for user in self.session.scalars(select(User).where(one_of(User.id, ids)))} if ids else {}

    def add_filters(self, filters: CrmFilters, datamodel: DataModel) -> None:
        """What the reader may ask of them."""
        filters.also({name: filters_of(field, datamodel) for name, field in self.fields.items()})


class OwnFilter(Filter):
    """Asks for a value of an own field."""

    def __init__(self, field: OwnField, datamodel: DataModel) -> None:
        super().__init__(PREFIX + field.key, datamodel)
        self.field = field

    def condition(self, value: str) -> ColumnElement[bool]:
        kept = own_fields.value_of(self.field, value)
        return false() if kept is None else self.found(kept)

    def found(self, kept: Any) -> ColumnElement[bool]:
        raise NotImplementedError


class OwnWords(OwnFilter):
    name, arg_name = _l("Contains"), "ct"

    def condition(self, value: str) -> ColumnElement[bool]:
        return found.words(self.model, value, self.field)


class OwnIs(OwnFilter):
    """One word of a list, yes or no, a user."""

    name, arg_name = _l("Equal to"), "eq"

    def is_gone(self, value: str) -> bool:
        """No word of the list as it is written there: rows may have had it since the list had it so."""
        return self.field.kind in LISTS and value not in self.field.words

    def condition(self, value: str) -> ColumnElement[bool]:
        return self.found(value) if self.is_gone(value) else super().condition(value)

    def spelt(self, value: str) -> str:
        is_flag = self.field.kind is OwnKind.FLAG and value and not self.wrong(value)
        return ("yes" if own_fields.value_of(self.field, value) else "no") if is_flag else value

    def besides(self, value: str) -> Mapping[str, Any]:
        """A word that the list has no longer and that a row has."""
        if not self.is_gone(value):
            return {}
        is_there = self.datamodel.session.scalar(select(select(self.model.id).where(self.found(value)).exists()))
        return {value: value} if is_there else {}

    def found(self, kept: Any) -> ColumnElement[bool]:
        kept = kept[0] if isinstance(kept, list) else kept
        return found.equal(self.model, self.field, kept)

    def input(self) -> Any:
        if self.field.kind is OwnKind.USER:
            return LookupField(model=User)
        words = FLAGS if self.field.kind is OwnKind.FLAG else {word: word for word in self.field.words}
        return SelectField(choices=offered(words))


class OwnBound(OwnFilter):
    def input(self) -> Any:
        if self.field.kind is OwnKind.DATE:
            return DateField(widget=DateBox())
        return StringField(render_kw={"inputmode": "decimal"})


class OwnFrom(OwnBound):
    name, arg_name = _l("from"), "ge"

    def found(self, kept: Any) -> ColumnElement[bool]:
        return found.between(self.model, self.field, python_value(self.field.kind, kept), None)  # type: ignore[arg-type]


class OwnTo(OwnBound):
    name, arg_name = _l("to"), "le"

    def found(self, kept: Any) -> ColumnElement[bool]:
        return found.between(self.model, self.field, None, python_value(self.field.kind, kept))  # type: ignore[arg-type]


def filters_of(field: OwnField, datamodel: DataModel) -> list[OwnFilter]:
    if field.kind.is_ordered:
        return [OwnFrom(field, datamodel), OwnTo(field, datamodel)]
    kind: Callable[[OwnField, DataModel], OwnFilter] = OwnWords if field.kind in {OwnKind.TEXT, OwnKind.LINK} else OwnIs
    return [kind(field, datamodel)]
