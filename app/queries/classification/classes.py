"""Classes of buyers: what the rule gives, and what was assigned by a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Numeric,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.stages import Stage
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun, StageRecord
from app.models.counterparties import Counterparty
from app.queries.classification.history import Before, held, hold_on, in_force, in_force_on
from app.queries.classification.stages import stage_on
from app.queries.classification.tracks import ABC, ABC_TRACK, rank_of_class
from app.queries.sales.sales import kopecks_by_buyer
from app.queries.sql import latest, materialized

Buyer = SQLColumnExpression[int]


def abc_of(values: FromClause, shares: Shares, *, places: int = 2) -> Select[int, Decimal, AbcClass]:
    """`key`, `value`, `abc`: the rule of tests.rules.abc in SQL, for columns `key` and `value`.

    `places` of a value are kept: none where it is in kopecks. The frame of whole
    groups of equals is what gives equal values one class.
    """
    value = values.c.value
    total = func.coalesce(func.sum(value).filter(value > 0).over(), 0)
    top_of_a = func.round(total * shares.a / 100, places)
    top_of_b = top_of_a + func.round(total * shares.b / 100, places)
    before = func.coalesce(func.sum(value).over(order_by=value.desc(), groups=(None, -1)), 0)
    a, b, c = (literal(abc, ABC.type) for abc in AbcClass)
    abc = case((value <= 0, c), (before < top_of_a, a), (before < top_of_b, b), else_=c)
    return select(values.c.key, value, abc.label("abc"))


def classes_by(period: Period, measure: Measure, shares: Shares, day: date, previous: AbcRun | None) -> Select[Any]:
    """What a run on the day writes of every buyer: the columns of AbcRecord but its run, in the order of buyers.

    Whoever has sales in the period takes part, and every other buyer with 0; those
    with nothing stay out of the sorting: they are many, and their class is known.
    Who is lost by the end of the period has no class, and without a class before
    he is left out of the total too.
    """
    before = Before(ABC_TRACK, previous, day)
    lost = materialized(lost_by(period.last), "lost")
    sold = kopecks_by_buyer(period, measure).subquery("sold")
    query = (
        select(
            Counterparty.id.label("key"),
            sold.c.value,
            before.in_force(ABC).label(ABC.old),
            lost.c.counterparty_id.label("lost"),
        )
        .select_from(Counterparty)
        .outerjoin(sold, sold.c.counterparty_id == Counterparty.id)
        .outerjoin(lost, lost.c.counterparty_id == Counterparty.id)
        .where(or_(Counterparty.is_buyer, sold.c.counterparty_id.is_not(None)))
    )
    every = before.join(query).subquery("every_buyer")
    buyers = select(every).where(or_(every.c.lost.is_(None), every.c.old.is_not(None))).cte("buyers")
    ranked = abc_of(
        select(buyers.c.key, buyers.c.value).where(buyers.c.value.is_not(None)).subquery(), shares, places=0
    )
    rule = ranked.subquery("ranked")
    hold = hold_on(ABC_TRACK, day)
    abc = case((buyers.c.lost.is_(None), func.coalesce(rule.c.abc, literal(AbcClass.C, ABC.type))))
    return (
        select(
            buyers.c.key.label("counterparty_id"),
            literal(day, Date).label("on_date"),
            buyers.c.old,
            (cast(func.coalesce(buyers.c.value, 0), Numeric) / 100).label("value"),
            *held(ABC_TRACK, hold, [abc]),
        )
        .select_from(buyers)
        .outerjoin(rule, rule.c.key == buyers.c.key)
        .outerjoin(hold, hold.counterparty_id == buyers.c.key)
        .order_by(buyers.c.key)
    )


def lost_by(day: date) -> Select[int]:
    """Who is in the stage Lost on the day: few are looked at, those who ever were."""
    ever = or_(StageRecord.stage == literal_column("'lost'"), StageRecord.computed_stage == literal_column("'lost'"))
    some = select(StageRecord.counterparty_id).where(ever, StageRecord.on <= day).distinct().subquery("ever_lost")
    return select(some.c.counterparty_id).where(stage_on(day, some.c.counterparty_id) == Stage.LOST)


def abc_on(day: date, buyer: Buyer) -> ScalarSelect[AbcClass | None]:
    return in_force_on(ABC_TRACK, ABC, day, buyer)


def abc_change_on(day: date, buyer: Buyer) -> ColumnElement[int]:
    """The arrow of app.domain.abc.change beside the class of the day."""
    now, before, current = (aliased(AbcRecord) for _ in range(3))
    since = latest(current, current.on, buyer, current.on <= day)
    rank_now = latest(now, rank_of_class(in_force(now, ABC, day)), buyer, now.on <= day)
    rank_before = latest(before, rank_of_class(in_force(before, ABC, since - 1)), buyer, before.on < since)
    return cast(func.sign(func.coalesce(rank_now, 0) - func.coalesce(rank_before, 0)), Integer)


def fell() -> ColumnElement[bool]:
    """Buyers whom the last classification put into a worse class than they had; an index keeps such records."""
    last = select(AbcRun.id).order_by(AbcRun.on.desc(), AbcRun.id.desc()).limit(1).scalar_subquery()
    worse = select(AbcRecord.counterparty_id).where(AbcRecord.run_id == last, AbcRecord.abc > AbcRecord.old)
    return Counterparty.id.in_(worse)


def any_abc_run_by(day: date) -> Select[int]:
    """One row when classes were assigned on the day or before it."""
    return select(literal(1)).select_from(AbcRun).where(AbcRun.on <= day).limit(1)
