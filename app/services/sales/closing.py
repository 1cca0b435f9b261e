"""Closing of buyer orders: one or many, always with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.closing import ClosingReason, OrderClosing
from app.models.orders import BuyerOrder
from app.queries.sql import one_of
from app.services import numbering, watching
from app.services.sales import posting

watching.watch(OrderClosing, owners=("order",), touches=("order",))


@dataclass(frozen=True)
class Closed:
    """What came of a closing: the rows made, and those that were there before and stay as they were."""

    rows: list[OrderClosing]
    before: list[OrderClosing]

    @property
    def message(self) -> str:
        """What to tell the user about orders closed earlier; empty when there are none."""
        if not self.before:
            return ""
        numbers = ", ".join(f"{row.order.number} ({row.reason.name})" for row in self.before)
        text: str = ngettext(
            "%(num)s order was closed before, its reason stays: %(numbers)s.",
            "%(num)s orders were closed before, their reasons stay: %(numbers)s.",
            len(self.before),
            numbers=numbers,
        )
        return text


def close_orders(
    session: Session, reasons: Mapping[int, int | None], *, on: date, by_id: int | None, comment: str = ""
) -> Closed:
    """Close the orders, each with its reason, and keep what is written off by it."""
    if not reasons:
        raise Refused(_("Choose the orders to close."), field="orders")
    known = set(session.scalars(select(ClosingReason.id)))
    owners = session.execute(
        select(BuyerOrder.id, BuyerOrder.counterparty_id).where(one_of(BuyerOrder.id, reasons))
    ).all()
    if len(owners) < len(reasons):
        raise Refused(_("There is no such order."), field="orders")
    posting.lock(session, {owner for _id, owner in owners})
    before = session.scalars(
        select(OrderClosing).where(one_of(OrderClosing.order_id, reasons)).order_by(OrderClosing.id)
    ).all()
    left = set(reasons) - {row.order_id for row in before}
    query = select(BuyerOrder).where(one_of(BuyerOrder.id, left)).order_by(BuyerOrder.id)
    orders = session.scalars(query.execution_options(populate_existing=True)).all()
    for order in orders:
        if reasons[order.id] not in known:
            raise Refused(_("Order %(number)s: choose the reason of closing.", number=order.number), field="reason")
        if order.date > on:
            raise Refused(_("Order %(number)s is later than the closing.", number=order.number), field="date")
    number = numbering.next_number(session, DocumentKind.CLOSING, on.year) if orders else ""
    rows = [
        OrderClosing(
            number=number,
            on=on,
            order=order,
            reason_id=reasons[order.id],
            by_id=by_id,
            comment=comment,
            closing_amount=order.rest_amount,
            unpaid_amount=_written_off(order),
            order_amount=order.amount + order.corrected_amount,
        )
        for order in orders
    ]
    session.add_all(rows)
    watching.post(session)
    return Closed(rows, list(before))


def reopen(session: Session, order_ids: Iterable[int]) -> list[str]:
    """Return closed orders to work, as if they had not been closed; tells their numbers."""
    closed = select(OrderClosing.id, BuyerOrder.counterparty_id).join(OrderClosing.order)
    owners = session.execute(closed.where(one_of(OrderClosing.order_id, order_ids))).all()
    posting.lock(session, {owner for _id, owner in owners})
    query = select(OrderClosing).where(one_of(OrderClosing.id, [row.id for row in owners])).order_by(OrderClosing.id)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    if not rows:
        raise Refused(_("The order is not closed."))
    numbers = [row.order.number for row in rows]
    for row in rows:
        session.delete(row)
    watching.post(session)
    return numbers


def _written_off(order: BuyerOrder) -> Decimal:
    """What was awaited of the order and is not any more: all but the goods that he has and has not paid."""
    still_owed = max(order.shipped_amount - order.returned_amount - order.paid_amount, Decimal(0))
    return max(order.unpaid_amount, Decimal(0)) - still_owed
