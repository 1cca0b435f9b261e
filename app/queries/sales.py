"""What was sold: each figure of sales defined once, by the headers of shipments and returns."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ColumnElement, Select, func, select

from app.domain.periods import Period
from app.domain.words import Measure
from app.models.movements import Shipment


def value_of(measure: Measure) -> ColumnElement[Decimal]:
    """What one shipment is worth; a return, being negative, takes away."""
    return Shipment.amount - Shipment.cost_amount if measure is Measure.PROFIT else Shipment.amount.expression


def value_by_buyer(period: Period, measure: Measure) -> Select[int, Decimal]:
    """`counterparty_id`, `value` of everybody who has a shipment or a return in the period."""
    return (
        select(Shipment.counterparty_id, func.sum(value_of(measure)).label("value"))
        .where(Shipment.date.between(period.first, period.last))
        .group_by(Shipment.counterparty_id)
    )
