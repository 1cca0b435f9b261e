"""Classes of buyers: what the rule gives, and what was assigned by a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    SQLColumnExpression,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import Counterparty
from app.queries.sales import value_by_buyer

ABC = AbcRecord.abc.type


def abc_values(period: Period, measure: Measure) -> Select[int, Decimal]:
    """`key`, `value` of all who take part: whoever has sales in the period, and every other buyer with 0."""
    sold = value_by_buyer(period, measure).subquery("sold")
    return (
        select(Counterparty.id.label("key"), func.coalesce(sold.c.value, 0).label("value"))
        .outerjoin(sold, sold.c.counterparty_id == Counterparty.id)
        .where(or_(Counterparty.is_buyer, sold.c.value.is_not(None)))
    )


def abc_of(values: FromClause, shares: Shares) -> Select[int, Decimal, AbcClass]:
    """`key`, `value`, `abc`: the rule of app.domain.abc in SQL, for columns `key` and `value`.

    The frame of whole groups of equals is what gives equal values one class.
    """
    value = values.c.value
    total = func.coalesce(func.sum(value).filter(value > 0).over(), 0)
    top_of_a = func.round(total * shares.a / 100, 2)
    top_of_b = top_of_a + func.round(total * shares.b / 100, 2)
    before = func.coalesce(func.sum(value).over(order_by=value.desc(), groups=(None, -1)), 0)
    abc = case(
        (value <= 0, AbcClass.C),
        (before < top_of_a, AbcClass.A),
        (before < top_of_b, AbcClass.B),
        else_=AbcClass.C,
    )
    return select(values.c.key, value, cast(abc, ABC).label("abc"))


def abc_on(day: date, buyer: SQLColumnExpression[int]) -> LateralFromClause:
    """`abc`, `on` of the buyer's latest record on or before the day; to be outer-joined on true."""
    return _latest(buyer, lambda record: record.on <= day)


def abc_before(current: FromClause, buyer: SQLColumnExpression[int]) -> LateralFromClause:
    """The same for the latest record of a day before `current.on`: what the arrow compares with.

    Classes change by the day: a run repeated on one day replaces the first one.
    """
    return _latest(buyer, lambda record: record.on < current.c.on)


def _latest(buyer: SQLColumnExpression[int], condition: Any) -> LateralFromClause:
    record = aliased(AbcRecord)
    return (
        select(record.abc.label("abc"), record.on.label("on"))
        .where(record.counterparty_id == buyer, condition(record))
        .order_by(record.on.desc(), record.id.desc())
        .limit(1)
        .lateral()
    )


def abc_change(old: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[int]:
    """The arrow of app.domain.abc.change in SQL."""
    return cast(func.sign(_rank(new) - _rank(old)), Integer)


def _rank(abc: ColumnElement[Any]) -> ColumnElement[int]:
    return case({AbcClass.A: 3, AbcClass.B: 2, AbcClass.C: 1}, value=abc, else_=0)


def any_abc_run_by(day: date) -> Select[int]:
    """One row when classes were assigned on the day or before it."""
    return select(literal(1)).select_from(AbcRun).where(AbcRun.on <= day).limit(1)


def moves_of(run_id: int) -> Select[AbcClass | None, AbcClass | None, int]:
    """From which class to which a run brought how many."""
    record = aliased(AbcRecord)
    mine = select(record.counterparty_id, record.abc, record.on).where(record.run_id == run_id).subquery("mine")
    before = abc_before(mine, mine.c.counterparty_id)
    return (
        select(before.c.abc, mine.c.abc, func.count())
        .select_from(mine)
        .outerjoin(before, literal(True))
        .group_by(before.c.abc, mine.c.abc)
    )
