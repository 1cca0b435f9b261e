"""How an indicator stands in a table: its figure and percent, what it was, how it has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.domain.indicators import Figure, Unit, share
from app.queries.managers import facts
from app.queries.managers.indicators import INDICATORS, Indicator
from reports.kit.columns import Column, Drill, Money, Number, Percent, Row

WIDTH = 14
COMPARED, PLANNED = ("before", "diff"), ("plan", "plan_pct")
KNOWN = "_known"  # beside a figure: 1 where there is one


@dataclass(frozen=True)
class Counted(Number):
    """A number that the base adds up, or a mean of some: whole ones are whole for programs too."""

    def to_json(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return super().to_json(value)
        shown = value.quantize(Decimal("0.001"), ROUND_HALF_EVEN)  # as pages do
        whole = shown == shown.to_integral_value()
        return int(shown) if whole else super().to_json(shown.normalize())


TYPES: Mapping[Unit, type[Column]] = {Unit.MONEY: Money, Unit.COUNT: Counted, Unit.PERCENT: Percent}


@dataclass(frozen=True)
class Cells:
    """What stands in the columns of one indicator."""

    one: Indicator
    value: Figure
    percent: Figure = None
    before: Figure = None
    plan: Figure = None

    @property
    def difference(self) -> Figure:
        return self.one.changed(self.value, self.before)

    def named(self) -> dict[str, Figure]:
        name = self.one.name
        found = {name: self.value, f"{name}_before": self.before, f"{name}_diff": self.difference}
        found |= {f"{name}_plan": self.plan, f"{name}_plan_pct": share(self.value, self.plan)}
        return found | ({self.one.percent_name: self.percent} if self.one.percent_name else {})


def row_of(cells: Iterable[Cells]) -> dict[str, Figure]:
    """Of all indicators, with how many figures of each are known; those that were not asked for are not."""
    nothing = {name: None for one in INDICATORS for name in Cells(one, None).named()}
    row = nothing | {name: figure for each in cells for name, figure in each.named().items()}
    return row | {f"{name}{KNOWN}": Decimal(figure is not None) for name, figure in row.items()}


def with_more(columns: str, more: Sequence[str]) -> str:
    """Chosen figures bring along what they stand beside."""
    names = {one.name for one in INDICATORS}
    chosen = [name.strip() for name in columns.split(",")]
    found = [each for name in chosen for each in (name, *(f"{name}_{part}" for part in more if name in names))]
    return ",".join(dict.fromkeys(found))


def columns_of(
    one: Indicator, period: str, *, compared: bool, planned: bool, absolute: bool, percent: bool
) -> list[Column]:
    """The figure, what it was and how it changed, or its plan and how much of it is done, its percent."""
    type_, unusual, name = TYPES[one.unit], not one.usual, one.name
    before, percent_name = f"{name}_before", one.percent_name

    def column(name: str, type_: type[Column], label: Any, total_of: Any, *, aside: bool, drill: Any = None) -> Column:
        return type_(name, label, width=WIDTH, total=True, total_of=total_of, aside=aside, drill=drill)

    def total_of(name: str) -> Callable[[Row], Figure] | None:
        return None if one.is_added_up else partial(mean_in, name=name)

    def difference(totals: Row) -> Figure:
        value, was = (totals[each] if one.is_added_up else mean_in(totals, each) for each in (name, before))
        return Cells(one, value, before=was).difference

    def of_plan(totals: Row) -> Figure:
        value, plan = (totals[each] if one.is_added_up else mean_in(totals, each) for each in (name, f"{name}_plan"))
        return share(value, plan)

    hidden = unusual or (bool(percent_name) and not absolute)
    found = [column(name, type_, one.label, total_of(name), aside=hidden, drill=drill_of(one, period))]
    if compared:
        was, changed = _("%(figure)s: before", figure=one.label), _("%(figure)s: change, %%", figure=one.label)
        found.append(column(before, type_, was, total_of(before), aside=unusual))
        found.append(column(f"{name}_diff", Percent, changed, difference, aside=unusual))
    if planned:
        plan, done = _("%(figure)s: plan", figure=one.label), _("%(figure)s: done, %%", figure=one.label)
        found.append(column(f"{name}_plan", type_, plan, total_of(f"{name}_plan"), aside=unusual))
        found.append(column(f"{name}_plan_pct", Percent, done, of_plan, aside=unusual))
    if percent_name:
        own = partial(mean_in, name=percent_name) if one.percent else None
        label = _("%(figure)s, %%", figure=one.label)
        found.append(column(percent_name, Percent, label, own, aside=unusual or not percent))
    return found


def mean_in(totals: Row, name: str) -> Figure:
    known = totals[f"{name}{KNOWN}"]
    return totals[name] / known if known else None


def added_for(columns: Iterable[Column]) -> list[Column]:
    """What is added up for the means and differences of these columns."""
    made = [column.name for column in columns if column.total_of]
    return [Counted(name, "", total=True) for name in (*made, *(f"{name}{KNOWN}" for name in made))]


def drill_of(one: Indicator, period: str) -> Drill:
    """The rows that a manager's figure is made of."""
    if one.source is facts.COMPLETENESS_MONTHS:
        return Drill("completeness", {"period": period}, {"manager": "login"})
    return Drill("managers-rows", {"period": period, "indicator": one.name}, {"manager": "login"})
