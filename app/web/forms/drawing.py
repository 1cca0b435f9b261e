"""How a field of a form stands on its page: drawn here and not by a macro, which takes six times as long for each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Flask
from markupsafe import Markup, escape
from wtforms import Field

from app.web.forms.lines import LinesField
from app.web.forms.rows import RowsField

TABLES = (LinesField, RowsField)  # rows of cells, with labels of their own


def field_with_label(field: Field, first: bool = False, watched: Collection[str] = (), look: str = "") -> Markup:
    """One field with its label, hint and errors; `watched` are those that remarks are made on, `look` is for CSS."""
    if isinstance(field, TABLES):
        return Markup(f'<div class="wide">{field()}</div>')
    if getattr(field.widget, "input_type", "") == "hidden":
        return Markup("")
    about: dict[str, Any] = {"data-watched": True} if field.short_name in watched else {}
    if field.errors:
        about |= {"aria-invalid": "true", "aria-describedby": f"{field.id}-error"}
    is_box = field.type == "BooleanField"
    shape = "check" if is_box else "wide" if field.type == "TextAreaField" else ""
    need = ' <b class="req" aria-hidden="true">*</b>' if field.flags.required else ""
    label = f'<label for="{field.id}">{escape(field.label.text)}{need}</label>'
    pieces = [f'<div class="f {shape} {look}"{" data-first" if first else ""}>']
    pieces += [field(**about), label] if is_box else [label, field(**about)]
    if field.description:
        pieces.append(f"<small>{escape(field.description)}</small>")
    if field.errors:
        pieces.append(f'<small class="err" id="{field.id}-error">{Markup(" ").join(field.errors)}</small>')
    if tick := getattr(field, "confirm", None):  # what a remark asks for stands beside its field
        pieces.append(f'<label class="answer">{tick()} {escape(tick.label.text)}</label>')
    if answer := getattr(field, "answer", None):
        box = answer(class_="form-control", maxlength=200)
        pieces.append(f'<label class="answer">{escape(answer.label.text)} {box}</label>')
    return Markup("\n".join([*pieces, "</div>"]))


def init_app(app: Flask) -> None:
    app.jinja_env.globals["field_with_label"] = field_with_label
