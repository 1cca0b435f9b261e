"""From a model to a form: the rules of its columns become validators, its relations type-ahead fields."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from flask_appbuilder.fieldwidgets import BS3TextAreaFieldWidget, BS3TextFieldWidget
from flask_appbuilder.forms import GeneralModelConverter
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.widgets import FormWidget
from flask_babel import gettext as _
from sqlalchemy import Numeric, select
from wtforms import (
    BooleanField,
    Form,
    StringField,
    TextAreaField,
    ValidationError,
    validators,
)

from app.formatting import plain
from app.web.forms.fields import (
    DateBox,
    EnumField,
    LocalMomentField,
    LookupField,
    MomentBox,
    MoneyField,
    TypedDayField,
    WholeField,
)


def trimmed(value: Any) -> Any:
    """A text without outer spaces; a word of a closed list stays one."""
    return value.strip() if type(value) is str else value


def or_default(default: Any) -> Callable[[Any], Any]:
    """An empty input of a column that cannot be empty means its default."""
    return lambda value: default if value is None else value


class OwnFormWidget(FormWidget):
    """A form with a template of its own: declare `template`."""


class Unique:
    """Says that another visible row has the value; for the invisible ones the constraint answers on saving."""

    field_flags = {"unique": True}

    def __init__(self, datamodel: SQLAInterface, column: str) -> None:
        self.datamodel = datamodel
        self.column = column

    def __call__(self, form: Any, field: Any) -> None:
        model = self.datamodel.obj
        same = select(model.id).where(getattr(model, self.column) == field.data).limit(1)
        own = getattr(form, "_id", None)
        if field.data and self.datamodel.session.scalar(same.where(model.id != own) if own else same):
            raise ValidationError(_("Another row already has this value."))


class FormConverter(GeneralModelConverter):
    """Makes the forms of CrmView.

    `within` are the look-ups that depend on another field of the form; `optional`
    the columns that may be left empty because saving fills them.
    """

    def __init__(self, datamodel: SQLAInterface, *, within: Mapping[str, str], optional: Collection[str]) -> None:
        super().__init__(datamodel)
        self.within = within
        self.optional = optional

    def _convert_many_to_one(
        self, col_name: str, label: Any, description: Any, lst_validators: Any, filter_rel_fields: Any, form_props: Any
    ) -> Any:
        free = self.datamodel.is_nullable(col_name) or col_name in self.optional
        rule = validators.Optional() if free else validators.DataRequired()
        form_props[col_name] = LookupField(
            label,
            description=description,
            validators=[*lst_validators, rule],
            model=self.datamodel.get_related_model(col_name),
            within=self.within.get(col_name, ""),
        )
        return form_props

    def _convert_simple(self, col_name: str, label: Any, description: Any, lst_validators: Any, form_props: Any) -> Any:
        column = self.datamodel.list_columns[col_name]
        default = self.datamodel.get_col_default(col_name)
        rules = [*lst_validators]
        if not self.datamodel.is_boolean(col_name):
            rules.append(self._required(col_name, column))
        if self.datamodel.is_unique(col_name):
            rules.append(Unique(self.datamodel, col_name))
        kind, options, bounds = self._field(col_name, column)
        filters = [trimmed, *options.pop("filters", ())]
        if not column.nullable and default is not None:
            filters.append(or_default(default))
        form_props[col_name] = kind(
            label,
            description=description,
            validators=[*rules, *bounds],
            default=default,
            filters=filters,
            **options,
        )
        return form_props

    def _required(self, name: str, column: Any) -> Any:
        free = column.nullable or column.default is not None or column.server_default is not None
        if free or name in self.optional:
            return validators.Optional()
        return validators.DataRequired() if self.datamodel.is_string(name) else validators.InputRequired()

    def _field(self, name: str, column: Any) -> tuple[Any, dict[str, Any], list[Any]]:
        """The field of a column by its type: the class, its options, its bounds."""
        is_ = self.datamodel
        if is_.is_enum(name):
            return EnumField, {"enum": column.type.enum_class, "blank": column.nullable}, []
        if is_.is_boolean(name):
            return BooleanField, {}, []
        if is_.is_date(name):
            return TypedDayField, {"widget": DateBox()}, []
        if is_.is_datetime(name):
            return LocalMomentField, {"widget": MomentBox()}, []
        if is_.is_integer(name):
            return WholeField, {}, []
        if is_.is_numeric(name):
            return MoneyField, {"places": column.type.scale or 0}, [validators.NumberRange(*bounds(column.type))]
        if is_.is_text(name):
            return TextAreaField, {"widget": BS3TextAreaFieldWidget()}, []
        return StringField, {"widget": BS3TextFieldWidget()}, [validators.Length(max=column.type.length or -1)]


def bounds(column_type: Numeric[Any]) -> tuple[Decimal, Decimal]:
    """The least and the greatest number that the column keeps."""
    most = Decimal(10) ** ((column_type.precision or 15) - (column_type.scale or 0)) - 1
    return -most, most


def comparable(value: Any) -> str:
    """The value of a field as one text: for comparing what was shown with what is there now."""
    if isinstance(value, Decimal):
        return plain(value)
    return str(getattr(value, "id", value)) if value is not None else ""


def fingerprint(form: Form, columns: list[str]) -> str:
    """What the form showed of the row, field by field, short enough for a hidden input."""
    return "-".join(f"{zlib.crc32(comparable(form[c].data).encode()):x}" for c in columns)


def changed_meanwhile(form: Form, current: Form, columns: list[str], shown: str) -> list[str]:
    """The fields whose value in the base is neither what the form showed nor what is typed now."""
    now = fingerprint(current, columns).split("-")
    then = shown.split("-")
    if len(then) != len(now):
        return []
    return [
        c
        for c, was, is_ in zip(columns, then, now, strict=True)
        if was != is_ and comparable(form[c].data) != comparable(current[c].data)
    ]
