"""Documents that were wrong are corrected, reversed, given back; every figure is what the documents that stand say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import Parameters, Periodicity, StageMeasure
from app.domain.words import Measure
from app.errors import Refused
from app.extensions import db
from app.models.allocations import PaymentAllocation
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.queries.classification.rhythm import rhythms
from app.queries.classification.variations import figures
from app.queries.sales import settlements
from app.queries.sales.orders import goods_of_orders
from app.queries.sales.sales import shipments_of, sums_of, value_by_buyer
from app.services.exchange import table_named
from app.services.exchange.exporting import export_query
from app.services.sales import order_entry
from app.services.sales.closing import close_orders, reopen
from app.services.sales.payments import (
    OverRemainder,
    allocate_by_hand,
    correct_payment,
    pay,
    refund,
    reverse_payment,
)
from app.services.sales.shipments import OverRest, correct_shipment, reverse_shipment
from app.services.typed import Changed, PaymentDraft, RefundDraft, ShipmentDraft, ShippedDraft
from tests.deals import DAY, D, item, order, paid, refunded, returned, shipped
from tests.factories import buyer
from tests.services.sales.test_closing import REASON
from tests.services.sales.test_posting import assert_nothing_is_double
from tests.services.test_undoing import put_back

pytestmark = pytest.mark.slow

NEXT = DAY + timedelta(days=1)
PERIOD = Period(DAY - timedelta(days=3), DAY + timedelta(days=40))
# What the base itself keeps of documents, beside what the same documents say when they are added up once more.
KEPT = (
    (
        "SELECT counterparty_id, month, revenue, cost, quantity, shipments, documents, last_on FROM buyer_month",
        """SELECT counterparty_id, date_trunc('month', date::timestamp)::date,
                  sum(amount) * 100, sum(cost_amount) * 100, sum(quantity) * 1000,
                  count(*) FILTER (WHERE kind = 'shipment'), count(*), max(date) FILTER (WHERE kind = 'shipment')
           FROM shipment WHERE reversed_on IS NULL GROUP BY 1, 2""",
    ),
    (
        "SELECT counterparty_id, debt FROM client_figure WHERE debt <> 0",
        """SELECT counterparty_id, sum(change) FROM (
               SELECT counterparty_id, amount AS change FROM shipment WHERE reversed_on IS NULL
               UNION ALL SELECT counterparty_id, -amount FROM payment WHERE reversed_on IS NULL
           ) documents GROUP BY 1 HAVING sum(change) <> 0""",
    ),
    (
        """SELECT id, shipped_amount - returned_amount, shipped_quantity - returned_quantity, paid_amount
           FROM buyer_order""",
        """SELECT id,
               (SELECT coalesce(sum(amount), 0) FROM shipment WHERE order_id = o.id AND reversed_on IS NULL),
               (SELECT coalesce(sum(quantity), 0) FROM shipment WHERE order_id = o.id AND reversed_on IS NULL),
               (SELECT coalesce(sum(a.amount), 0) FROM payment_allocation a JOIN payment p ON p.id = a.payment_id
                WHERE a.order_id = o.id AND p.reversed_on IS NULL)
           FROM buyer_order o""",
    ),
)


def check(session: Session) -> None:
    session.flush()
    for kept, said in KEPT:
        assert set(session.execute(text(kept))) == set(session.execute(text(said)))
    assert_nothing_is_double(session)
    assert session.scalars(select(Payment.id).where(~Payment.stands(), Payment.allocated_amount != 0)).all() == []


def everything_told(session: Session, who: Any, it: BuyerOrder) -> list[Any]:
    """What queries tell of the client and the order: figures, settlements, sales, classes, files."""
    parameters = [
        Parameters(DAY + timedelta(days=30), periodicity, measure=measure)
        for periodicity, measure in (
            (Periodicity.DAY, StageMeasure.REVENUE),
            (Periodicity.DAY, StageMeasure.SALES),
            (Periodicity.MONTH, StageMeasure.SALES),
            (Periodicity.DAY, StageMeasure.INTERVALS),
        )
    ]
    queries = [
        settlements.movements(who.id),
        settlements.balances(),
        settlements.debts(NEXT, DAY),
        settlements.overdue(DAY + timedelta(days=90)),
        value_by_buyer(PERIOD, Measure.PROFIT),
        value_by_buyer(Period(date(2026, 3, 1), date(2026, 3, 31)), Measure.REVENUE),
        sums_of(select(Shipment)),
        shipments_of(who.id, PERIOD).with_only_columns(Shipment.id),
        rhythms(DAY + timedelta(days=60)),
        select(goods_of_orders([it.id])),
        select(*[*BuyerOrder.__table__.columns][:-2]),  # versions and moments of change only grow
        select(PaymentAllocation.payment_id, PaymentAllocation.order_id, PaymentAllocation.amount),
        *(figures(each) for each in parameters),
        *(export_query(table_named(name)) for name in ("shipments", "payments", "orders")),
    ]
    session.flush()
    told: list[Any] = [[(*row,) for row in session.execute(query)] for query in queries]
    for rows in told:
        rows.sort(key=repr)
    return [*told, [(line.item.id, line.quantity) for line in order_entry.shipped_of(session, it.id)]]


@pytest.fixture
def who(session: Session) -> Any:
    return buyer(session)


def moved(shipment: Shipment, *lines: Any, **more: Any) -> ShipmentDraft:
    drafts = [ShippedDraft(goods.id, D(quantity), D(price)) for goods, quantity, price in lines]
    given = {"order_id": shipment.order_id, "manager_id": shipment.manager_id, **more}
    return ShipmentDraft(shipment.counterparty_id, given.pop("date", shipment.date), drafts, **given)


def typed(payment: Payment, **more: Any) -> PaymentDraft:
    given = {"amount": abs(payment.amount), "date": payment.date, "order_id": payment.order_id, **more}
    return PaymentDraft(counterparty_id=payment.counterparty_id, purpose=payment.purpose, **given)


@pytest.mark.parametrize("what", ["payment", "refund", "shipment", "return", "sale"])
def test_what_is_reversed_tells_nothing_as_if_it_had_never_been(session: Session, who: Any, what: str) -> None:
    bolt = item(session, 100, cost=D(60))
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4})
    paid(session, who, 300, order_id=it.id)
    before = everything_told(session, who, it)
    wrong: Any
    match what:
        case "payment":
            wrong = paid(session, who, 9_999, order_id=it.id, on=NEXT)
        case "refund":
            wrong = refunded(session, who, 200, order_id=it.id, on=NEXT)
        case "shipment":
            wrong = shipped(session, it, {bolt: 6}, on=NEXT)
        case "return":
            wrong = returned(session, it, {bolt: 3}, on=NEXT)
        case _:
            wrong = shipped(session, it, {bolt: 1}, on=NEXT)
            wrong.order_id = None
            session.flush()
    assert everything_told(session, who, it) != before
    reverse = reverse_payment if isinstance(wrong, Payment) else reverse_shipment
    reverse(session, wrong.id, "  не тот клиент ", on=NEXT)
    assert (wrong.reversed_on, wrong.reversed_because) == (NEXT, "не тот клиент")
    assert everything_told(session, who, it) == before
    check(session)
    with pytest.raises(Refused, match="is reversed"):
        reverse(session, wrong.id, "ещё раз", on=NEXT)


@st.composite
def moves(draw: Any) -> list[tuple[str, int, int]]:
    verbs = ["ship", "return", "pay", "refund", "correct payment", "correct shipment", "reverse", "close", "reopen"]
    step = st.tuples(st.sampled_from(verbs), st.integers(0, 9), st.integers(1, 12))
    return draw(st.lists(step, max_size=14))


@settings(max_examples=40)
@given(moves())
def test_any_sequence_of_mending_keeps_every_sum(session: Session, steps: list[tuple[str, int, int]]) -> None:
    with session.begin_nested() as example:  # the next one need not go through its rows
        mended(session, steps)
        example.rollback()


def mended(session: Session, steps: list[tuple[str, int, int]]) -> None:
    who, bolt, nut = buyer(session), item(session, 100, cost=D(60)), item(session, 7)
    orders = [order(session, who, {bolt: quantity, nut: 3}) for quantity in (10, 5)]
    payments: list[Payment] = []
    shipments: list[Shipment] = []
    days = count(1)
    for what, place, size in steps:
        it, on = orders[place % 2], DAY + timedelta(days=next(days))
        money = payments[place % len(payments)] if payments else None
        goods = shipments[place % len(shipments)] if shipments else None
        try:
            with session.begin_nested():
                match what:
                    case "ship":
                        shipments.append(shipped(session, it, {bolt: size}, on=on, confirmed=True))
                    case "return":
                        shipments.append(returned(session, it, {bolt: size}, on=on))
                    case "pay":
                        payments.append(paid(session, who, size * 90, on=on, order_id=it.id if place % 3 else None))
                    case "refund" if money:
                        payments.append(refunded(session, who, size * 20, on=on, payment_id=money.id))
                    case "correct payment" if money:
                        to = it.id if place % 3 else None
                        correct_payment(
                            session, money.id, typed(money, amount=D(size * 70), order_id=to, confirmed=True)
                        )
                    case "correct shipment" if goods:
                        lines = (bolt, size, 90), *([(nut, 1, 7)] if size % 2 else [])
                        correct_shipment(session, goods.id, moved(goods, *lines, confirmed=True))
                    case "reverse" if place % 2 and money:
                        reverse_payment(session, money.id, "ошибка", on=on)
                    case "reverse" if goods:
                        reverse_shipment(session, goods.id, "ошибка", on=on)
                    case "close":
                        close_orders(session, {it.id: REASON(session)}, on=on, by_id=None)
                    case "reopen":
                        reopen(session, [it.id])
        except Refused:
            continue
        check(session)
        for each in orders:
            goods_left = session.execute(select(goods_of_orders([each.id]))).all()
            assert all(row.shipped >= row.returned for row in goods_left)
    for each in payments:
        back = sum((-p.amount for p in payments if p.refund_of_id == each.id and p.reversed_on is None), D(0))
        assert back == 0 or (each.reversed_on is None and back <= each.amount)


def test_a_corrected_payment_goes_to_its_new_order(session: Session, who: Any) -> None:
    first, second = (order(session, who, {item(session, 100): 1}) for _ in range(2))
    payment = paid(session, who, 100, order_id=first.id)
    version = payment.version
    correct_payment(session, payment.id, typed(payment, amount=D(60), order_id=second.id, date=NEXT), version)
    assert (first.paid_amount, second.paid_amount, second.paid_on) == (0, 60, NEXT)
    assert payment.version == version + 1
    with pytest.raises(Changed) as changed:
        correct_payment(session, payment.id, typed(payment, amount=D(70)), version)
    assert [(d.field, d.mine, d.theirs) for d in changed.value.differences] == [("amount", 70, 60)]


def test_more_than_is_left_to_pay_is_asked_about_before_it_is_an_advance(session: Session, who: Any) -> None:
    it = order(session, who, {item(session, 28_700): 1})
    draft = PaymentDraft(who.id, DAY, D(1_000_000), order_id=it.id)
    with pytest.raises(OverRemainder, match=r"971.300"):
        pay(session, draft)
    payment = paid(session, who, 100, order_id=it.id)
    with pytest.raises(OverRemainder, match=r"971.300"):
        correct_payment(session, payment.id, typed(payment, amount=D(1_000_000)))
    correct_payment(session, payment.id, typed(payment, amount=D(1_000_000), confirmed=True))
    assert (it.paid_amount, payment.amount - payment.allocated_amount) == (28_700, 971_300)
    correct_payment(session, payment.id, typed(payment, number="другой"))  # what was asked once is not asked again


@pytest.mark.parametrize("amount", [0, -5])
def test_a_payment_is_above_zero(session: Session, who: Any, amount: int) -> None:
    for verb in (
        lambda: pay(session, PaymentDraft(who.id, DAY, D(amount))),
        lambda: refund(session, RefundDraft(who.id, DAY, D(amount))),
        lambda: correct_payment(session, paid(session, who, 1).id, PaymentDraft(who.id, DAY, D(amount))),
    ):
        with pytest.raises(Refused) as refused:
            verb()
        assert refused.value.field == "amount"


def test_a_refund_takes_the_advance_first_and_never_more_than_was_paid(session: Session, who: Any) -> None:
    it = order(session, who, {item(session, 100): 1})
    payment = paid(session, who, 150, order_id=it.id)
    first = refunded(session, who, 50, payment_id=payment.id)
    assert (it.paid_amount, first.order_id, first.refund_of_id) == (100, None, payment.id)
    second = refunded(session, who, 30, payment_id=payment.id)
    assert (it.paid_amount, second.order_id) == (70, it.id)
    for draft in (
        RefundDraft(who.id, DAY, D("70.01"), payment_id=payment.id),
        RefundDraft(who.id, DAY, D("70.01"), order_id=it.id),
        RefundDraft(who.id, DAY, D("70.01")),
    ):
        with pytest.raises(Refused) as refused:
            refund(session, draft)
        assert refused.value.field == "amount"
    for wrong in (
        lambda: correct_payment(session, second.id, typed(second, amount=D("100.01"))),
        lambda: correct_payment(session, payment.id, typed(payment, amount=D("79.99"))),
        lambda: reverse_payment(session, payment.id, "ошибка", on=DAY),
    ):
        with pytest.raises(Refused):
            wrong()
    correct_payment(session, second.id, typed(second, amount=D(100)))
    assert (second.amount, it.paid_amount) == (-100, 0)


def test_a_refund_leaves_an_advance_that_a_person_kept(session: Session, who: Any) -> None:
    one, other = (order(session, who, {item(session, 100): 1}) for _ in range(2))
    kept = paid(session, who, 150, order_id=one.id)
    allocate_by_hand(session, kept.id, {one.id: D(100)})
    paid(session, who, 100, order_id=other.id)
    refunded(session, who, 50, payment_id=kept.id)
    assert (one.paid_amount, other.paid_amount) == (100, 100)


def test_a_corrected_shipment_fits_its_order(session: Session, who: Any) -> None:
    bolt, nut = item(session, 100, cost=D(60)), item(session, 10)
    it = order(session, who, {bolt: 10, nut: 2})
    sent = shipped(session, it, {bolt: 10})
    bolt.cost = D(80)
    returned(session, it, {bolt: 3})
    version = sent.version
    correct_shipment(session, sent.id, moved(sent, (bolt, 4, 90), (nut, 2, 10), date=NEXT), version)
    assert (sent.amount, sent.cost_amount, sent.quantity, sent.version) == (380, 240, 6, version + 1)
    assert (it.rest_quantity, it.shipped_amount, it.shipped_on) == (9, 380, NEXT)
    for draft, field in (
        (moved(sent, (bolt, 2, 100)), "lines"),  # 3 of it came back
        (moved(sent, (bolt, 3, 100), (item(session), 1, 1)), "lines-1-item"),
        (moved(sent, (bolt, 4, 100), date=DAY - timedelta(days=1)), "date"),
    ):
        with pytest.raises(Refused) as refused:
            correct_shipment(session, sent.id, draft)
        assert refused.value.field == field
    with pytest.raises(OverRest):
        correct_shipment(session, sent.id, moved(sent, (bolt, 14, 100)))
    with pytest.raises(Changed):
        correct_shipment(session, sent.id, moved(sent, (bolt, 5, 100)), version)
    with pytest.raises(Refused):
        reverse_shipment(session, sent.id, "ошибка", on=DAY)
    with pytest.raises(Refused) as refused:
        reverse_shipment(session, shipped(session, it, {bolt: 1}, confirmed=True).id, " ", on=DAY)
    assert refused.value.field == "reason"


def test_what_was_shipped_of_a_closed_order_stays_until_it_is_returned_to_work(session: Session, who: Any) -> None:
    bolt = item(session, 100)
    it = order(session, who, {bolt: 10})
    sent = shipped(session, it, {bolt: 4})
    close_orders(session, {it.id: REASON(session)}, on=DAY, by_id=None)
    for verb in (
        lambda: correct_shipment(session, sent.id, moved(sent, (bolt, 5, 100))),
        lambda: reverse_shipment(session, sent.id, "ошибка", on=DAY),
    ):
        with pytest.raises(Refused):
            verb()
    assert reopen(session, [it.id]) == [it.number]
    assert (it.status, it.unpaid_amount, it.closed_on) == ("partly", 1000, None)
    correct_shipment(session, sent.id, moved(sent, (bolt, 5, 100)))
    with pytest.raises(Refused):
        reopen(session, [it.id])


@pytest.fixture
def own(committed: Flask) -> Iterator[Session]:
    with committed.app_context(), Session(db.engine) as session:
        yield session


def test_every_verb_is_undone_and_done_again(own: Session) -> None:
    who, bolt = buyer(own), item(own, 100)
    it = order(own, who, {bolt: 10})
    sent, back = shipped(own, it, {bolt: 8}), None
    payment = paid(own, who, 900, order_id=it.id)
    back = returned(own, it, {bolt: 1})
    closed = order(own, who, {bolt: 1})
    close_orders(own, {closed.id: REASON(own)}, on=DAY, by_id=None)
    own.commit()
    ids = {"sent": sent.id, "back": back.id, "payment": payment.id, "closed": closed.id, "who": who.id}
    verbs: list[Callable[[], object]] = [
        lambda: refund(own, RefundDraft(ids["who"], DAY, D(50), payment_id=ids["payment"])),
        lambda: correct_payment(own, ids["payment"], typed(own.get_one(Payment, ids["payment"]), amount=D(400))),
        lambda: correct_shipment(own, ids["sent"], moved(own.get_one(Shipment, ids["sent"]), (bolt, 3, 50))),
        lambda: reverse_payment(own, ids["payment"], "ошибка", on=DAY),
        lambda: reverse_shipment(own, ids["back"], "ошибка", on=DAY),
        lambda: reopen(own, [ids["closed"]]),
    ]
    for verb in verbs:
        put_back(own, verb)
        check(own)
    assert Decimal(own.get_one(BuyerOrder, it.id).paid_amount) == 900
