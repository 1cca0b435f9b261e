"""What is to come, by month: orders that are not finished and coming deals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, Select, Subquery, cast, func, literal, or_, select
from sqlalchemy import union_all as union

from app.domain.words import DealState
from app.models.deals import ExpectedDeal
from app.models.orders import BuyerOrder
from app.queries.contacts.expected_deals import in_state

ZERO = literal(Decimal(0), Numeric(15, 2))
NAMES = ("to_ship", "to_pay", "deals", "weighted")


def planned(first: date, last: date, manager_id: int | None = None, counterparty_id: int | None = None) -> Subquery:
    """Rows of month, to_ship, to_pay, deals, weighted: of these days, and those without a day (no month).

    An order is there by its shipment and by its payment, each on its own day, a
    closed one by what is still owed for it; a coming deal whole and by its probability.
    """
    order, deal = BuyerOrder, ExpectedDeal
    sources: tuple[Any, ...] = (
        (order, order.ship_on, {"to_ship": order.rest_amount}, order.closed_on.is_(None) & (order.rest_quantity > 0)),
        *((order, order.pay_by, {"to_pay": order.unpaid_amount}, half) for half in order.halves_to_be_paid()),
        (
            deal,
            deal.expected_on,
            {"deals": deal.amount, "weighted": func.round(deal.amount * deal.probability / 100, 2)},
            in_state(DealState.COMING),
        ),
    )
    rows = [
        _rows(day, sums).where(
            condition, or_(day.between(first, last), day.is_(None)), *_of(model, manager_id, counterparty_id)
        )
        for model, day, sums, condition in sources
    ]
    return union(*rows).subquery("planned")


def _rows(day: Any, sums: dict[str, Any]) -> Select:
    month = cast(func.date_trunc("month", cast(day, Date)), Date).label("month")
    return select(month, *(cast(sums.get(name, ZERO), Numeric(15, 2)).label(name) for name in NAMES))


def _of(model: Any, manager_id: int | None, counterparty_id: int | None) -> list[ColumnElement[bool]]:
    asked = ((model.manager_id, manager_id), (model.counterparty_id, counterparty_id))
    return [column == number for column, number in asked if number is not None]
