"""What was sold: each figure of sales defined once.

Whole months are read from the sums kept by buyer and month, any other period
from the headers of shipments and returns; both give the same.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, select

from app.domain.periods import Period
from app.domain.words import Measure
from app.models.movements import Shipment
from app.models.sales import BuyerMonth


def value_of(measure: Measure) -> ColumnElement[Decimal]:
    """What one shipment is worth; a return, being negative, takes away."""
    return Shipment.amount - Shipment.cost_amount if measure is Measure.PROFIT else Shipment.amount.expression


def kopecks_of(measure: Measure) -> ColumnElement[int]:
    """What a buyer's month is worth."""
    return BuyerMonth.revenue - BuyerMonth.cost if measure is Measure.PROFIT else BuyerMonth.revenue.expression


def value_by_buyer(period: Period, measure: Measure) -> Select[int, Decimal]:
    """`counterparty_id`, `value` of everybody who has a shipment or a return in the period."""
    if period.is_whole_months:
        value = func.round(func.sum(kopecks_of(measure)) / 100, 2)
        return (
            select(BuyerMonth.counterparty_id, value.label("value"))
            .where(BuyerMonth.month.between(period.first, period.last))
            .group_by(BuyerMonth.counterparty_id)
        )
    return (
        select(Shipment.counterparty_id, func.sum(value_of(measure)).label("value"))
        .where(Shipment.date.between(period.first, period.last))
        .group_by(Shipment.counterparty_id)
    )


def kopecks_by_buyer(period: Period, measure: Measure) -> Select[int, int]:
    """The same in kopecks: whole numbers sort and add up faster."""
    if period.is_whole_months:
        return (
            select(BuyerMonth.counterparty_id, cast(func.sum(kopecks_of(measure)), BigInteger).label("value"))
            .where(BuyerMonth.month.between(period.first, period.last))
            .group_by(BuyerMonth.counterparty_id)
        )
    by_documents = value_by_buyer(period, measure).subquery("by_documents")
    return select(by_documents.c.counterparty_id, cast(by_documents.c.value * 100, BigInteger).label("value"))
