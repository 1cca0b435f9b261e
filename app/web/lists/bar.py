"""The filters of a list: one input in its head, the others in a panel, what is asked as chips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar

from flask import request
from flask_appbuilder.widgets import SearchWidget
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import SelectField

from app.web.display import display
from app.web.filters import Filter
from app.web.forms.fields import LookupField, offered
from app.web.lists.state import FILTER

MOST_KEPT = 5_000  # inputs


@dataclass(frozen=True)
class Chip:
    """A filter in force; its address asks the same without it, `turned` for all but what it says.

    `wrong` says why nothing can be found by it.
    """

    label: str
    value: str
    url: str
    wrong: str = ""
    turned: str = ""
    is_turned: bool = False


@dataclass(frozen=True)
class Input:
    """A filter as the template prints it; `said` is what it asks, in words, `wrong` why that cannot be."""

    name: str
    label: str
    html: Markup
    said: str = ""
    wrong: str = ""


class FilterBar(SearchWidget):
    """Gives the template the inputs, filled with what is asked now, and the chips.

    An input that asks nothing, or a word of its list, looks the same until the language or the stamp of rights changes
    (own fields change it too), and is kept till then.
    """

    template = "crm/lists/filter_bar.html"
    kept: ClassVar[dict[Any, Input]] = {}

    def __call__(self, **kwargs: Any) -> str:
        active = {(f.column_name, type(f)): v for f, v in self.filters.get_filters_values()}
        labels, state = self.template_args["labels"], self.template_args["state"]
        form = cache(lambda: FlaskForm(formdata=None, meta={"csrf": False}))  # for the language of its messages
        same = same_words(self.template_args["stamp"], state.view)
        inputs: list[Input] = []
        chips: list[Chip] = []
        for column, filters in self.filters.get_search_filters().items():
            for index, each in enumerate(filters):
                name, asked = f"{FILTER}{index}_{column}", each.spelt(active.get((column, type(each)), ""))
                key = (*same, name, asked, not inputs)
                made = self.kept.get(key)
                if made is None:
                    field = each.input().bind(form=None, name=name, _meta=form().meta)
                    besides = each.besides(asked) if asked else {}
                    fill(field, asked, besides)
                    label = str(labels[column])
                    if len(filters) > 1:
                        label = f"{label}, {each.name}"
                    told = wrong(field, asked, each)
                    made = Input(
                        name,
                        label,
                        input_html(field, label, told, alone=not inputs),
                        value_in_words(field, asked),
                        told,
                    )
                    if not besides and is_repeated(field, asked):
                        self.keep(key, made)
                if asked:
                    chips.append(Chip(made.label, made.said, state.address({}, without=(name,)), made.wrong))
                inputs.append(made)
        passing = {f"page_{state.view}"}
        kept = {n: text for n, text in state.args.items() if text and not n.startswith(FILTER) and n not in passing}
        return super(SearchWidget, self).__call__(first=inputs[:1], rest=inputs[1:], chips=chips, kept=kept, **kwargs)

    @classmethod
    def keep(cls, key: Any, made: Input) -> None:
        if key[0] is None:
            return
        if len(cls.kept) >= MOST_KEPT:
            cls.kept.clear()
        cls.kept[key] = made


def same_words(stamp: str | None, *view: Any) -> tuple[Any, ...]:
    """What an input looks by besides what it asks: the stamp of rights (None: it is not kept), language, the view."""
    return (stamp, str(get_locale()), request.script_root, *view)


def input_html(field: Any, label: str, told: str, *, alone: bool) -> Markup:
    """The input, and whether something is `told` against it.

    The one input in the head of a list has no label beside it: a choice that asks nothing says it."""
    if alone and isinstance(field, SelectField) and field.choices:
        field.choices = [(value, words if value else label) for value, words, *_ in field.choices]
    alone_named = {"placeholder": label, "title": label, "aria-label": label}
    named = alone_named if alone else {"aria-describedby": f"impossible-{field.name}"}
    refused = {"aria-invalid": "true"} if told else {}
    return Markup(field(**{"class": "form-control", **named, **refused}))


def fill(field: Any, value: Any, besides: Mapping[str, Any] | None = None) -> None:
    """Show the value as it was typed, even a wrong one; `besides`: what the list has for it alone."""
    if besides:
        field.choices = [*field.choices, *offered(besides, blank=False)]
    if isinstance(field, LookupField):
        field.process(None, field.load(value) if value else None)
        return
    field.process(None, None)
    if value:
        field.data, field.raw_data = value, [value]


def is_repeated(field: Any, asked: str) -> bool:
    """Others will ask the same: nothing, or a word of a list."""
    return not asked or (isinstance(field, SelectField) and any(each.value == asked for each in field.iter_choices()))


def wrong(field: Any, asked: str, each: Filter | None = None) -> str:
    """Why nothing can be found by what is asked, in a sentence; "" where something can."""
    if isinstance(field, LookupField):
        is_listed = not asked or field.data is not None
    elif isinstance(field, SelectField):
        is_listed = is_repeated(field, asked)
    else:
        return each.wrong(asked) if each and asked else ""
    return "" if is_listed else _("Choose one of the list.")


def value_in_words(field: Any, asked: str) -> str:
    """The value in words."""
    if not asked:
        return ""
    if isinstance(field, LookupField):
        return str(field.data) if field.data is not None else asked
    if isinstance(field, SelectField):
        return next((str(choice.label) for choice in field.iter_choices() if choice.value == asked), asked)
    try:
        return str(display(date.fromisoformat(asked)))
    except ValueError:
        return asked
