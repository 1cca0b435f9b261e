from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.domain.order_state import payment_state, shipment_state, status
from app.domain.periods import Period
from app.models.orders import BuyerOrder
from app.queries import team
from app.queries.bell import notices
from app.queries.contacts.sales_plan import planned
from app.queries.sales.board import to_pay_by
from app.queries.sales.orders import figures_of, unfinished
from app.services.sales.board import days_of
from app.services.sales.closing import close_orders
from tests.conftest import user_named
from tests.deals import DAY, item, order, paid, shipped
from tests.factories import buyer
from tests.services.sales.test_closing import REASON

pytestmark = pytest.mark.slow

sums = st.integers(-5, 20).map(Decimal)


@st.composite
def kept_figures(draw: Any) -> dict[str, Any]:
    names = (
        "amount",
        "corrected_amount",
        "shipped_amount",
        "returned_amount",
        "paid_amount",
        "quantity",
        "rest_quantity",
    )
    return {**{name: draw(sums) for name in names}, "closed_on": draw(st.none() | st.just(DAY))}


@settings(max_examples=15)
@given(st.lists(kept_figures(), min_size=50, max_size=50))
def test_the_base_derives_the_states_as_the_rules_do(session: Session, rows: list[dict[str, Any]]) -> None:
    of = buyer(session).id
    values = [
        {"number": f"{of}-{place}", "date": DAY, "counterparty_id": of, **figures} for place, figures in enumerate(rows)
    ]
    session.execute(insert(BuyerOrder), values)
    for it in session.scalars(select(BuyerOrder).where(BuyerOrder.counterparty_id == of)):
        rule = figures_of(it)
        assert (it.shipment_state, it.payment_state, it.status, it.unpaid_amount) == (
            shipment_state(rule),
            payment_state(rule),
            status(rule),
            rule.unpaid,
        )


def test_unfinished_orders_are_those_with_something_to_ship_or_to_pay(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    new, sent, paid_up, done, closed = (order(session, who, {bolt: 10}) for _ in range(5))
    for it in (sent, done):
        shipped(session, it, {bolt: 10})
    for it in (paid_up, done):
        paid(session, who, 1000, order_id=it.id)
    close_orders(session, {closed.id: REASON(session)}, on=DAY, by_id=None)
    found = session.scalars(select(BuyerOrder.id).where(unfinished()).order_by(BuyerOrder.id)).all()
    assert found == [new.id, sent.id, paid_up.id]


def test_what_is_owed_for_a_closed_order_is_awaited_as_that_of_an_open_one(session: Session) -> None:
    who, bolt, anna = buyer(session), item(session, 100), user_named(session, "anna")
    days = {"ship_on": DAY, "pay_by": DAY, "manager_id": anna.id}
    is_open, owed, settled, given_up = (order(session, who, {bolt: 10}, **days) for _ in range(4))
    for it in (is_open, owed, settled):
        shipped(session, it, {bolt: 4})
    paid(session, who, 100, order_id=owed.id)
    paid(session, who, 400, order_id=settled.id)
    close_orders(session, dict.fromkeys((owed.id, settled.id, given_up.id), REASON(session)), on=DAY, by_id=None)
    to_pay = session.scalars(select(BuyerOrder.id).where(to_pay_by(DAY)).order_by(BuyerOrder.id)).all()
    assert to_pay == [is_open.id, owed.id]
    assert session.scalars(select(BuyerOrder.id).where(unfinished()).order_by(BuyerOrder.id)).all() == to_pay
    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    (left,) = session.execute(team.undone(10), {"today": DAY, "midnight": midnight}).all()
    assert (left.to_ship, left.to_pay, left.money) == (1, 2, 1300)
    late = session.execute(notices.overdue(Period(DAY, DAY))).all()
    assert [(row.id, row.ship, row.pay) for row in late] == [(is_open.id, True, True), (owed.id, False, True)]
    plan = planned(DAY, DAY).c
    assert session.execute(select(func.sum(plan.to_ship), func.sum(plan.to_pay))).one() == (600, 1300)
    assert [[*days_of(it, DAY)] for it in (is_open, owed, settled)] == [["ship", "pay"], ["pay"], []]
