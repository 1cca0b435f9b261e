"""How an indicator stands in a table: its figure and percent, what it was, how it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.domain.indicators import Figure, Unit, change
from app.queries.managers import facts
from app.queries.managers.indicators import INDICATORS, Indicator
from reports.kit.columns import Column, Drill, Money, Number, Percent

WIDTH = 14


@dataclass(frozen=True)
class Counted(Number):
    """A number that the base adds up: whole ones are whole for programs too."""

    def to_json(self, value: Any) -> Any:
        whole = isinstance(value, Decimal) and value == value.to_integral_value()
        return int(value) if whole else super().to_json(value)


TYPES: Mapping[Unit, type[Column]] = {Unit.MONEY: Money, Unit.COUNT: Counted, Unit.PERCENT: Percent}


@dataclass(frozen=True)
class Cells:
    """What stands in the columns of one indicator; a percent has changed by points, all else in percent of itself."""

    one: Indicator
    value: Figure
    percent: Figure = None
    before: Figure = None

    @property
    def difference(self) -> Figure:
        if self.one.unit is not Unit.PERCENT:
            return change(self.value, self.before)
        return None if self.value is None or self.before is None else self.value - self.before

    def named(self) -> dict[str, Figure]:
        name = self.one.name
        found = {name: self.value, f"{name}_before": self.before, f"{name}_diff": self.difference}
        return found | ({self.one.percent_name: self.percent} if self.one.percent_name else {})


def row_of(cells: Iterable[Cells]) -> dict[str, Figure]:
    """Of all indicators; those that were not asked for are not known."""
    nothing = {name: None for one in INDICATORS for name in Cells(one, None).named()}
    return nothing | {name: figure for each in cells for name, figure in each.named().items()}


def with_compared(columns: str) -> str:
    """Chosen figures bring along what they were, where the reader compares."""
    compared = {one.name: [one.name, f"{one.name}_before", f"{one.name}_diff"] for one in INDICATORS}
    names = [more for name in columns.split(",") for more in compared.get(name.strip(), [name.strip()])]
    return ",".join(dict.fromkeys(names))


def columns_of(
    one: Indicator, total: Cells, period: str, *, compared: bool, absolute: bool, percent: bool
) -> list[Column]:
    """The columns of an indicator; `total` is what stands under them."""
    totals = total.named()

    def column(name: str, type_: type[Column], label: Any, *, aside: bool, drill: Drill | None = None) -> Column:
        return type_(name, label, width=WIDTH, total=True, total_of=lambda _t: totals[name], aside=aside, drill=drill)

    type_, unusual = TYPES[one.unit], not one.usual
    figure = column(
        one.name, type_, one.label, aside=unusual or not (absolute or not one.percent_name), drill=drill_of(one, period)
    )
    found = [figure]
    if compared:
        found += [
            column(f"{one.name}_before", type_, _("%(figure)s: before", figure=one.label), aside=unusual),
            column(f"{one.name}_diff", Percent, _("%(figure)s: change, %%", figure=one.label), aside=unusual),
        ]
    if one.percent_name:
        found.append(
            column(one.percent_name, Percent, _("%(figure)s, %%", figure=one.label), aside=unusual or not percent)
        )
    return found


def drill_of(one: Indicator, period: str) -> Drill:
    """The rows that a manager's figure is made of."""
    if one.source is facts.COMPLETENESS_MONTHS:
        return Drill("completeness", {"period": period}, {"manager": "login"})
    return Drill("managers-rows", {"period": period, "indicator": one.name}, {"manager": "login"})
