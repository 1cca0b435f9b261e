"""What was sold: each figure of sales defined once.

Whole months are read from the sums kept by buyer and month, any other period
from the headers of shipments and returns; both give the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, select

from app.domain.periods import Period
from app.domain.words import Measure, MovementKind
from app.models.movements import Shipment
from app.models.sales import BuyerMonth
from app.queries.sales.vat import without_vat


def value_of(measure: Measure) -> ColumnElement[Decimal]:
    """What one shipment is worth; a return, being negative, takes away."""
    return Shipment.amount - Shipment.cost_amount if measure is Measure.PROFIT else Shipment.amount.expression


def kopecks_of(measure: Measure) -> ColumnElement[int]:
    """What a buyer's month is worth."""
    return BuyerMonth.revenue - BuyerMonth.cost if measure is Measure.PROFIT else BuyerMonth.revenue.expression


def sums_of(shipments: Select[Any]) -> Select[int, int, Decimal, Decimal, Decimal, Decimal]:
    """Of these documents: `shipments` and `returns` counted, their `revenue`, `net` of VAT, `profit` and `quantity`."""
    kind, nothing = Shipment.kind, Decimal(0)
    standing = shipments.order_by(None).where(Shipment.stands())
    return standing.with_only_columns(
        func.count().filter(kind == MovementKind.SHIPMENT).label("shipments"),
        func.count().filter(kind == MovementKind.RETURN).label("returns"),
        func.coalesce(func.sum(Shipment.amount), nothing).label("revenue"),
        func.coalesce(func.sum(without_vat()), nothing).label("net"),
        func.coalesce(func.sum(value_of(Measure.PROFIT)), nothing).label("profit"),
        func.coalesce(func.sum(Shipment.quantity), nothing).label("quantity"),
    )


def shipments_of(counterparty_id: int, period: Period) -> Select[Any]:
    """The shipments and returns that a figure of the buyer and the period is made of."""
    return select(Shipment).where(
        Shipment.counterparty_id == counterparty_id,
        Shipment.date.between(period.first, period.last),
        Shipment.stands(),
    )


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
        .where(Shipment.date.between(period.first, period.last), Shipment.stands())
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
