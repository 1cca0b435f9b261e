"""Schemas of what programs send: numbers are kept as they are, or refused; never rounded in silence.

What is wrong with a field is told in the language of whoever asks; marshmallow knows English.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from marshmallow import Schema, ValidationError, fields, validate

from app.domain.formats.values import BadValue, fitted
from app.web.forms.fields import number_message


class LateWords(str):
    """Words that marshmallow formats at the moment in which it says them: only then is the reader known."""

    __slots__ = ("words",)
    words: LazyString

    def __new__(cls, words: LazyString) -> Self:
        made = super().__new__(cls)
        made.words = words
        return made

    def format(self, *_args: Any, **values: Any) -> str:
        return str(self.words).format(**values)


FIELDS: dict[type[fields.Field], dict[str, LazyString]] = {
    fields.Field: {"required": _l("This field is required."), "null": _l("A value is expected.")},
    fields.Nested: {"type": _l("Values by the names of fields are expected.")},
    fields.Mapping: {"invalid": _l("Values by the names of fields are expected.")},
    fields.List: {"invalid": _l("A list is expected.")},
    fields.String: {"invalid": _l("A text is expected.")},
    fields.Number: {"invalid": _l("A number is expected."), "too_large": _l("This number is too large.")},
    fields.Integer: {"invalid": _l("A whole number is expected.")},
    fields.Decimal: {"special": _l("A number is expected.")},
    fields.Boolean: {"invalid": _l("Yes or no is expected: %(yes)s, %(no)s.", yes="true", no="false")},
    fields.DateTime: {"invalid": _l("A moment is expected, such as %(example)s.", example="2026-11-23T10:00:00+03:00")},
    fields.Date: {"invalid": _l("A day is expected, such as %(example)s.", example="2026-11-23")},
    fields.Enum: {"unknown": _l("One of these is expected: %(words)s.", words="{choices}")},
}
LENGTHS = {
    "message_max": _l("Too long: %(most)s at most.", most="{max}"),
    "message_all": _l("From %(least)s to %(most)s are expected.", least="{min}", most="{max}"),
}

for kind, said in FIELDS.items():
    kind.default_error_messages = {**vars(kind).get("default_error_messages", {})} | {
        name: LateWords(words) for name, words in said.items()
    }
for name, words in LENGTHS.items():
    setattr(validate.Length, name, LateWords(words))
Schema.error_messages = {
    "unknown": _l("There is no such field here."),  # said as it is: JSON makes it a text
    "type": _l("Values by the names of fields are expected."),
}


class ExactDecimal(fields.Decimal):
    """A number with no more than `kept` digits after the point."""

    def __init__(self, kept: int, **more: Any) -> None:
        super().__init__(validate=partial(_check, kept), **more)


def refuse_fine(schema: Schema) -> None:
    """Let the schema of a model, which would round to the digits of the column, refuse what has more of them."""
    for field in schema.fields.values():
        if isinstance(field, fields.Decimal) and field.places is not None:
            kept = -int(field.places.as_tuple().exponent)
            field.places = None
            field.validators.append(partial(_check, kept))


def _check(kept: int, number: Decimal) -> None:
    try:
        fitted(number, kept)
    except BadValue as bad:
        raise ValidationError(number_message(bad, str(number))) from None
