"""The figures of managers over a period: two statements for all of them, whatever is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.indicators import Figure, Sums, mean, share
from app.domain.periods import DAY, Period
from app.domain.viewer import Viewer
from app.models.completeness import CompletenessMonth
from app.queries.classification.tracks import STAGE_TRACK
from app.queries.managers import facts
from app.queries.managers.facts import FactSource, Scope
from app.queries.managers.holding import NOBODY, SOMEBODY, HeldBy
from app.queries.managers.indicators import Indicator, sources_of
from app.services.classification.runs import run_on

UNSCOPED = {"unscoped": True}  # shares are of the company, whoever reads


@dataclass(frozen=True)
class ManagerFigures:
    """Sums by the number of the manager; of all who are anybody's clients, and of nobody's."""

    managers: Mapping[int, Sums]
    company: Sums
    nobody: Sums

    def value(self, indicator: Indicator, manager: int) -> Figure:
        return indicator.formula.of(self.managers.get(manager, {}))

    def percent(self, indicator: Indicator, manager: int) -> Figure:
        """Of the manager's own sums, or the share of what all managers have."""
        sums = self.managers.get(manager, {})
        own = indicator.percent
        return own.of(sums) if own else share(indicator.formula.of(sums), self.total(indicator))

    def total(self, indicator: Indicator) -> Figure:
        """What all managers have; of percents and averages the mean."""
        values = [self.value(indicator, manager) for manager in self.managers]
        if not indicator.is_added_up:
            return mean(values)
        known = [value for value in values if value is not None]
        return sum(known, Decimal(0)) if known else None


def scope_of(session: Session, period: Period, today: date, *, earlier: bool = False) -> Scope:
    """`earlier`: of a period that another is compared with: what was not kept of it is not known."""
    scope = Scope(period, today)
    eve, last = period.first - DAY, scope.last
    runs = (run_on(session, STAGE_TRACK, eve), run_on(session, STAGE_TRACK, last))
    month = CompletenessMonth
    kept = None
    if period.last < today:
        # A state stands until the next one is noted: beside half a month it is that of the month's eve.
        since = eve if earlier else period.last
        known = select(month.on).where(month.on.between(since, period.last)).order_by(month.on.desc()).limit(1)
        kept = session.scalar(known, execution_options=UNSCOPED)
    return replace(scope, runs=runs, kept=kept, unknown=earlier and kept is None)


def figures(session: Session, scope: Scope, indicators: Collection[Indicator]) -> ManagerFigures:
    """Everybody who has had a client in the period, or has figures."""
    sources = sources_of(indicators)
    by_manager = _sums(session, replace(scope, held_by=HeldBy.MANAGER), sources)
    nothing = _nothing(scope, sources)
    nobody = by_manager.pop(NOBODY, nothing)
    company = {**nothing, **added_up(by_manager.values())}
    wanted = {part for one in indicators for part in one.parts}
    if apart := [source for source in sources if wanted & {*source.once}]:
        company |= _sums(session, replace(scope, held_by=HeldBy.ANYBODY), apart).get(SOMEBODY, {})
    return ManagerFigures(by_manager, company, nobody)


def added_up(sums: Iterable[Sums]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for each in sums:
        for part, value in each.items():
            total[part] = total.get(part, Decimal(0)) + (value or Decimal(0))
    return total


def by_responsible(session: Session, scope: Scope, indicator: Indicator) -> dict[int, Figure]:
    """One figure of everybody, where a shipment is of whoever is responsible for it and not of the client's manager."""
    found = _sums(session, replace(scope, held_by=HeldBy.RESPONSIBLE), [indicator.source])
    return {manager: indicator.formula.of(sums) for manager, sums in found.items() if manager != NOBODY}


@dataclass(frozen=True)
class FigureHolder:
    """Whose figures they are: a manager's by the clients of his days, or the whole company's."""

    manager: int | None = None

    @classmethod
    def of(cls, viewer: Viewer | None) -> FigureHolder:
        """The company's, or only his own for whoever does not see all of it."""
        return cls() if viewer is None or viewer.sees_all else cls(viewer.user_id or NOBODY)

    @property
    def held_by(self) -> HeldBy:
        return HeldBy.COMPANY if self.manager is None else HeldBy.MANAGER

    @property
    def holder(self) -> int:
        return SOMEBODY if self.manager is None else self.manager


def sums_of(session: Session, scope: Scope, whose: FigureHolder, indicators: Collection[Indicator]) -> Sums:
    sources = sources_of(indicators)
    found = _sums(session, replace(scope, held_by=whose.held_by), sources)
    return found.get(whose.holder) or _nothing(scope, sources)


def by_month(
    session: Session, scope: Scope, whose: FigureHolder, indicators: Collection[Indicator]
) -> dict[date, Sums]:
    """By the first days of months: sums of those that are counted by day; months without any are left out."""
    dated = [one for one in indicators if one.source.by_day and one.is_added_up]
    if not dated:
        return {}
    parts = [one.formula.part for one in dated]
    query = facts.by_month(replace(scope, held_by=whose.held_by), sources_of(dated), parts)
    rows = session.execute(query, execution_options=UNSCOPED).mappings()
    return {
        row["month"]: {part: row[part] or Decimal(0) for part in parts} for row in rows if row["holder"] == whose.holder
    }


def _sums(session: Session, scope: Scope, sources: Collection[FactSource]) -> dict[int, Sums]:
    """What was counted and is not there is 0; what was never noted stays unknown."""
    found: dict[int, Sums] = {}
    nothing = _nothing(scope, sources)
    if sources:
        for row in session.execute(facts.sums(scope, sources), execution_options=UNSCOPED).mappings():
            told = {name: row[name] for name in row if name != "holder" and row[name] is not None}
            found[row["holder"]] = {**nothing, **told}
    if scope.held_by is HeldBy.MANAGER:
        for manager in session.scalars(facts.holders(scope), execution_options=UNSCOPED):
            found.setdefault(manager, nothing)
    return found


def _nothing(scope: Scope, sources: Collection[FactSource]) -> Sums:
    """Completeness of nobody's people is not 0 %: there is nothing to fill."""
    known = (source for source in sources if scope.is_now or not source.of_now)
    return {part: Decimal(0) for source in known if source is not facts.COMPLETENESS_MONTHS for part in source.parts}
