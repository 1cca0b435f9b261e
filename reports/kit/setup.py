"""How the reader wants a report: which columns, sorted by what, in which groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from app.errors import Refused
from reports.kit.chart import Chart
from reports.kit.columns import Column

NAMES = ("columns", "sort", "group")  # of the texts in the query string


@dataclass(frozen=True)
class Shape:
    """What a report is made of.

    `order` is how rows come when nobody asks otherwise ("-" in front: the greatest first);
    `groups` are the columns that rows may be grouped by.
    """

    columns: Sequence[Column]
    order: Sequence[str]
    groups: Sequence[str] = ()
    chart: Chart | None = None

    def named(self, name: str, allowed: Iterable[str], field: str) -> Column:
        if name not in allowed:
            known = ", ".join(allowed)
            raise Refused(
                _("There is no column “%(name)s” here. Possible: %(known)s.", name=name, known=known), field=field
            )
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Setup:
    columns: Sequence[Column]
    sort: str
    group_by: Sequence[Column]
    order: Sequence[str]

    @classmethod
    def of(cls, shape: Shape, texts: Mapping[str, str]) -> Setup:
        """Read the texts; Refused where one names a column that is not there."""
        names = [column.name for column in shape.columns]
        columns = [shape.named(name, names, "columns") for name in _split(texts.get("columns", ""))]
        group_by = [shape.named(name, shape.groups, "group") for name in _split(texts.get("group", ""))]
        sort = texts.get("sort", "")
        if sort:
            shape.named(sort.removeprefix("-"), names, "sort")
        order = [column.name for column in group_by] + [name for name in (sort, *shape.order, "id") if name]
        return cls(columns or [c for c in shape.columns if not c.aside], sort, group_by, order)

    @property
    def names(self) -> set[str]:
        """The columns that the base is asked for by this setup."""
        return {column.name for column in (*self.columns, *self.group_by)} | {
            name.removeprefix("-") for name in self.order
        }

    def note(self, shape: Shape) -> list[tuple[str, str]]:
        """In words, for the head of the report."""
        note = []
        if self.group_by:
            note.append((_("Grouped by"), ", ".join(str(column.label) for column in self.group_by)))
        if self.sort:
            column = next(c for c in shape.columns if c.name == self.sort.removeprefix("-"))
            note.append((_("Sorted by"), f"{column.label} {'↓' if self.sort.startswith('-') else '↑'}"))
        return note


def _split(text: str) -> list[str]:
    """Names between commas, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
