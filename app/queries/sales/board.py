"""Orders by state for the board: sums of every column, and the cards at its top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, literal, or_, select
from sqlalchemy import union_all as union
from sqlalchemy.orm import joinedload

from app.domain.words import OrderStatus
from app.models.closing import ClosingReason, OrderClosing
from app.models.orders import BuyerOrder

# The day by which something must be done: what is shipped is not awaited any more, what is paid neither.
DUE_ON = func.least(
    case((BuyerOrder.rest_quantity > 0, BuyerOrder.ship_on)), case((BuyerOrder.to_be_paid(), BuyerOrder.pay_by))
)


@dataclass(frozen=True)
class BoardFilter:
    """Which orders the board shows; done and closed ones only `since` that day."""

    since: date
    manager_id: int | None = None
    counterparty_id: int | None = None

    def of(self, status: OrderStatus) -> list[ColumnElement[bool]]:
        """The orders of one column; each state is found by an index of its own."""
        order = BuyerOrder
        conditions = [order.status == status]
        if status is OrderStatus.DONE:
            conditions.append(order.done_on >= self.since)
        if status is OrderStatus.CLOSED:
            conditions.append(order.id.in_(select(OrderClosing.order_id).where(OrderClosing.on >= self.since)))
        if self.manager_id is not None:
            conditions.append(order.manager_id == self.manager_id)
        if self.counterparty_id is not None:
            conditions.append(order.counterparty_id == self.counterparty_id)
        return conditions


def sums(chosen: BoardFilter) -> Select:
    """(status, orders, amount, to_ship, to_pay) of every column."""
    order = BuyerOrder
    heads = [
        select(
            literal(status.value, String).label("status"),
            func.count().label("orders"),
            func.coalesce(func.sum(order.amount + order.corrected_amount), 0).label("amount"),
            func.coalesce(func.sum(order.rest_amount), 0).label("to_ship"),
            func.coalesce(func.sum(order.unpaid_amount), 0).label("to_pay"),
        )
        .select_from(order)
        .where(*chosen.of(status))
        for status in OrderStatus
    ]
    return select(union(*heads).subquery("heads"))


def cards(chosen: BoardFilter, limit: int) -> Select:
    """(BuyerOrder, its reason of closing) for the top of every column: the most urgent, or the latest done."""
    order = BuyerOrder
    tops = [
        select(select(order.id).where(*chosen.of(status)).order_by(*_first(status)).limit(limit).subquery())
        for status in OrderStatus
    ]
    keys = union(*tops).subquery("keys")
    return (
        select(order, ClosingReason.name.label("reason"))
        .join(keys, keys.c.id == order.id)
        .outerjoin(OrderClosing, OrderClosing.order_id == order.id)
        .outerjoin(ClosingReason, ClosingReason.id == OrderClosing.reason_id)
        .options(joinedload(order.counterparty_name), joinedload(order.manager))
        .order_by(order.closed_on.desc(), order.done_on.desc(), DUE_ON.nulls_last(), order.id)
    )


def _first(status: OrderStatus) -> Sequence[Any]:
    order = BuyerOrder
    match status:
        case OrderStatus.CLOSED:
            return order.closed_on.desc(), order.id
        case OrderStatus.DONE:
            return order.done_on.desc(), order.id
    return DUE_ON.nulls_last(), order.id


def to_ship_by(day: date) -> ColumnElement[bool]:
    """Orders of which something is to be shipped on the day or before it."""
    return and_(BuyerOrder.closed_on.is_(None), BuyerOrder.rest_quantity > 0, BuyerOrder.ship_on <= day)


def to_pay_by(day: date) -> ColumnElement[bool]:
    """Orders of which something is to be paid on the day or before it: of closed ones what was shipped."""
    return or_(*halves_to_pay_by(day))


def halves_to_pay_by(day: date) -> Sequence[ColumnElement[bool]]:
    return [half & (BuyerOrder.pay_by <= day) for half in BuyerOrder.halves_to_be_paid()]
