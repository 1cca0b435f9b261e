"""How the reader wants a report: which columns and groups, narrowed, sorted and how detailed; all of it texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Refused
from reports.kit.chart import Chart
from reports.kit.columns import Column, Date, DayTime
from reports.kit.comparing import Asking
from reports.kit.conditions import Narrowing, read_conditions
from reports.kit.grouping import DateUnit, Grouping
from reports.kit.params import UnknownName, split

NAMES = ("columns", "sort", "group", "where", "detail", "page")  # of the texts in the query string
ROWS = "rows"  # the finest detail


@dataclass(frozen=True)
class Shape:
    """What a report is made of.

    `order` is how rows come when nobody asks otherwise ("-" in front: the greatest first);
    `groups` are the columns that rows are grouped by most. What is `aside` is added up for `total_of` alone.
    `opens` are the texts of the setup for whoever asks neither for groups nor for a detail.
    Where the query has to find all there is before it gives any row, that is a CTE of it, and it is read `at_once`.
    """

    columns: Sequence[Column]
    order: Sequence[str]
    groups: Sequence[str] = ()
    chart: Chart | None = None
    aside: Sequence[Column] = ()
    opens: Mapping[str, str] = field(default_factory=dict)
    at_once: bool = False

    @property
    def rows_text(self) -> str:
        """How the detail of rows is asked for."""
        return ROWS if self.opens else ""

    def opened(self, texts: Mapping[str, str]) -> Mapping[str, str]:
        if texts.get("group") or texts.get("detail"):
            return texts
        return {**texts, **{name: texts.get(name) or text for name, text in self.opens.items()}}

    @property
    def added(self) -> Sequence[Column]:
        """Those that totals are made of."""
        return [*self.columns, *self.aside]

    def column(self, name: str, field: str) -> Column:
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise unknown_column(name, (column.name for column in self.columns), field)
        return found

    def grouping(self, text: str) -> Grouping:
        """`manager`, `date.month`."""
        name, _dot, unit = text.partition(".")
        column = next((column for column in self.groupable if column.name == name), None)
        if column is None or (unit and (unit not in {*DateUnit} or not isinstance(column, Date))):
            raise unknown_column(text, (column.name for column in self.groupable), "group")
        return Grouping(column, DateUnit(unit) if unit else DateUnit.DAY if isinstance(column, DayTime) else None)

    @property
    def groupable(self) -> Sequence[Column]:
        """Those that rows are grouped by most, then every other that is no number."""
        by_name = {column.name: column for column in self.columns}
        others = [c for c in self.columns if c.comparisons and not c.is_number and c.name not in self.groups]
        return [*(by_name[name] for name in self.groups), *others]


def unknown_column(name: str, known: Iterable[str], field: str) -> Refused:
    told = _("There is no column “%(name)s” here. Possible: %(known)s.", name=name, known=", ".join(known))
    return UnknownName(told, field, name)


@dataclass(frozen=True)
class Setup:
    """`detail`: how many groups deep, without the rows; None: down to the rows."""

    columns: Sequence[Column]
    sort: str
    groups: Sequence[Grouping]
    order: Sequence[str]
    narrowings: Sequence[Narrowing] = ()
    detail: int | None = None
    page: int = 1

    @classmethod
    def of(cls, shape: Shape, texts: Mapping[str, str], asking: Asking | None = None) -> Setup:
        """Read the texts; Refused where one names a column that is not there."""
        texts = shape.opened(texts)
        columns = [shape.column(name, "columns") for name in split(texts.get("columns", ""))]
        groups = [shape.grouping(text) for text in split(texts.get("group", ""))]
        sort = texts.get("sort", "")
        if sort:
            shape.column(sort.removeprefix("-"), "sort")
        narrowings = [
            Narrowing.of(condition, shape.column(condition.column, "where"), asking)
            for condition in read_conditions(texts.get("where", ""))
            if asking
        ]
        return cls(
            columns or [c for c in shape.columns if not c.aside],
            sort,
            groups,
            [name for name in (sort, *shape.order, "id") if name],
            narrowings,
            detail_of(texts.get("detail", ""), len(groups)),
            page_of(texts.get("page", "")),
        )

    @property
    def names(self) -> set[str]:
        """The columns that the base is asked for by this setup."""
        used = [*self.columns, *(group.of for group in self.groups), *(each.column for each in self.narrowings)]
        return {column.name for column in used} | {name.removeprefix("-") for name in self.order}

    @property
    def sorted_by(self) -> str:
        return self.sort.removeprefix("-")

    def note(self, shape: Shape, session: Session) -> list[tuple[str, str]]:
        """In words, for the head of the report."""
        note = [(str(each.column.label), each.words(session)) for each in self.narrowings]
        if self.groups:
            note.append((_("Grouped by"), ", ".join(str(group.label) for group in self.groups)))
        if self.sort:
            column = shape.column(self.sorted_by, "sort")
            note.append((_("Sorted by"), f"{column.label} {'↓' if self.sort.startswith('-') else '↑'}"))
        return note


def detail_of(text: str, groups: int) -> int | None:
    if text in {"", ROWS} or not groups:
        return None
    if not text.isdecimal() or not text.isascii() or not 1 <= int(text) <= 9:
        raise Refused(
            _("“%(text)s” is no level of detail. Possible: 1 and more, or %(rows)s.", text=text, rows=ROWS),
            field="detail",
        )
    return min(int(text), groups)


def page_of(text: str) -> int:
    """A slip in the number of a page shows the first."""
    return max(int(text), 1) if text.isdecimal() and text.isascii() and len(text) < 7 else 1
