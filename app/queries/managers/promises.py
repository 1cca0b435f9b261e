"""What was promised of orders first and whether it was kept, and what was moved; each is its holder's of that day.

Their selects are as those of app.queries.managers.facts.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, Date, Select, and_, cast, false, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.periods import DAY
from app.domain.words import PaymentState, ShipmentState
from app.models.contacts import Contact
from app.models.histories import ContactMove, OrderMove
from app.models.orders import BuyerOrder
from app.queries.managers.facts import FactSource, Scope, as_flag, keys_of
from app.queries.managers.holding import holds_on


def to_ship(scope: Scope, segments: CTE) -> Select[Any]:
    """Orders that were to be shipped by a day that is over; the first day that was promised counts."""
    order = BuyerOrder
    due = func.coalesce(order.first_ship_on, order.ship_on)
    kept = and_(order.shipment_state == ShipmentState.FULL, order.shipped_on <= due)
    return _promised(scope, segments, due, kept, "ship", even_closed=false())


def to_pay(scope: Scope, segments: CTE) -> Select[Any]:
    """The same of the day that the client was to pay by; what was shipped is to be paid, closed or not."""
    order = BuyerOrder
    due = func.coalesce(order.first_pay_by, order.pay_by)
    kept = and_(order.payment_state == PaymentState.FULL, order.paid_on <= due)
    return _promised(scope, segments, due, kept, "pay", even_closed=order.due_amount > 0)


def _promised(
    scope: Scope,
    segments: CTE,
    due: ColumnElement[date],
    kept: ColumnElement[bool],
    name: str,
    *,
    even_closed: ColumnElement[bool],
) -> Select[Any]:
    order, period = BuyerOrder, scope.period
    return (
        select(
            *keys_of(segments, order.counterparty_id, due, order.id, order.number),
            literal(1).label(f"{name}_promised"),
            as_flag(kept, f"{name}_kept"),
        )
        .outerjoin(segments, holds_on(segments, order.counterparty_id, due))
        .where(
            due.between(period.first, min(period.last, scope.eve_of_today)),
            # What was called off by then was not promised.
            or_(order.closed_on.is_(None), order.closed_on > due, even_closed),
        )
    )


def moved_orders(scope: Scope, segments: CTE) -> Select[Any]:
    return _moved(scope, segments, OrderMove, BuyerOrder, BuyerOrder.number, OrderMove.order_id)


def moved_contacts(scope: Scope, segments: CTE) -> Select[Any]:
    found = _moved(scope, segments, ContactMove, Contact, Contact.subject, ContactMove.contact_id)
    return found.where(Contact.counterparty_id.is_not(None))


def _moved(
    scope: Scope,
    segments: CTE,
    move: type[OrderMove | ContactMove],
    owner: type[BuyerOrder | Contact],
    document: InstrumentedAttribute[str],
    number: InstrumentedAttribute[int],
) -> Select[Any]:
    on, name = cast(move.at, Date), "order_moves" if move is OrderMove else "contact_moves"
    return (
        select(*keys_of(segments, owner.counterparty_id, on, owner.id, document), literal(1).label(name))
        .select_from(move)
        .join(owner, owner.id == number)
        .outerjoin(segments, holds_on(segments, owner.counterparty_id, on))
        .where(move.at >= scope.period.first, move.at < scope.period.last + DAY)
    )


TO_SHIP = FactSource("to_ship", ("ship_promised", "ship_kept"), to_ship, "BuyerOrder", by_day=True)
TO_PAY = FactSource("to_pay", ("pay_promised", "pay_kept"), to_pay, "BuyerOrder", by_day=True)
ORDER_MOVES = FactSource("order_moves", ("order_moves",), moved_orders, "BuyerOrder", by_day=True)
CONTACT_MOVES = FactSource("contact_moves", ("contact_moves",), moved_contacts, "Contact", by_day=True)
