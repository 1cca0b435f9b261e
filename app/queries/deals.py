"""Deals that are not finished and deals to come, in sums."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Date, Select, cast, func, literal, select
from sqlalchemy import union_all as union

from app.models.deals import ExpectedDeal
from app.models.orders import BuyerOrder
from app.queries.orders import to_be_paid, unfinished


def sums_by_status(manager_id: int | None = None) -> Select:
    """(status, orders, amount, rest_amount, unpaid) of the orders that are not finished: the heads of the board."""
    query = (
        select(
            BuyerOrder.status,
            func.count().label("orders"),
            func.sum(BuyerOrder.amount + BuyerOrder.corrected_amount).label("amount"),
            func.sum(BuyerOrder.rest_amount).label("rest_amount"),
            func.sum(BuyerOrder.unpaid_amount).label("unpaid"),
        )
        .where(unfinished())
        .group_by(BuyerOrder.status)
    )
    return query if manager_id is None else query.where(BuyerOrder.manager_id == manager_id)


def plan_by_month(start: date, end: date) -> Select:
    """By month: payments that orders await, coming deals whole and by their probability, and what both give."""
    awaited = select(
        func.date_trunc("month", cast(BuyerOrder.pay_by, Date)).label("month"),
        func.greatest(BuyerOrder.amount + BuyerOrder.corrected_amount - BuyerOrder.paid_amount, 0).label("orders"),
        literal(Decimal(0)).label("deals"),
        literal(Decimal(0)).label("weighted"),
    ).where(BuyerOrder.pay_by.between(start, end), BuyerOrder.closed_on.is_(None), to_be_paid())
    coming = select(
        func.date_trunc("month", cast(ExpectedDeal.expected_on, Date)),
        literal(Decimal(0)),
        ExpectedDeal.amount,
        func.round(ExpectedDeal.amount * ExpectedDeal.probability / 100, 2),
    ).where(ExpectedDeal.expected_on.between(start, end), ExpectedDeal.ended_on.is_(None))
    row = union(awaited, coming).subquery("planned").c
    return (
        select(
            cast(row.month, Date).label("month"),
            func.sum(row.orders).label("orders"),
            func.sum(row.deals).label("deals"),
            func.sum(row.weighted).label("weighted"),
            (func.sum(row.orders) + func.sum(row.weighted)).label("plan"),
        )
        .group_by(row.month)
        .order_by(row.month)
    )
