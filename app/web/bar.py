"""The search of a list: one plain input per filter instead of FAB's three-step builder."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.widgets import SearchWidget
from flask_wtf import FlaskForm

from app.web.forms.fields import LookupField

ROW = 4  # so many inputs stand in a row of a wide screen


class FilterBar(SearchWidget):
    """Gives the template pairs of a label and a bound field, filled with what is asked now: `first`, `more`, `rest`."""

    template = "crm/filter_bar.html"

    def __call__(self, **kwargs: Any) -> str:
        active = {(f.column_name, type(f)): v for f, v in self.filters.get_filters_values()}
        labels = self.template_args["labels"]
        form = FlaskForm(formdata=None, meta={"csrf": False})  # for the language of its messages
        inputs = []
        for column, filters in self.filters.get_search_filters().items():
            for index, each in enumerate(filters):
                field = each.input().bind(form=None, name=f"_flt_{index}_{column}", _meta=form.meta)
                fill(field, active.get((column, type(each)), ""))
                label = f"{labels[column]}, {each.name}" if len(filters) > 1 else labels[column]
                inputs.append((label, field))
        parts = {"first": inputs[:1], "more": inputs[1:ROW], "rest": inputs[ROW:]}
        return super(SearchWidget, self).__call__(**parts, asked=bool(active), **kwargs)


def fill(field: Any, value: Any) -> None:
    """Show the value as it was typed, even a wrong one."""
    if isinstance(field, LookupField):
        field.process(None, field.load(value) if value else None)
        return
    field.process(None, None)
    if value:
        field.data, field.raw_data = value, [value]
