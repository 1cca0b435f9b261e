"""Plans of managers: typed by month, read as what is to be reached by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.indicators import elapsed, planned_by_now
from app.domain.periods import Period, end_of_month
from app.models.targets import Target
from app.queries.managers.indicators import BY_NAME
from app.queries.workdays import exceptions_in

Cell = tuple[int, date]  # the manager and the month
Plans = Mapping[int, Mapping[str, Decimal]]  # by manager and indicator


def cells_of(session: Session, year: int, indicator: str) -> dict[Cell, Decimal]:
    """The plans of a year."""
    target = Target
    query = select(target.manager_id, target.month, target.value).where(
        target.indicator == indicator, target.month.between(date(year, 1, 1), date(year, 12, 1))
    )
    return {(manager, month): value for manager, month, value in session.execute(query)}


def save_cells(session: Session, indicator: str, changed: Mapping[Cell, Decimal | None]) -> None:
    """Write these cells and no other; None takes a plan away."""
    for (manager, month), value in changed.items():
        if value is None:
            session.execute(
                delete(Target).where(Target.manager_id == manager, Target.month == month, Target.indicator == indicator)
            )
            continue
        row = {"manager_id": manager, "month": month, "indicator": indicator, "value": value}
        key = ("month", "indicator", "manager_id")
        session.execute(insert(Target).values(row).on_conflict_do_update(index_elements=key, set_={"value": value}))


def plans(session: Session, period: Period, today: date) -> tuple[Plans, Plans]:
    """Of the whole period, and of what of it has passed: of sums the part of its working days, of percents the last."""
    passed = elapsed(period, today)
    exceptions = dict(
        session.execute(exceptions_in(Period(period.first.replace(day=1), end_of_month(period.last)))).all()
    )
    whole: dict[int, dict[str, Decimal]] = defaultdict(dict)
    by_now: dict[int, dict[str, Decimal]] = defaultdict(dict)
    rows = select(Target).where(Target.month.between(period.first.replace(day=1), period.last)).order_by(Target.month)
    for row in session.scalars(rows, execution_options={"unscoped": True}):
        one = BY_NAME.get(row.indicator)
        if one is None:
            continue
        month = Period(row.month, end_of_month(row.month))
        for plan, days in ((whole, period), (by_now, passed)):
            mine = plan[row.manager_id]
            if one.is_added_up:
                part = planned_by_now(row.value, month, days, exceptions)
                mine[one.name] = mine.get(one.name, Decimal(0)) + part
            elif row.month <= days.last:
                mine[one.name] = row.value
    return whole, by_now
