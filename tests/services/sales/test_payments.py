from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.allocations import PaymentAllocation
from app.models.movements import Payment
from app.services.sales.closing import close_orders
from app.services.sales.payments import allocate_by_hand, allocate_by_rule
from tests.deals import DAY, D, item, order, paid, refunded, shipped
from tests.factories import added, buyer
from tests.services.sales.test_closing import REASON


@pytest.fixture
def who(session: Session) -> Any:
    return buyer(session)


def ordered(session: Session, who: Any, amount: int, pay_by: int | None = None, **more: Any) -> Any:
    due = None if pay_by is None else DAY + timedelta(days=pay_by)
    return order(session, who, {item(session, amount): 1}, pay_by=due, **more)


def laid(session: Session, payment: Payment) -> dict[int, Decimal]:
    rows = session.scalars(select(PaymentAllocation).where(PaymentAllocation.payment_id == payment.id))
    return {row.order_id: row.amount for row in rows}


def test_payments_find_their_orders(session: Session, who: Any) -> None:
    late, early, exact = (ordered(session, who, amount, days) for amount, days in ((100, 9), (100, 1), (70, 5)))
    assert laid(session, paid(session, who, 70)) == {exact.id: 70}
    assert laid(session, paid(session, who, 30, purpose=f"по заказу № {late.number}")) == {late.id: 30}
    assert laid(session, paid(session, who, 120)) == {early.id: 100, late.id: 20}
    last = paid(session, who, 500)
    assert (laid(session, last), last.allocated_amount) == ({late.id: 50}, 50)
    assert [o.unpaid_amount for o in (late, early, exact)] == [0, 0, 0]


def test_a_payment_pays_no_other_counterparty(session: Session, who: Any) -> None:
    strange = ordered(session, buyer(session), 100)
    assert laid(session, paid(session, who, 100, purpose=f"заказ {strange.number}")) == {}


def test_an_advance_goes_to_the_next_order(session: Session, who: Any) -> None:
    advance = paid(session, who, 150)
    it = ordered(session, who, 100)
    assert (laid(session, advance), it.payment_state) == ({it.id: 100}, "full")
    more = ordered(session, who, 100)
    assert (laid(session, advance), more.paid_amount) == ({it.id: 100, more.id: 50}, 50)


def test_an_order_that_grows_takes_more_of_the_same_advance(session: Session, who: Any) -> None:
    it = ordered(session, who, 100)
    advance = paid(session, who, 150, order_id=it.id)
    shipped(session, it, {it.lines[0].item: 2}, confirmed=True)
    assert laid(session, advance) == {it.id: 150}


def test_a_refund_takes_back_what_was_paid(session: Session, who: Any) -> None:
    it = ordered(session, who, 100)
    paid(session, who, 100)
    refund = refunded(session, who, 30, order_id=it.id)
    assert (laid(session, refund), it.paid_amount, it.payment_state) == ({it.id: -30}, 70, "partly")
    paid(session, who, 30)
    assert it.payment_state == "full"


def test_money_of_a_closed_order_is_free_again(session: Session, who: Any) -> None:
    it, other = ordered(session, who, 100, 1), ordered(session, who, 40, 2)
    payment = paid(session, who, 100, order_id=it.id)
    close_orders(session, {it.id: REASON(session)}, on=DAY, by_id=None)
    assert laid(session, payment) == {other.id: 40}
    assert (it.paid_amount, other.paid_amount, payment.allocated_amount) == (0, 40, 40)


@pytest.mark.slow
def test_a_person_decides_which_orders_are_paid(session: Session, who: Any) -> None:
    first, second = ordered(session, who, 100, 1), ordered(session, who, 100, 2)
    by_rule = paid(session, who, 100)
    by_hand = paid(session, who, 60)
    assert laid(session, by_hand) == {second.id: 60}
    allocate_by_hand(session, by_hand.id, {first.id: D(50)})
    assert laid(session, by_hand) == {first.id: 50}
    assert laid(session, by_rule) == {first.id: 50, second.id: 50}  # made room, and went on to the next debt
    assert (first.paid_amount, second.paid_amount, by_hand.by_hand, by_hand.allocated_amount) == (100, 50, True, 50)
    ordered(session, who, 500)
    assert laid(session, by_hand) == {first.id: 50}  # the rules keep off
    allocate_by_rule(session, by_hand.id)
    assert sum(laid(session, by_hand).values()) == 60


@pytest.mark.slow
def test_what_a_decision_by_hand_is_refused_for(session: Session, who: Any) -> None:
    first, strange = ordered(session, who, 100), ordered(session, buyer(session), 100)
    one, two = paid(session, who, 80), paid(session, who, 300)
    allocate_by_hand(session, one.id, {first.id: D(80)})
    for shares, field in (
        ({strange.id: D(10)}, f"order-{strange.id}"),
        ({first.id: D(0)}, f"order-{first.id}"),
        ({first.id: D(-5)}, f"order-{first.id}"),
        ({first.id: D(21)}, f"order-{first.id}"),  # 80 of 100 are another person's decision
    ):
        with pytest.raises(Refused) as refused:
            allocate_by_hand(session, two.id, shares)
        assert refused.value.field == field
    many = [ordered(session, who, 200) for _ in range(2)]
    with pytest.raises(Refused) as refused:
        allocate_by_hand(session, two.id, {it.id: D(200) for it in many})
    assert refused.value.field == "amount"


def test_a_payment_changed_or_deleted_in_a_form_is_allocated_anew(session: Session, who: Any) -> None:
    it = ordered(session, who, 100)
    payment = added(session, Payment(number="1", date=DAY, counterparty=who, amount=D(60)))
    session.commit()
    assert (it.paid_amount, it.paid_on) == (60, DAY)
    payment.amount = D(90)
    session.commit()
    assert it.paid_amount == 90
    allocate_by_hand(session, payment.id, {it.id: D(90)})
    payment.amount, payment.date = D(70), date(2026, 4, 1)
    session.commit()
    assert (it.paid_amount, it.paid_on, payment.by_hand) == (70, date(2026, 4, 1), False)
    session.delete(payment)
    session.commit()
    assert (it.paid_amount, it.payment_state) == (0, "none")


def test_deleting_an_order_frees_its_money(session: Session, who: Any) -> None:
    it, other = ordered(session, who, 100, 1), ordered(session, who, 100, 2)
    payment = paid(session, who, 100)
    session.delete(it)
    session.commit()
    assert (laid(session, payment), other.paid_amount) == ({other.id: 100}, 100)
