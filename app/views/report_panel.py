"""What a reader sets up on the page of a report: its columns, groups, conditions and order, as the page offers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.extensions import db
from app.web.lookup import LOOKUPS
from reports.kit.columns import Column, Date
from reports.kit.comparing import How
from reports.kit.conditions import Narrowing, word_of
from reports.kit.grouping import UNIT_LABELS, DateUnit
from reports.kit.table import ReportTable


@dataclass(frozen=True)
class Pick:
    """A line to tick, and to move among its like; of a date also by what it is gathered."""

    name: str
    label: str
    is_ticked: bool
    is_usual: bool = False
    units: Sequence[tuple[str, str]] = ()
    unit: str = ""


class Panel:
    """Of one table; what is chosen comes first, in its order."""

    def __init__(self, table: ReportTable) -> None:
        self.table = table
        self.shape, self.setup = table.shape, table.setup

    @property
    def columns(self) -> list[Pick]:
        chosen = [column.name for column in self.setup.columns]
        ordered = sorted(self.shape.columns, key=lambda c: chosen.index(c.name) if c.name in chosen else len(chosen))
        return [Pick(c.name, str(c.label), c.name in chosen, not c.aside) for c in ordered]

    @property
    def usual(self) -> str:
        """The columns that need not be said."""
        return ",".join(column.name for column in self.shape.columns if not column.aside)

    @property
    def groups(self) -> list[Pick]:
        chosen = {group.of.name: group for group in self.setup.groups}
        by_name = {column.name: column for column in self.shape.groupable}
        ordered = [*(by_name[name] for name in chosen), *(c for name, c in by_name.items() if name not in chosen)]
        picks = []
        for column in ordered:
            group = chosen.get(column.name)
            words = [(one.value, str(label)) for one, label in UNIT_LABELS.items()] if isinstance(column, Date) else []
            unit = (group.unit or DateUnit.DAY) if group else DateUnit.MONTH
            picks.append(Pick(column.name, str(column.label), group is not None, units=words, unit=unit))
        return picks

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """Numbers from the greatest first, then the other way; texts from the beginning."""
        found = []
        for column in self.shape.columns:
            ways = [(f"-{column.name}", "↓"), (column.name, "↑")]
            found += [(name, f"{column.label} {arrow}") for name, arrow in (ways if column.is_number else ways[::-1])]
        return found

    @property
    def details(self) -> list[tuple[str, str]]:
        """How deep: so many levels of groups, or the rows."""
        levels = [
            (str(n), _("groups to level %(level)s", level=n)) for n in range(1, max(len(self.setup.groups), 3) + 1)
        ]
        return [(self.shape.rows_text, _("down to the rows")), *levels]

    @property
    def detail(self) -> str:
        return str(self.setup.detail or self.shape.rows_text)

    def described(self, periods: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """For the script that lets conditions be added: app/static/js/report.js."""
        return {
            "columns": {c.name: choice_of_column(c) for c in self.shape.columns if c.comparisons},
            "conditions": [one for narrowing in self.setup.narrowings for one in conditions_of(narrowing)],
            "periods": [*periods, ("last-7-days", _("Last 7 days")), ("last-30-days", _("Last 30 days"))],
        }


def choice_of_column(column: Column) -> dict[str, Any]:
    lookup = column.model if column.model in LOOKUPS else ""
    return {
        "label": str(column.label),
        "hows": [(how, word_of(column, how)) for how in column.comparisons if how is not How.BETWEEN],
        "kind": "date" if isinstance(column, Date) else "number" if column.is_number else "text",
        "options": column.options,
        "lookup": url_for("LookupView.find", name=lookup) if lookup else "",
    }


def conditions_of(narrowing: Narrowing) -> list[dict[str, str]]:
    """A line for each value; between two values is from one and up to the other."""
    how, texts = narrowing.condition.how, narrowing.condition.values
    hows = [How.GE, How.LE] if how is How.BETWEEN else [how] * max(len(texts), 1)
    shown = narrowing.shown_values(db.session()) or [""]
    return [
        {
            "column": narrowing.column.name,
            "how": one,
            "word": word_of(narrowing.column, one),
            "value": text,
            "text": words,
        }
        for one, text, words in zip(hows, texts or [""], shown, strict=True)
    ]


@dataclass(frozen=True)
class Level:
    label: str
    url: str
    here: bool


def levels_of(table: ReportTable, address: Any) -> list[Level]:
    """The same report more or less detailed, by one click."""
    setup = table.setup
    if not setup.groups:
        return []
    depths = [(str(n), str(group.label)) for n, group in enumerate(setup.groups, start=1)]
    rows, groups = table.shape.rows_text, ",".join(group.name for group in setup.groups)
    return [
        Level(label, address(group=groups, detail=detail, page=""), detail == str(setup.detail or rows))
        for detail, label in [*depths, (rows, _("rows"))]
    ]
