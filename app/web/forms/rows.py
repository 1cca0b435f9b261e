"""Rows of cells inside a form: typed, checked, shown as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, render_template
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Field

from app.web.forms.fields import row_number

MOST = 100


@dataclass
class FormRow:
    """A row as typed, and what is wrong where."""

    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return " ".join(text for name, text in self.typed.items() if text and name not in {"id", "kind"})


class RowsWidget:
    def __call__(self, rows: RowsField, **_kwargs: Any) -> Markup:
        if not rows.is_open:
            return Markup("")
        labels = {name: str(label) for name, label in rows.labels.items()}
        choices = [(str(each.id), each.name) for each in rows.choices]
        return Markup(render_template("crm/counterparties/rows.html", rows=rows, labels=labels, choices=choices))


class RowsField(Field):
    """Rows of cells that arrive as `people-7-last_name`; a row with nothing in it is passed over.

    The rows that the form has shown and that do not come back are deleted. Whoever may not write in the section does
    not see them.
    """

    widget = RowsWidget()
    section = ""
    cells: tuple[str, ...] = ()
    labels: Mapping[str, Any] = {}
    of_nothing: Any = ""  # the first choice, where a row may go without one

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.data: list[FormRow] = self._posted(formdata) if formdata else []
        self.shown: list[int] = []
        if formdata:
            numbers = map(row_number, formdata.get(f"{self.name}-shown", "").split(","))
            self.shown = [number for number in numbers if number]

    def process_formdata(self, valuelist: list[str]) -> None:
        """Rows come cell by cell alone."""

    @property
    def is_open(self) -> bool:
        return self._may("can_write")

    @property
    def deletes(self) -> bool:
        return self._may("can_delete")

    def _may(self, verb: str) -> bool:
        return bool(current_app.appbuilder.sm.has_access(verb, self.section))  # type: ignore[attr-defined]

    def fill(self, rows: Sequence[Mapping[str, str]]) -> None:
        """With the rows that are there."""
        self.data = [FormRow({name: row.get(name) or "" for name in ("id", *self.cells)}) for row in rows]
        self.shown = [int(row["id"]) for row in rows]

    def _posted(self, formdata: Any) -> list[FormRow]:
        typed: dict[int, dict[str, str]] = {}
        for key, value in formdata.items():
            place, _dash, cell = key.removeprefix(f"{self.name}-").partition("-")
            if key.startswith(f"{self.name}-") and place.isdecimal() and len(place) < 7 and cell in ("id", *self.cells):
                typed.setdefault(int(place), {})[cell] = value.strip()
        rows = [{name: cells.get(name, "") for name in ("id", *self.cells)} for _place, cells in sorted(typed.items())]
        return [FormRow(row) for row in rows if self.is_filled(row)][: MOST + 1]

    def is_filled(self, row: Mapping[str, str]) -> bool:
        return any(row[name] for name in self.cells)

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        self.errors = [_("No more than %(most)s rows at once.", most=MOST)] if len(self.data) > MOST else []
        for row in self.data:
            self.check(row)
        return not self.errors and not any(row.errors for row in self.data)

    def check(self, row: FormRow) -> None:
        raise NotImplementedError

    @property
    def choices(self) -> Sequence[Any]:
        return ()


def too_long(row: FormRow, cell: str, most: int) -> bool:
    """Says so at the cell; what is too long is asked nothing more."""
    if len(row.typed[cell]) <= most:
        return False
    row.errors[cell] = _("No more than %(most)s letters.", most=most)
    return True
