"""Rhythm of purchases: of the whole company or one buyer; tests.rules.rhythm says the rule in plain Python."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Numeric,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    case,
    cast,
    func,
    or_,
    select,
)

from app.domain.rhythm import FEWEST, window
from app.models.movements import Shipment
from app.queries.classification.variations import SHIPPED


def rhythms(day: date, counterparty_id: int | BindParameter[int] | None = None) -> Select[Any]:
    """`counterparty_id`, `purchases`, `last_on`, `usual`, `expected` of everybody who bought in the window.

    A second shipment of a day follows the first one by 0 days: it is no purchase of its own.
    """
    days = window(day)
    before = func.lag(Shipment.date).over(partition_by=Shipment.counterparty_id, order_by=Shipment.date)
    bought = select(Shipment.counterparty_id, Shipment.date.label("on"), (Shipment.date - before).label("gap")).where(
        SHIPPED, Shipment.date.between(days.first, days.last)
    )
    if counterparty_id is not None:
        bought = bought.where(Shipment.counterparty_id == counterparty_id)
    row = bought.subquery("bought").c
    purchases = func.count().filter(or_(row.gap.is_(None), row.gap > 0))
    usual = func.percentile_cont(0.5).within_group(row.gap).filter(row.gap > 0)
    found = (
        select(
            row.counterparty_id,
            purchases.label("purchases"),
            func.max(row.on).label("last_on"),
            case((purchases >= FEWEST, cast(usual, Numeric))).label("usual"),
        )
        .group_by(row.counterparty_id)
        .subquery("found")
    )
    expected = found.c.last_on + cast(func.ceil(found.c.usual), Integer)
    return select(*found.c, expected.label("expected"))


def last_purchase(day: date, buyer: SQLColumnExpression[int]) -> ScalarSelect[date]:
    """The day of the buyer's last shipment, however long ago."""
    return (
        select(Shipment.date)
        .where(Shipment.counterparty_id == buyer, Shipment.date <= day, SHIPPED)
        .order_by(Shipment.date.desc())
        .limit(1)
        .scalar_subquery()
    )
