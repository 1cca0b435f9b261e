"""The filters of a list: one input in its head, the others in a panel, what is asked as chips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_appbuilder.widgets import SearchWidget
from flask_wtf import FlaskForm
from wtforms import SelectField

from app.web.display import display
from app.web.forms.fields import LookupField
from app.web.lists.state import FILTER


@dataclass(frozen=True)
class Chip:
    """A filter in force; its address asks the same without it."""

    label: str
    value: str
    url: str


class FilterBar(SearchWidget):
    """Gives the template pairs of a label and a bound field, filled with what is asked now, and the chips."""

    template = "crm/filter_bar.html"

    def __call__(self, **kwargs: Any) -> str:
        active = {(f.column_name, type(f)): v for f, v in self.filters.get_filters_values()}
        labels, state = self.template_args["labels"], self.template_args["state"]
        form = FlaskForm(formdata=None, meta={"csrf": False})  # for the language of its messages
        inputs, chips = [], []
        for column, filters in self.filters.get_search_filters().items():
            for index, each in enumerate(filters):
                name, asked = f"{FILTER}{index}_{column}", active.get((column, type(each)), "")
                field = each.input().bind(form=None, name=name, _meta=form.meta)
                fill(field, asked)
                label = str(labels[column])
                if len(filters) > 1:
                    label = f"{label}, {each.name}"
                inputs.append((label, field))
                if asked:
                    chips.append(Chip(label, said(field, asked), state.address({}, without=(name,))))
        passing = {f"page_{state.view}"}
        kept = {n: text for n, text in state.args.items() if text and not n.startswith(FILTER) and n not in passing}
        return super(SearchWidget, self).__call__(first=inputs[:1], rest=inputs[1:], chips=chips, kept=kept, **kwargs)


def fill(field: Any, value: Any) -> None:
    """Show the value as it was typed, even a wrong one."""
    if isinstance(field, LookupField):
        field.process(None, field.load(value) if value else None)
        return
    field.process(None, None)
    if value:
        field.data, field.raw_data = value, [value]


def said(field: Any, asked: str) -> str:
    """The value in words."""
    if isinstance(field, LookupField):
        return str(field.data) if field.data is not None else asked
    if isinstance(field, SelectField):
        return next((str(choice.label) for choice in field.iter_choices() if choice.value == asked), asked)
    try:
        return str(display(date.fromisoformat(asked)))
    except ValueError:
        return asked
