"""The board of orders: its columns, and what moving a card asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.domain.board import document_for
from app.domain.order_state import status
from app.domain.words import DocumentKind, OrderStatus
from app.errors import Refused
from app.models.orders import BuyerOrder
from app.queries.sales import board
from app.queries.sales.orders import figures_of

RECENT = timedelta(days=30)
MOST = 50  # cards of a column
WHY_NOT = {
    OrderStatus.NEW: _l("An order is new while nothing is shipped or paid by it. Register a return or a refund."),
    OrderStatus.IN_WORK: _l(
        "An order is in work when it is shipped or paid in full, and the other half has not begun."
    ),
    OrderStatus.PARTLY: _l("An order is partly done while something is left. Register a return or a correction."),
}


@dataclass(frozen=True)
class Awaited:
    """A day by which something must be done; `urgency`: overdue, today, later."""

    day: date
    urgency: str


@dataclass(frozen=True)
class OrderCard:
    """An order on the board; why it was closed; the days of "ship" and "pay" that are awaited."""

    order: BuyerOrder
    reason: str
    days: Mapping[str, Awaited]


@dataclass(frozen=True)
class BoardColumn:
    status: OrderStatus
    orders: int
    amount: Decimal
    to_ship: Decimal
    to_pay: Decimal
    cards: Sequence[OrderCard]

    @property
    def more(self) -> int:
        return self.orders - len(self.cards)


def columns(session: Session, *, today: date, manager_id: int | None, counterparty_id: int | None) -> list[BoardColumn]:
    """Every state with its count and sums of all its orders, and at most MOST cards."""
    chosen = board.BoardFilter(today - RECENT, manager_id, counterparty_id)
    cards: Mapping[OrderStatus, list[OrderCard]] = {state: [] for state in OrderStatus}
    for order, reason in session.execute(board.cards(chosen, MOST)):
        cards[order.status].append(OrderCard(order, reason or "", days_of(order, today)))
    heads = {row.status: row for row in session.execute(board.sums(chosen))}
    return [
        BoardColumn(state, head.orders, head.amount, head.to_ship, head.to_pay, cards[state])
        for state in OrderStatus
        for head in [heads[state]]
    ]


def days_of(order: BuyerOrder, today: date) -> dict[str, Awaited]:
    """What is still awaited of the order by a certain day."""
    awaited = {"ship": to_ship(order, today), "pay": to_pay(order, today)}
    return {half: one for half, one in awaited.items() if one}


def to_ship(order: BuyerOrder, today: date) -> Awaited | None:
    is_awaited = order.closed_on is None and order.rest_quantity > 0
    return Awaited(order.ship_on, urgency(order.ship_on, today)) if is_awaited and order.ship_on else None


def to_pay(order: BuyerOrder, today: date) -> Awaited | None:
    is_awaited = figures_of(order).unpaid > 0
    return Awaited(order.pay_by, urgency(order.pay_by, today)) if is_awaited and order.pay_by else None


def urgency(day: date, today: date) -> str:
    if day < today:
        return "overdue"
    return "today" if day == today else "later"


def document_of_move(order: BuyerOrder, to: OrderStatus) -> DocumentKind:
    """The document that the move asks for; Refused with the reason when no document makes it."""
    figures = figures_of(order)
    now = status(figures)
    document = document_for(figures, to)
    if document is not None:
        return document
    if now is to:
        raise Refused(_("The order is in this state already."))
    if now is OrderStatus.CLOSED:
        raise Refused(_("The order is closed: nothing more can be done by it."))
    raise Refused(WHY_NOT[to])
