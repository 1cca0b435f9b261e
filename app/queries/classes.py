"""Classes of buyers: what the rule gives, and what was assigned by a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
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

from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import Counterparty
from app.queries.sales import value_by_buyer

ABC = AbcRecord.abc.type
Buyer = SQLColumnExpression[int]


def abc_of(values: FromClause, shares: Shares) -> Select[int, Decimal, AbcClass]:
    """`key`, `value`, `abc`: the rule of app.domain.abc in SQL, for columns `key` and `value`.

    The frame of whole groups of equals is what gives equal values one class.
    """
    value = values.c.value
    total = func.coalesce(func.sum(value).filter(value > 0).over(), 0)
    top_of_a = func.round(total * shares.a / 100, 2)
    top_of_b = top_of_a + func.round(total * shares.b / 100, 2)
    before = func.coalesce(func.sum(value).over(order_by=value.desc(), groups=(None, -1)), 0)
    a, b, c = (literal(abc, ABC) for abc in AbcClass)
    abc = case((value <= 0, c), (before < top_of_a, a), (before < top_of_b, b), else_=c)
    return select(values.c.key, value, abc.label("abc"))


def abc_by(period: Period, measure: Measure, shares: Shares) -> Select[int, Decimal, AbcClass]:
    """The same of all who take part: whoever has sales in the period, and every other buyer with 0.

    Those with nothing stay out of the sorting: they are many, and their class is known.
    """
    sold = value_by_buyer(period, measure).subquery("sold")
    values = select(sold.c.counterparty_id.label("key"), sold.c.value).subquery("sold_to")
    ranked = abc_of(values, shares).subquery("ranked")
    return (
        select(
            Counterparty.id.label("key"),
            func.coalesce(ranked.c.value, 0).label("value"),
            func.coalesce(ranked.c.abc, literal(AbcClass.C, ABC)).label("abc"),
        )
        .outerjoin(ranked, ranked.c.key == Counterparty.id)
        .where(or_(Counterparty.is_buyer, ranked.c.key.is_not(None)))
    )


def abc_on(day: date, buyer: Buyer) -> ScalarSelect[AbcClass | None]:
    """The buyer's class on the day: of his latest record on it or before it.

    A scalar subquery, because the base then looks only for those rows that are shown.
    """
    record = aliased(AbcRecord)
    return _latest(record, record.abc, buyer, record.on <= day)


def abc_before(day: SQLColumnExpression[date], buyer: Buyer) -> ScalarSelect[AbcClass | None]:
    """The class that the arrow of a record of that day compares with: of the latest record of an earlier day.

    Classes change by the day: a run repeated on one day replaces the first one.
    """
    record = aliased(AbcRecord)
    return _latest(record, record.abc, buyer, record.on < day)


def abc_change_on(day: date, buyer: Buyer) -> ColumnElement[int]:
    """The arrow of app.domain.abc.change beside the class of the day."""
    now, before, current = (aliased(AbcRecord) for _ in range(3))
    since = _latest(current, current.on, buyer, current.on <= day)
    rank_now = _latest(now, _rank(now.abc), buyer, now.on <= day)
    rank_before = _latest(before, _rank(before.abc), buyer, before.on < since)
    return cast(func.sign(func.coalesce(rank_now, 0) - func.coalesce(rank_before, 0)), Integer)


def _latest(record: Any, what: Any, buyer: Buyer, condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    return (
        select(what)
        .where(record.counterparty_id == buyer, condition)
        .order_by(record.on.desc(), record.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _rank(abc: SQLColumnExpression[Any]) -> ColumnElement[int]:
    return case(*((abc == one, rank) for rank, one in enumerate(reversed(AbcClass), 1)), else_=0)


def any_abc_run_by(day: date) -> Select[int]:
    """One row when classes were assigned on the day or before it."""
    return select(literal(1)).select_from(AbcRun).where(AbcRun.on <= day).limit(1)


def moves_of(run_id: int) -> Select[AbcClass | None, AbcClass | None, int]:
    """From which class to which a run brought how many."""
    mine = aliased(AbcRecord)
    before = abc_before(mine.on, mine.counterparty_id)
    moved = select(before.label("old"), mine.abc.label("new")).where(mine.run_id == run_id).subquery("moved")
    return select(moved.c.old, moved.c.new, func.count()).group_by(moved.c.old, moved.c.new)
