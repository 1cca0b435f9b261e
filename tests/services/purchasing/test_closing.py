"""Orders to suppliers are closed with a reason: what came stays owed, of the rest nothing is awaited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import Happening
from app.errors import Refused
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.supply import SupplierOrder
from app.queries.purchasing.suppliers import measured
from app.services.bell.reminders import remind
from app.services.closing import Closed
from app.services.purchasing.closing import SUPPLIER_ORDERS
from app.services.purchasing.supplier_documents import order_supply, receive, reverse_receipt
from app.services.typed import LineDraft, SupplyDraft
from tests.conftest import user_named
from tests.deals import DAY, D, item
from tests.factories import buyer
from tests.services.purchasing.test_supplier_payments import paid
from tests.services.sales.test_closing import REASON
from tests.services.test_undoing import put_back

WEEK = DAY + timedelta(7)


@pytest.fixture
def plant(session: Session) -> Counterparty:
    return buyer(session, "Завод", is_supplier=True, is_buyer=False)


def goods(session: Session, supplier: Counterparty, quantity: int, price: int = 100, **more: Any) -> SupplyDraft:
    thing = more.pop("thing", None) or item(session)
    return SupplyDraft(supplier.id, DAY, [LineDraft(thing.id, D(quantity), D(price))], **more)


def ordered(session: Session, supplier: Counterparty, came: int = 0, **more: Any) -> SupplierOrder:
    """Of ten, so many came."""
    thing = item(session)
    order = order_supply(session, goods(session, supplier, 10, thing=thing, receive_on=WEEK, **more))
    if came:
        receive(session, goods(session, supplier, came, thing=thing, order_id=order.id))
    return order


def closed(session: Session, *orders: SupplierOrder, on: date = DAY, reason: str = "Сорван срок поставки") -> Closed:
    reasons = dict.fromkeys((order.id for order in orders), REASON(session, reason))
    return SUPPLIER_ORDERS.close(session, reasons, on=on, by_id=None)


def figures(order: SupplierOrder) -> tuple[Any, ...]:
    return order.rest_quantity, order.received_amount, order.due_amount, order.unpaid_amount, order.closed_on


def test_closing_writes_off_what_has_not_come_and_its_payment(session: Session, plant: Counterparty) -> None:
    none, part, full, prepaid = (ordered(session, plant, came) for came in (0, 4, 10, 0))
    paid(session, plant, "300", part)
    paid(session, plant, "250", prepaid)
    done = closed(session, none, part, full, prepaid)
    assert [(row.closing_amount, row.unpaid_amount, row.order_amount) for row in done.rows] == [
        (1000, 1000, 1000),
        (600, 600, 1000),
        (0, 0, 1000),
        (1000, 750, 1000),
    ]
    assert {row.number for row in done.rows} == {"ЗЗС-2026-00001"}
    assert [figures(order) for order in (none, part, full, prepaid)] == [
        (0, 0, 0, 0, DAY),
        (0, 400, 400, 100, DAY),  # came and not paid: still owed
        (0, 1000, 1000, 1000, DAY),
        (0, 0, 0, -250, DAY),  # the supplier has our money
    ]
    again = closed(session, none, on=WEEK, reason="Прочее")
    assert (again.rows, [row.reason.name for row in again.before]) == ([], ["Сорван срок поставки"])
    assert SUPPLIER_ORDERS.reopen(session, [part.id]) == [part.number]
    assert figures(part) == (6, 400, 1000, 700, None)
    with pytest.raises(Refused, match="not closed"):
        SUPPLIER_ORDERS.reopen(session, [part.id])


def test_more_than_was_ordered_is_owed_when_it_came(session: Session, plant: Counterparty) -> None:
    order = ordered(session, plant, 12)
    assert figures(order) == (0, 1200, 1200, 1200, None)


def test_a_closed_order_takes_no_goods_and_is_paid(session: Session, plant: Counterparty) -> None:
    order = ordered(session, plant, 4)
    receipt = receive(session, goods(session, plant, 1, order_id=order.id))
    closed(session, order)
    refused: tuple[Callable[[], Any], ...] = (
        lambda: receive(session, goods(session, plant, 1, order_id=order.id)),
        lambda: receive(session, goods(session, plant, 2, order_id=order.id, row_id=receipt.id)),
        lambda: reverse_receipt(session, receipt.id, "не то", on=DAY),
        lambda: order_supply(session, goods(session, plant, 9, row_id=order.id)),
    )
    for verb in refused:
        with pytest.raises(Refused, match="closed") as why:
            verb()
        assert why.value.field == "order"
    paid(session, plant, "500", order)
    assert order.unpaid_amount == 0


@pytest.mark.parametrize(("reason", "days", "field"), [(None, 0, "reason"), ("Прочее", -1, "date")])
def test_closing_needs_a_reason_and_a_day(
    session: Session, plant: Counterparty, reason: str | None, days: int, field: str
) -> None:
    order, chosen = ordered(session, plant), REASON(session, reason) if reason else None
    with pytest.raises(Refused) as refused:
        SUPPLIER_ORDERS.close(session, {order.id: chosen}, on=DAY + timedelta(days), by_id=None)
    assert refused.value.field == field
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, [Sees.OWN])
    with pytest.raises(Refused, match="no such order"):
        closed(session, order)


@pytest.mark.parametrize(("on", "came", "counted"), [(WEEK, 0, 0), (WEEK + timedelta(1), 0, 1), (DAY, 10, 1)])
def test_an_order_that_was_called_off_in_time_is_no_promise_of_its_supplier(
    session: Session, plant: Counterparty, on: date, came: int, counted: int
) -> None:
    closed(session, ordered(session, plant, came), on=on)
    (told,) = session.execute(measured(WEEK + timedelta(30), [plant.id]))
    assert (told.promised, told.kept) == (counted, int(came == 10))


def test_reminders_of_a_closed_order_ring_for_money_that_is_owed_alone(session: Session, plant: Counterparty) -> None:
    who, zone = user_named(session, "pavel").id, ZoneInfo("Europe/Moscow")
    owed, whole = ordered(session, plant, 4, pay_by=WEEK), ordered(session, plant, 10, pay_by=WEEK)
    paid(session, plant, "1000", whole)
    about = [(owed, Happening.RECEIVE), (owed, Happening.PAY)]
    made = [remind(session, order, who, zone=zone, happening=what, minutes=60) for order, what in about]
    session.flush()
    made.append(remind(session, whole, who, zone=zone, at=made[0].due_at))
    session.commit()
    assert [each.is_live for each in made] == [True, True, True]
    closed(session, owed, whole)
    session.commit()
    assert [each.is_live for each in made] == [False, True, False]
    with pytest.raises(Refused, match="nothing to remind of"):
        remind(session, whole, who, zone=zone, at=made[0].due_at)


def test_a_closing_and_a_return_to_work_are_undone(committed: Flask) -> None:
    with committed.app_context(), Session(db.engine) as own:
        order = ordered(own, buyer(own, "Завод", is_supplier=True), 4)
        put_back(own, lambda: closed(own, order))
        closed(own, order)
        put_back(own, lambda: SUPPLIER_ORDERS.reopen(own, [order.id]))
