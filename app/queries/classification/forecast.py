"""Purchases that are expected by the rhythm of each buyer, week by week, and what came true of them.

A week that has begun is forecast as on its eve; those to come as on the day itself. Whoever is late, but not yet
silent (app.domain.rhythm), is expected on the first day of the week.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Date, Select, Subquery, cast, func, literal, null, select, union_all

from app.domain.periods import DAY, Period, week_of
from app.domain.rhythm import SILENCE, window
from app.models.movements import Shipment
from app.queries.classification.rhythm import rhythms
from app.queries.classification.variations import SHIPPED

WEEK = timedelta(days=7)


def forecast(on: date, back: int, ahead: int) -> Subquery:
    """`week` (its Monday), `counterparty_id`, `last_on`, `usual`, `expected_on`, `amount`, `bought`.

    Of weeks begun `bought` is what he bought in them up to `on`, 0 or more; of the others it is NULL.
    """
    begun = [_of_week(week_of(on - WEEK * weeks), on) for weeks in range(back, -1, -1)]
    if not ahead:
        return union_all(*begun).subquery("forecast")
    coming = Period(week_of(on + WEEK).first, week_of(on + WEEK * ahead).last)
    known = _expected(on).subquery("known").c
    monday = cast(func.date_trunc("week", known.expected), Date)
    to_come = select(
        monday.label("week"),
        known.counterparty_id,
        known.last_on,
        known.usual,
        known.expected.label("expected_on"),
        known.amount,
        cast(null(), Shipment.amount.type).label("bought"),
    ).where(known.expected.between(coming.first, coming.last))
    return union_all(*begun, to_come).subquery("forecast")


def _of_week(week: Period, on: date) -> Select:
    monday, sunday = week.first, week.last
    known = _expected(monday - DAY).subquery("known").c
    bought = (
        select(Shipment.counterparty_id, func.sum(Shipment.amount).label("amount"))
        .where(SHIPPED, Shipment.date.between(monday, min(sunday, on)))
        .group_by(Shipment.counterparty_id)
        .subquery("bought")
    )
    return (
        select(
            literal(monday, Date).label("week"),
            known.counterparty_id,
            known.last_on,
            known.usual,
            func.greatest(known.expected, monday).label("expected_on"),
            known.amount,
            func.coalesce(bought.c.amount, 0).label("bought"),
        )
        .outerjoin(bought, bought.c.counterparty_id == known.counterparty_id)
        .where(known.expected <= sunday)
    )


def _expected(day: date) -> Select:
    """Everybody who keeps a rhythm, with the median of what he buys in a day."""
    days = window(day)
    of_day = (
        select(Shipment.counterparty_id, func.sum(Shipment.amount).label("amount"))
        .where(SHIPPED, Shipment.date.between(days.first, days.last))
        .group_by(Shipment.counterparty_id, Shipment.date)
        .subquery("of_day")
    )
    median = func.percentile_cont(0.5).within_group(of_day.c.amount)
    usual = (
        select(of_day.c.counterparty_id, func.round(cast(median, Shipment.amount.type), 2).label("amount"))
        .group_by(of_day.c.counterparty_id)
        .subquery("usual")
    )
    rhythm = rhythms(day).subquery("rhythm").c
    return (
        select(rhythm.counterparty_id, rhythm.last_on, rhythm.usual, rhythm.expected, usual.c.amount)
        .join(usual, usual.c.counterparty_id == rhythm.counterparty_id)
        .where(rhythm.usual.is_not(None), literal(day) - rhythm.last_on <= rhythm.usual * SILENCE)
    )
