from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.domain.order_state import payment_state, shipment_state, status
from app.domain.viewer import Sees, Viewer
from app.models.deals import ExpectedDeal
from app.models.orders import BuyerOrder
from app.queries.deals import plan_by_month, sums_by_status
from app.queries.orders import figures_of, unfinished
from app.services.closing import close_orders
from tests.conftest import user_named
from tests.deals import DAY, D, added, buyer, item, order, paid, shipped
from tests.services.test_closing import REASON

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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    board = {
        row.status: (row.orders, row.amount, row.rest_amount, row.unpaid) for row in session.execute(sums_by_status())
    }
    assert board == {"new": (1, 1000, 1000, 1000), "in_work": (2, 2000, 1000, 1000)}


def test_the_plan_by_month_adds_awaited_payments_and_coming_deals(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    april = order(session, who, {bolt: 10}, pay_by=date(2026, 4, 5))
    paid(session, who, 300, order_id=april.id)
    order(session, who, {bolt: 1}, pay_by=date(2026, 6, 1))  # after the plan
    order(session, who, {bolt: 1})  # no day
    deal = {"expected_on": date(2026, 5, 20), "amount": D(1000)}
    added(session, ExpectedDeal(counterparty=who, probability=30, **deal))
    added(session, ExpectedDeal(prospect="Новый", probability=5, **{**deal, "expected_on": date(2026, 4, 30)}))
    added(session, ExpectedDeal(prospect="Бывший", ended_on=DAY, **deal))
    rows = session.execute(plan_by_month(date(2026, 4, 1), date(2026, 5, 31))).all()
    assert [tuple(row) for row in rows] == [
        (date(2026, 4, 1), 700, 1000, 50, 750),
        (date(2026, 5, 1), 0, 1000, 300, 300),
    ]


def test_a_manager_plans_his_own(session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    for owner in (anna, boris):
        who = buyer(session, manager_id=owner.id)
        order(session, who, {item(session, 100): 1}, pay_by=DAY)
        added(session, ExpectedDeal(prospect="Новый", manager=owner, expected_on=DAY, amount=D(100), probability=50))
    session.info["viewer"] = Viewer.of(anna.id, [Sees.OWN])
    assert [tuple(row) for row in session.execute(plan_by_month(DAY, DAY + timedelta(days=1)))] == [
        (date(2026, 3, 1), 100, 100, 50, 150)
    ]
    assert [row.amount for row in session.execute(sums_by_status())] == [100]
