"""Whose client a counterparty was on which days of a period."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Date, case, exists, func, literal, or_, select, union_all

from app.domain.periods import Period
from app.models.counterparties import Counterparty
from app.models.histories import ManagerRecord
from app.queries.sql import materialized

LONG_AGO = date(1, 1, 1)
NOBODY, SOMEBODY = 0, 1


class HeldBy(StrEnum):
    """Who is told apart: managers, or only whether a client is anybody's, or nobody: the whole company is one.

    With RESPONSIBLE a shipment is of whoever is responsible for it, all else of the client's manager.
    """

    MANAGER = "manager"
    RESPONSIBLE = "responsible"
    ANYBODY = "anybody"
    COMPANY = "company"


def holdings(period: Period, held_by: HeldBy) -> CTE:
    """`counterparty_id, holder, since, until`: every counterparty on every day of the period, whole segments of one
    holder each. The holder is the manager's number, NOBODY, or SOMEBODY where managers are not told apart.
    """
    record = ManagerRecord
    if held_by is HeldBy.COMPANY:
        whole: Any = select(
            Counterparty.id.label("counterparty_id"),
            literal(SOMEBODY).label("holder"),
            literal(period.first, Date).label("since"),
            literal(period.last, Date).label("until"),
        )
        return materialized(whole, "holdings")
    # Before the first of his records a client was nobody's; of most clients that was long before the period.
    unknown = ~exists().where(record.counterparty_id == Counterparty.id, record.on <= period.first)
    told = union_all(
        select(
            Counterparty.id.label("counterparty_id"),
            literal(LONG_AGO, Date).label("on"),
            literal(NOBODY).label("holder"),
        ).where(unknown),
        select(record.counterparty_id, record.on, _who(held_by)).where(record.on <= period.last),
    ).subquery("told")
    row = told.c
    before = func.lag(row.holder).over(partition_by=row.counterparty_id, order_by=row.on)
    steps = select(row.counterparty_id, row.on, row.holder, before.label("before")).subquery("steps").c
    following = func.lead(steps.on).over(partition_by=steps.counterparty_id, order_by=steps.on)
    handed = (
        select(steps.counterparty_id, steps.holder, steps.on.label("since"), following.label("next"))
        .where(or_(steps.before.is_(None), steps.before != steps.holder))
        .subquery("handed")
    )
    since = func.greatest(handed.c.since, literal(period.first, Date))
    until = func.coalesce(handed.c.next - 1, literal(period.last, Date))
    segments = select(handed.c.counterparty_id, handed.c.holder, since.label("since"), until.label("until")).where(
        until >= since
    )
    return materialized(segments, "holdings")


def _who(held_by: HeldBy) -> ColumnElement[int]:
    manager = ManagerRecord.manager_id
    if held_by is HeldBy.ANYBODY:
        return case((manager.is_(None), NOBODY), else_=SOMEBODY)
    return func.coalesce(manager, NOBODY)


def holds_on(segments: Any, counterparty_id: Any, day: Any) -> ColumnElement[bool]:
    """The segment that the counterparty's day falls into."""
    condition: ColumnElement[bool] = (segments.c.counterparty_id == counterparty_id) & day.between(
        segments.c.since, segments.c.until
    )
    return condition
