"""Closing of orders, of buyers and to suppliers alike: one or many, always with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.closing import ClosingReason
from app.queries.sql import one_of
from app.services import numbering, watching
from app.services.typed import ZERO


@dataclass(frozen=True)
class Closed:
    """What came of a closing: the rows made, and those that were there before and stay as they were."""

    rows: list[Any]
    before: list[Any]

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


@dataclass(frozen=True)
class Closable:
    """Orders that are closed by a document of their own.

    `lock`: nobody writes documents of these (order, its owner) until the transaction ends.
    `written_off`: by order, the `closing_amount`, `unpaid_amount` and `order_amount` of its closing.
    """

    order: Any
    closing: Any
    kind: DocumentKind
    lock: Callable[[Session, Iterable[Sequence[int]]], None]
    written_off: Callable[[Session, Sequence[Any]], Mapping[int, Mapping[str, Decimal]]]

    def close(
        self, session: Session, reasons: Mapping[int, int | None], *, on: date, by_id: int | None, comment: str = ""
    ) -> Closed:
        """Close the orders, each with its reason, and keep what is written off by it."""
        if not reasons:
            raise Refused(_("Choose the orders to close."), field="orders")
        order, closing = self.order, self.closing
        known = set(session.scalars(select(ClosingReason.id)))
        owners = session.execute(select(order.id, order.counterparty_id).where(one_of(order.id, reasons))).all()
        if len(owners) < len(reasons):
            raise Refused(_("There is no such order."), field="orders")
        self.lock(session, owners)
        query = select(closing).where(one_of(closing.order_id, reasons)).order_by(closing.id)
        before = session.scalars(query).all()
        left = set(reasons) - {row.order_id for row in before}
        query = select(order).where(one_of(order.id, left)).order_by(order.id)
        orders = session.scalars(query.execution_options(populate_existing=True)).all()
        for each in orders:
            if reasons[each.id] not in known:
                raise Refused(_("Order %(number)s: choose the reason of closing.", number=each.number), field="reason")
            if each.date > on:
                raise Refused(_("Order %(number)s is later than the closing.", number=each.number), field="date")
        amounts = self.written_off(session, orders)
        number = numbering.next_number(session, self.kind, on.year) if orders else ""
        rows = [
            closing(
                number=number,
                on=on,
                order=each,
                reason_id=reasons[each.id],
                by_id=by_id,
                comment=comment,
                **amounts[each.id],
            )
            for each in orders
        ]
        session.add_all(rows)
        watching.post(session)
        return Closed(rows, list(before))

    def reopen(self, session: Session, order_ids: Iterable[int]) -> list[str]:
        """Return closed orders to work, as if they had not been closed; tells their numbers."""
        order, closing = self.order, self.closing
        closed = select(order.id, order.counterparty_id).join(closing, closing.order_id == order.id)
        self.lock(session, session.execute(closed.where(one_of(order.id, order_ids))).all())
        query = select(closing).where(one_of(closing.order_id, order_ids)).order_by(closing.id)
        rows = session.scalars(query.execution_options(populate_existing=True)).all()
        if not rows:
            raise Refused(_("The order is not closed."))
        numbers = [row.order.number for row in rows]
        for row in rows:
            session.delete(row)
        watching.post(session)
        return numbers


def no_longer_awaited(*, unpaid: Decimal, delivered: Decimal, paid: Decimal) -> Decimal:
    """The payment that closing writes off: all that was to be paid, but for goods that came and are not paid."""
    return max(unpaid, ZERO) - max(delivered - paid, ZERO)
