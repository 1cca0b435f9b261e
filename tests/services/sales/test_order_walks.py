"""Orders walked through their states, with remainders and settlements computed by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.order_state import verdicts
from app.domain.words import OrderStatus
from app.models.orders import BuyerOrder
from app.queries.sales.orders import figures_of, goods_of_order
from app.queries.sales.settlements import balances
from app.services.sales.orders import correct, rest_of
from app.services.typed import CorrectionDraft, LineDraft
from tests.deals import DAY, item, order, paid, returned, shipped
from tests.factories import buyer

pytestmark = pytest.mark.slow

SHIPPED = {"none": 0, "partly": 4, "full": 10}
PAID = {"none": 0, "partly": 300, "full": 1000}
STATUS = {
    ("none", "none"): "new",
    ("none", "full"): "in_work",
    ("full", "none"): "in_work",
    ("full", "full"): "done",
}


def figures(of: BuyerOrder) -> tuple[int, ...]:
    """Quantity, left, shipped, returned and paid money, what is not paid yet."""
    found = (of.quantity, of.rest_quantity, of.shipped_amount, of.returned_amount, of.paid_amount, of.unpaid_amount)
    return tuple(int(value) for value in found)


def debt(session: Session, of: Any) -> Decimal:
    return sum((row.debt for row in session.execute(balances([of.id]))), Decimal(0))


@pytest.mark.parametrize(("shipment", "payment"), product(SHIPPED, PAID))
def test_an_order_shipped_and_paid_so_far(session: Session, shipment: str, payment: str) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 10})
    if SHIPPED[shipment]:
        shipped(session, it, {bolt: SHIPPED[shipment]})
    if PAID[payment]:
        paid(session, who, PAID[payment], order_id=it.id)
    assert (it.shipment_state, it.payment_state) == (shipment, payment)
    assert it.status == STATUS.get((shipment, payment), "partly")
    assert figures(it) == (
        10, 10 - SHIPPED[shipment], 100 * SHIPPED[shipment], 0, PAID[payment], 1000 - PAID[payment],
    )  # fmt: skip
    assert it.rest_amount == 1000 - 100 * SHIPPED[shipment]
    assert debt(session, who) == 100 * SHIPPED[shipment] - PAID[payment]
    assert (verdicts(figures_of(it)).shipped, verdicts(figures_of(it)).paid) == (shipment == "full", payment == "full")
    assert it.done_on == (DAY if it.status == OrderStatus.DONE else None)


def test_an_order_goes_all_its_way(session: Session) -> None:
    who, bolt, nut = buyer(session), item(session, 100), item(session, 10)
    it = order(session, who, {bolt: 10, nut: 20})  # 1000 + 200
    assert figures(it) == (30, 30, 0, 0, 0, 1200)
    shipped(session, it, {bolt: 4})
    assert (figures(it), it.status) == ((30, 26, 400, 0, 0, 1200), "partly")
    assert [(line.item.id, line.quantity) for line in rest_of(session, it.id)] == [(bolt.id, 6), (nut.id, 20)]
    paid(session, who, 500)
    assert (figures(it), debt(session, who)) == ((30, 26, 400, 0, 500, 700), -100)
    shipped(session, it, {bolt: 6, nut: 20}, on=DAY + timedelta(days=1))
    assert (figures(it), it.shipment_state, debt(session, who)) == ((30, 0, 1200, 0, 500, 700), "full", 700)
    returned(session, it, {bolt: 2}, on=DAY + timedelta(days=2))
    assert (figures(it), it.shipment_state, debt(session, who)) == ((30, 2, 1200, 200, 500, 700), "partly", 500)
    correct(session, CorrectionDraft(it.id, DAY, [LineDraft(bolt.id, Decimal(-2), bolt.price)]))
    assert (figures(it), it.shipment_state) == ((28, 0, 1200, 200, 500, 500), "full")
    paid(session, who, 500, on=DAY + timedelta(days=3))
    assert (figures(it), it.status, debt(session, who)) == ((28, 0, 1200, 200, 1000, 0), "done", 0)
    assert it.done_on == DAY + timedelta(days=3)
    goods = session.execute(goods_of_order(it.id)).all()
    assert [(g.name, g.ordered, g.corrected, g.planned, g.shipped, g.returned, g.rest) for g in goods] == [
        (bolt.name, 10, -2, 8, 10, 2, 0),
        (nut.name, 20, 0, 20, 20, 0, 0),
    ]


def test_more_shipped_of_one_item_does_not_make_up_for_another(session: Session) -> None:
    who, bolt, nut = buyer(session), item(session, 100), item(session, 100)
    it = order(session, who, {bolt: 10, nut: 10})
    shipped(session, it, {bolt: 20}, confirmed=True)
    assert (it.rest_quantity, it.rest_amount, it.shipment_state) == (10, 1000, "partly")


def test_an_order_shipped_beyond_its_plan_awaits_the_money_for_all_of_it(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 12}, confirmed=True)
    paid(session, who, 1500, order_id=it.id)
    assert (it.paid_amount, it.unpaid_amount, it.status, debt(session, who)) == (1200, 0, "done", -300)


def test_a_discount_is_carried_into_the_rest_to_the_kopeck(session: Session) -> None:
    who, bolt = buyer(session), item(session, "33.33")
    line = LineDraft(bolt.id, Decimal(3), bolt.price, Decimal(10))
    it = order(session, who, {bolt: 3})
    correct(session, CorrectionDraft(it.id, DAY, [line]))
    assert [(r.quantity, r.price, r.discount) for r in rest_of(session, it.id)] == [
        (3, Decimal("33.33"), 0),
        (3, Decimal("33.33"), 10),
    ]
    assert it.corrected_amount == Decimal("89.99")
