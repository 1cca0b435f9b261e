"""What was promised first and kept, and what was moved: indicators of managers, the report of moves with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.domain.periods import parse_period
from app.domain.viewer import Sees, Viewer
from app.domain.words import OrderDate
from app.models.histories import ContactMove, OrderMove
from app.models.orders import BuyerOrder
from app.queries.managers.indicators import BY_NAME
from app.services.managers.figures import figures, scope_of
from reports.contacts.moves import MovesReport
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.reports.test_contacts import talk

TODAY = date(2026, 5, 20)
NAMES = ("ship_kept", "pay_kept", "order_moves", "contact_moves")


@pytest.fixture(autouse=True)
def language(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.fixture
def promises(session: Session) -> None:
    """Orders of Anna's client: shipped in time and paid late, shipped late after a move, not shipped, not yet due,
    called off before; one that was closed with half of it shipped, and paid in time. Boris moved a contact of his
    once, Anna one of hers, and an order twice.
    """
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    since = {"registered_on": date(2026, 1, 1)}
    rose, oak = buyer(session, "Роза", manager=anna, **since), buyer(session, "Дуб", manager=boris, **since)
    may = {day: date(2026, 5, day) for day in range(1, 32)}
    full = {"quantity": 1, "shipped_quantity": 1, "amount": 100, "shipped_amount": 100}

    def order(number: str, **more: Any) -> BuyerOrder:
        rest = {} if more.get("shipped_on") else {"quantity": 1, "rest_quantity": 1, "amount": 100, "rest_amount": 100}
        return added(session, BuyerOrder(number=number, date=may[1], counterparty=rose, manager=anna, **rest, **more))

    order("З-1", ship_on=may[5], shipped_on=may[5], pay_by=may[10], paid_on=may[11], paid_amount=100, **full)
    late = order("З-2", first_ship_on=may[6], ship_on=may[9], shipped_on=may[9], **full)
    order("З-3", ship_on=may[7])
    order("З-4", ship_on=may[20])
    order("З-5", ship_on=may[8], pay_by=may[9], closed_on=may[8])
    half = full | {"quantity": 2, "rest_quantity": 1, "amount": 200, "rest_amount": 100}
    order("З-6", shipped_on=may[8], closed_on=may[9], pay_by=may[12], paid_on=may[12], paid_amount=100, **half)
    for was, now, why in ((6, 8, "Нет краски"), (8, 9, "Нет машины")):
        at = datetime(2026, 5, 5, 9, tzinfo=UTC)
        move = OrderMove(order=late, what=OrderDate.SHIPMENT, was=may[was], now=may[now], reason=why, by=anna, at=at)
        added(session, move)
    for client, who, why in ((rose, anna, "Нет машины"), (oak, boris, "")):
        call = talk(session, may[12], 5, counterparty=client, manager=who)
        begun, begins = (datetime(2026, 5, day, 9, tzinfo=UTC) for day in (11, 12))
        added(session, ContactMove(contact=call, was=begun, now=begins, reason=why, by=who, at=begun))


@pytest.mark.usefixtures("promises")
def test_promises_that_were_kept_and_moves_are_of_the_manager_of_that_day(session: Session) -> None:
    wanted = [BY_NAME[name] for name in NAMES]
    made = figures(session, scope_of(session, parse_period("2026-05", TODAY), TODAY), wanted)
    anna, boris = (user_named(session, name).id for name in ("anna", "boris"))
    assert [made.value(one, anna) for one in wanted] == [1, 1, 2, 1]
    assert [round(made.percent(one, anna) or 0, 2) for one in wanted[:2]] == [Decimal("33.33"), 50]
    assert [made.value(one, boris) for one in wanted[2:]] == [0, 1]


@pytest.mark.usefixtures("promises")
def test_moves_are_counted_by_reason_and_seen_with_their_clients(session: Session) -> None:
    def table(**asked: str) -> Any:
        (found,) = MovesReport().tables(session, {"period": "2026-05", **asked}, today=TODAY, limit=100)
        return found

    found = table(group="reason")
    counts = [total["moves"] for total in found.totals.values()]
    assert sorted(counts) == [1, 1, 2, 4]  # of no reason, of two reasons, of all
    rows = [(row["subject"], row["days"]) for row in table(where="what:in:shipment").rows]
    assert sorted(rows) == [("З-2", 1), ("З-2", 2)]
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN}, ["Sales manager"])
    assert [(row["buyer"], row["manager"]) for row in table().rows] == [("Дуб", "Борис Ёлкин")]


@pytest.mark.usefixtures("promises")
def test_it_opens_with_the_last_month_in_which_anything_was_moved(session: Session) -> None:
    def opens(today: date) -> str:
        return MovesReport().texts(session, {}, today=today)["period"]

    assert opens(date(2026, 5, 31)) == "this-month"
    assert opens(date(2026, 11, 23)) == "2026-05"
    session.execute(delete(ContactMove))
    assert opens(date(2026, 11, 23)) == "2026-05"  # orders were moved then too
    session.execute(delete(OrderMove))
    assert opens(date(2026, 11, 23)) == "this-month"
