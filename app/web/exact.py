"""Numbers that programs send: kept as they are, or refused; never rounded in silence."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError, fields

from app.domain.formats.values import BadValue, fitted
from app.web.forms.fields import number_message


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
