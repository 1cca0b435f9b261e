"""The fields of a form are made once: each form that is opened or sent has copies of them.

Making one reads its validators, its label and its place anew, which is a good part of what a form costs. What a field
holds of one form, what was typed and what is wrong with it, is put into the copy.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.fields.core import UnboundField

MADE = "made"  # of an UnboundField: its field, which belongs to no form


def bind_field(meta: Any, form: Any, unbound: UnboundField[Any], options: dict[str, Any]) -> Field:
    """`DefaultMeta.bind_field`; a form or a list within another, whose fields bear its name too, makes its own."""
    if options.get("prefix", "of a list"):
        return unbound.bind(form=form, **options)
    made = unbound.__dict__.get(MADE)
    if made is None:
        made = unbound.bind(form=None, _meta=meta, **options)
        setattr(unbound, MADE, made)
    copy: Field = object.__new__(type(made))  # Field(…) would be an unbound one
    copy.__dict__.update(made.__dict__, _form=form, meta=meta)
    return copy


def init_app(_app: Flask) -> None:
    FlaskForm.Meta.bind_field = bind_field
