"""The report of the director as a page: what it shows besides its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from app import clock
from app.domain.indicators import Figure, Unit
from app.formatting import currency, grouped
from app.queries.managers import facts
from app.queries.managers.indicators import OF_COMPANY, Indicator
from app.views.reports import PrintedTable, ReportView, clock_text
from app.web.report_links import drilled
from app.web.reports.first_screen import FirstScreen
from reports.kit.columns import Drill, Row

REFRESHED = 120  # seconds between two looks of an open board


class DirectorReportView(ReportView):
    """The first table as tiles, the others below; the open page keeps itself fresh."""

    template = "crm/managers/director.html"

    def more(self, given: dict[str, str], tables: Sequence[PrintedTable], screen: FirstScreen) -> dict[str, Any]:
        if not tables:
            return {"tiles": [], "refreshed": REFRESHED}
        figures, months, *others = tables
        rows = [line.cells for line in figures.lines if "name" in line.cells]
        lines = [line.cells for line in months.lines if "month" in line.cells]
        tiles = [FigureTile(OF_COMPANY[row["name"]], row, given["period"], lines) for row in rows if row["name"]]
        return {
            "tables": [months, *others],
            "note": figures.table.note,
            "tiles": tiles,
            "at": clock_text(screen.made_at or clock.now()),
            "refreshed": REFRESHED,
        }


@dataclass(frozen=True)
class FigureBefore:
    """By how much a figure differs from another one; `look` says whether that is good."""

    text: str
    look: str
    was: str


@dataclass(frozen=True)
class FigureTile:
    """One figure of the board: its row, and the months that lead to it."""

    one: Indicator
    row: Row
    period: str
    months: Sequence[Row]

    @property
    def name(self) -> str:
        """Without the sign that its value has."""
        return str(self.one.label).removesuffix(", %")

    @property
    def value(self) -> str:
        return figure_in_words(self.one, self.row["value"])

    @property
    def url(self) -> str:
        """The rows behind the figure."""
        if self.one.source is facts.COMPLETENESS_MONTHS:
            return drilled(Drill("completeness", {"period": self.period}, {}), {})
        return drilled(Drill("director-rows", {"period": self.period, "indicator": self.one.name}, {}), {})

    @property
    def before(self) -> FigureBefore | None:
        return self.beside("before")

    @property
    def same(self) -> FigureBefore | None:
        return self.beside("same")

    def beside(self, name: str) -> FigureBefore | None:
        was, changed = self.row[name], self.row[f"{name}_diff"]
        if was is None:
            return None
        if changed is None or not (rounded := round(changed, 1)):
            return FigureBefore("", "", figure_in_words(self.one, was))
        points = "" if self.one.unit is Unit.PERCENT else "\u00a0%"
        better = (rounded < 0) is self.one.less_is_better
        sign = "+" if rounded > 0 else ""
        look = "good" if better else "bad"
        return FigureBefore(f"{sign}{grouped(rounded, 0, 1)}{points}", look, figure_in_words(self.one, was))

    @property
    def plan(self) -> tuple[str, int] | None:
        """The plan by now, and how much of it is done, in percent."""
        plan, done = self.row["plan"], self.row["plan_pct"]
        return None if plan is None or done is None else (figure_in_words(self.one, plan), round(done))

    @property
    def spark(self) -> Markup:
        """A line through the months; nothing where the figure is not counted by day."""
        values = [row.get(self.one.name) for row in self.months]
        return spark([Decimal(value or 0) for value in values]) if any(values) and len(values) > 1 else Markup("")


def figure_in_words(one: Indicator, value: Figure) -> str:
    if value is None:
        return "—"
    if one.unit is Unit.PERCENT:
        return f"{grouped(value, 0, 1)}\u00a0%"
    return f"{grouped(value, 0, 0)}\u00a0{currency()}" if one.unit is Unit.MONEY else grouped(value, 0, 1)


def spark(values: Sequence[Decimal]) -> Markup:
    least, most = min(values), max(values)
    height = most - least or 1
    points = " ".join(
        f"{place * 100 / (len(values) - 1):.1f},{22 - float((value - least) / height) * 20:.1f}"
        for place, value in enumerate(values)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}" vector-effect="non-scaling-stroke"/></svg>'
    ).format(points)
