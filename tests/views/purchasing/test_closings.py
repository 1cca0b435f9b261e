"""Orders to suppliers are closed on their card, in their list and by programs; all that tells of them follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.supply import SupplierOrder, SupplierPayment
from app.services.purchasing.closing import SUPPLIER_ORDERS
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.typed import LineDraft, SupplyDraft
from tests import deals
from tests.conftest import user_named
from tests.deals import D
from tests.factories import added, buyer
from tests.services.sales.test_closing import REASON
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]


@pytest.fixture
def plant(session: Session) -> Counterparty:
    return buyer(session, "Завод", is_supplier=True, is_buyer=False)


def ordered(session: Session, plant: Counterparty, on: date, came: int = 0) -> SupplierOrder:
    """Ten for Pavel, to be received and paid on that day; so many came."""
    bolt, pavel = deals.item(session, 100), user_named(session, "pavel").id

    def draft(quantity: int, **more: Any) -> SupplyDraft:
        return SupplyDraft(plant.id, on, [LineDraft(bolt.id, D(quantity), D(100))], manager_id=pavel, **more)

    order = order_supply(session, draft(10, receive_on=on, pay_by=on))
    if came:
        receive(session, draft(came, order_id=order.id))
    session.commit()
    return order


def events(client: FlaskClient) -> list[tuple[Any, ...]]:
    rows = client.get("/calendar/json").json
    return [(row["event"], row["number"], row["planned"], row["other_half"]) for row in rows]


def test_orders_are_closed_together_and_returned_to_work(
    login: Login, session: Session, plant: Counterparty, today: date
) -> None:
    none, part = ordered(session, plant, today), ordered(session, plant, today, came=4)
    pavel, address = login("pavel"), f"/supplier-orders/close?orders={none.id},{part.id}"
    assert f"/supplier-orders/close?orders={none.id}" in pavel.get(f"/supplier-orders/show/{none.id}").text
    sent = {"orders": f"{none.id},{part.id}", "date": str(today), "comment": "завод стоит"}
    assert 'id="reason-error"' in pavel.post(address, data=sent).text
    assert f"<h1>Закрытие заказов: {none.number}, {part.number}</h1>" in pavel.get(address).text
    assert f"<h1>Закрытие заказа {none.number}</h1>" in pavel.get(f"/supplier-orders/close?orders={none.id}").text
    reason = REASON(session, "Отказ поставщика")
    assert pavel.post(address, data=sent | {"reason": reason}).location == "/supplier-orders/list/"
    # Nothing is awaited any more; what came is to be paid.
    assert events(pavel) == [("supplier-payment", part.number, "400.00", "complete")]
    listed = {
        state: pavel.get(f"/supplier-orders/list/?_flt_0_state={state}").text
        for state in ("closed", "awaited", "received")
    }
    assert {state: [it.number in page for it in (none, part)] for state, page in listed.items()} == {
        "closed": [True, True],
        "awaited": [False, False],
        "received": [False, False],
    }
    closings = pavel.get("/supplier-closings/list/").text
    assert [text in closings for text in (none.number, "Отказ поставщика", "Завод")] == [True] * 3
    card = pavel.get(f"/supplier-orders/show/{part.id}").text
    assert [words in card for words in ("Закрыт: Отказ поставщика", "завод стоит", "Вернуть в работу")] == [True] * 3
    assert f"/receipts/add?order={part.id}" not in card
    found = pavel.get("/reports/order-closing/json?period=today").json
    assert [(row["order"], row["closed_amount"]) for row in found[0]["rows"]] == [
        (none.number, "1000.00"),
        (part.number, "600.00"),
    ]
    assert pavel.post(f"/supplier-orders/reopen/{none.id}").location == f"/supplier-orders/show/{none.id}"
    assert ("receipt", none.number, "10.000", "open") in events(pavel)


def test_who_may_not_order_closes_nothing(login: Login, session: Session, plant: Counterparty, today: date) -> None:
    order = ordered(session, plant, today)
    for name in ("anna", "vera"):
        client = login(name)
        assert client.get(f"/supplier-orders/close?orders={order.id}").status_code == 403
        assert client.post(f"/supplier-orders/reopen/{order.id}").status_code == 403
    assert login("vera").get("/supplier-closings/list/").status_code == 200
    assert login("anna").get("/supplier-closings/list/").status_code == 403
    assert login("pavel").get("/supplier-orders/close?orders=0").status_code == 404


def test_programs_order_close_and_reopen(app: Flask, session: Session, plant: Counterparty) -> None:
    bolt = deals.item(session, 100)
    session.commit()
    ask = Program(app, session, "pavel")
    line = {"item": bolt.code, "quantity": "10", "price": "55.5"}
    sent = {"counterparty": plant.code, "date": "2026-03-10", "receive_on": "2026-03-20", "lines": [line]}
    made = ask("POST", "supplier_order/", json=sent | {"manager": "pavel"})
    assert (made.status_code, made.json["result"]["amount"]) == (201, "555.00")
    wrong = ask("POST", "supplier_order/", json=sent | {"lines": [line | {"item": "нет"}]})
    assert (wrong.status_code, list(wrong.json["message"])) == (422, ["lines-0-item"])
    address = f"supplier_order/{made.json['id']}"
    assert list(ask("POST", f"{address}/close", json={}).json["message"]) == ["reason"]
    answer = ask("POST", f"{address}/close", json={"reason": "Прочее"}).json
    assert (answer["result"]["closing_amount"], answer["closed_before"]) == ("555.00", False)
    shown = ask("GET", address).json["result"]
    assert (float(shown["rest_quantity"]), float(shown["unpaid_amount"])) == (0, 0)
    assert ask("POST", f"{address}/reopen").json["result"]["closed_on"] is None
    assert Program(app, session, "vera")("POST", f"{address}/close", json={"reason": "Прочее"}).status_code == 403


def test_current_deals_open_with_ones_own(login: Login, session: Session, plant: Counterparty, today: date) -> None:
    """On the page, of whoever has any; a role that reads orders of one kind alone is told of those alone."""
    bought, other = ordered(session, plant, today), ordered(session, plant, today)
    other.manager_id = None
    sold = deals.order(session, plant, {deals.item(session): 1}, on=today)
    session.commit()

    def shown(name: str, asked: str = "") -> set[str]:
        answer = login(name).get(f"/reports/deals/json?{asked}")
        assert answer.status_code == 200, answer.text
        return {row["order"] for row in answer.json[0]["rows"]}

    def opened(name: str) -> set[str]:
        page = login(name).get("/reports/deals/").text
        return {order.number for order in (bought, other, sold) if order.number in page}

    both = {bought.number, other.number}
    assert [opened("pavel"), opened("vera")] == [{bought.number}, both | {sold.number}]
    assert [shown("pavel", asked) for asked in ("", "whose=mine", "manager=pavel")] == [
        both,
        {bought.number},
        {bought.number},
    ]
    assert [shown("vera"), shown("vera", "whose=mine")] == [both | {sold.number}, set()]
    assert login("pavel").get("/reports/deals/json?kind=order").status_code == 400
    (row, *_rest) = login("pavel").get("/reports/deals/json").json[0]["rows"]
    assert [name in row for name in ("to_receive", "to_ship")] == [True, False]
    added(session, SupplierPayment(number="1", date=today, counterparty=plant, order=bought, amount=D(300)))
    SUPPLIER_ORDERS.close(session, {bought.id: REASON(session)}, on=today, by_id=None)
    session.commit()
    assert bought.unpaid_amount == -300  # nothing of it is to be done, but the money has not come back
    assert opened("pavel") == {bought.number}
    sold.manager_id, bought.date = bought.manager_id, today + timedelta(days=1)
    session.commit()
    assert opened("pavel") == {other.number}  # his own are none that he may read, nor of today


def test_orders_are_found_by_the_day_of_what_is_awaited(
    login: Login, session: Session, plant: Counterparty, today: date
) -> None:
    days = {"late": -1, "today": 0, "week": 6, "later": 7}
    orders = {name: ordered(session, plant, today + timedelta(days=ahead)) for name, ahead in days.items()}
    orders["came"] = ordered(session, plant, today, came=10)
    pavel = login("pavel")

    def found(asked: str) -> list[str]:
        page = pavel.get(f"/supplier-orders/list/?_flt_0_{asked}").text
        return [name for name, order in orders.items() if f"/supplier-orders/show/{order.id}" in page]

    states = {state: found(f"state={state}") for state in ("awaited", "late", "week", "received")}
    assert states == {
        "awaited": ["late", "today", "week", "later"],
        "late": ["late"],
        "week": ["today", "week"],
        "received": ["came"],
    }
    assert [found(f"due={half}") for half in ("receive", "pay")] == [["late", "today"], ["late", "today", "came"]]
