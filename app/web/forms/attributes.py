"""The attributes of an input, as WTForms writes them: a form has a hundred, and `Markup.format` is ten times slower."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape
from wtforms.widgets import core
from wtforms.widgets.core import clean_key


def attributes(**given: Any) -> Markup:
    """In the order of their names; True is the name alone, False is nothing (wtforms.widgets.html_params)."""
    pieces = []
    for name, value in sorted(given.items()):
        if value is True:
            pieces.append(clean_key(name))
        elif value is not False:
            pieces.append(f'{clean_key(name)}="{str(escape(value)).replace(chr(34), "&quot;")}"')
    return Markup(" ".join(pieces))


# Widgets find it in their module and in the class of inputs; those of Flask-AppBuilder inherit both.
core.html_params = attributes
core.Input.html_params = staticmethod(attributes)
