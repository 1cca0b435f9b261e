from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.closing import ClosingReason
from app.services.sales.closing import close_orders
from app.services.sales.orders import save_order
from app.services.typed import LineDraft, OrderDraft
from tests.deals import DAY, D, item, order, paid, returned, shipped
from tests.factories import buyer


def REASON(session: Session, name: str = "Нет оплаты") -> int:  # noqa: N802 - a row of the catalogue
    return session.scalars(select(ClosingReason.id).where(ClosingReason.name == name)).one()


def test_closing_keeps_what_it_writes_off(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    none, part, full = (order(session, who, {bolt: 10}) for _ in range(3))
    shipped(session, part, {bolt: 4})
    paid(session, who, 300, order_id=part.id)
    shipped(session, full, {bolt: 10})
    paid(session, who, 1000, order_id=full.id)
    done = close_orders(
        session, {it.id: REASON(session) for it in (none, part, full)}, on=DAY, by_id=None, comment="в архив"
    )
    assert [(row.closing_amount, row.unpaid_amount, row.order_amount) for row in done.rows] == [
        (1000, 1000, 1000),
        (600, 600, 1000),
        (0, 0, 1000),
    ]
    assert len({row.number for row in done.rows}) == 1
    assert [it.status for it in (none, part, full)] == ["closed"] * 3
    assert part.unpaid_amount == 100  # shipped and not paid: still owed


def test_a_second_closing_keeps_the_first_reason(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it, other = order(session, who, {bolt: 10}), order(session, who, {bolt: 1})
    close_orders(session, {it.id: REASON(session)}, on=DAY, by_id=None)
    later = DAY + timedelta(days=3)
    again = close_orders(session, {it.id: REASON(session, "Прочее"), other.id: REASON(session)}, on=later, by_id=None)
    assert [row.order_id for row in again.rows] == [other.id]
    assert [(row.order_id, row.reason.name, row.on) for row in again.before] == [(it.id, "Нет оплаты", DAY)]
    assert it.closed_on == DAY


@pytest.mark.parametrize(
    ("reason", "days", "field"),
    [(None, 0, "reason"), (0, 0, "reason"), ("Прочее", -1, "date"), ("Прочее", 0, "orders")],
)
def test_closing_needs_a_reason_and_a_day(session: Session, reason: str | None, days: int, field: str) -> None:
    it = order(session, buyer(session), {item(session): 1})
    chosen = REASON(session, reason) if isinstance(reason, str) else reason
    orders = {it.id: chosen, **({0: chosen} if field == "orders" else {})}
    with pytest.raises(Refused) as refused:
        close_orders(session, orders, on=DAY + timedelta(days=days), by_id=None)
    assert refused.value.field == field
    assert it.closed_on is None


def test_a_closed_order_is_left_alone_but_takes_returns(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4})
    close_orders(session, {it.id: REASON(session)}, on=DAY, by_id=None)
    for attempt in (
        lambda: shipped(session, it, {bolt: 1}),
        lambda: save_order(session, OrderDraft(who.id, DAY, [LineDraft(bolt.id, D(9), D(1))], order_id=it.id)),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.field == "order"
    returned(session, it, {bolt: 4})
    assert it.unpaid_amount == 0
