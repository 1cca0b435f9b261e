"""Programs make orders, shipments, payments and closings by the rules of the forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.closing import OrderClosing
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from tests.conftest import user_named
from tests.deals import DAY, item, order
from tests.factories import buyer
from tests.services.sales.test_closing import REASON
from tests.web.test_rest import Program

Ask = Callable[[str], Program]


@pytest.fixture
def program(app: Flask, session: Session) -> Ask:
    return lambda username: Program(app, session, username)


@pytest.fixture
def who(session: Session) -> Counterparty:
    return buyer(session, manager_id=user_named(session, "anna").id)


@pytest.fixture
def bolt(session: Session) -> Item:
    return item(session, 100)


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def body(who: Counterparty, bolt: Item, **more: Any) -> dict[str, Any]:
    line = {"item": bolt.code, "quantity": "10", "price": "99.90", "discount": "10"}
    return {"counterparty": who.code, "date": str(DAY), "lines": [line], **more}


def test_an_order_is_made_with_its_lines(program: Ask, session: Session, who: Counterparty, bolt: Item) -> None:
    session.commit()
    ask = program("anna")
    answer = ask("POST", "order/", json=body(who, bolt, manager="anna", ship_on="2026-03-20", comment="с сайта"))
    assert answer.status_code == 201, answer.text
    made = session.scalars(select(BuyerOrder)).one()
    assert answer.json["id"] == made.id
    assert (made.number, str(made.amount), made.comment) == (answer.json["result"]["number"], "899.10", "с сайта")
    shown = ask("GET", f"order/{made.id}").json["result"]
    assert (shown["status"], shown["shipment_state"], shown["payment_state"]) == ("new", "none", "none")
    assert (float(shown["rest_quantity"]), float(shown["unpaid_amount"])) == (10, 899.1)
    assert ask("POST", "order/", json=body(who, bolt, counterparty=who.id)).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": []}, "lines"),
        ({"counterparty": "nobody"}, "counterparty"),
        ({"counterparty": True}, "counterparty"),
        ({"ship_on": "2026-03-01"}, "ship_on"),
        ({"date": "вчера"}, "date"),
        ({"lines": [{"item": "nothing", "quantity": 1, "price": 1}]}, "lines-0-item"),
        ({"manager": 10**12}, "manager"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_order_is_refused_with_its_field(
    program: Ask, session: Session, who: Counterparty, bolt: Item, wrong: dict[str, Any], field: str
) -> None:
    session.commit()
    answer = program("anna")("POST", "order/", json=body(who, bolt, **wrong))
    assert answer.status_code == 422, answer.text
    assert field in answer.json["message"]
    assert count(session, BuyerOrder) == 0


@pytest.mark.parametrize(("name", "value"), [("quantity", "-1"), ("quantity", "0"), ("price", "-1"), ("discount", 101)])
def test_a_wrong_line_is_refused_with_its_place(
    program: Ask, session: Session, who: Counterparty, bolt: Item, name: str, value: Any
) -> None:
    sent = body(who, bolt)
    sent["lines"][0][name] = value
    session.commit()
    answer = program("anna")("POST", "order/", json=sent)
    assert answer.status_code == 422
    assert list(answer.json["message"]) == [f"lines-0-{name}"]


def test_what_the_base_cannot_hold_is_refused(program: Ask, session: Session, who: Counterparty, bolt: Item) -> None:
    sent = body(who, bolt)
    sent["lines"][0]["price"] = "1" + "0" * 20
    session.commit()
    ask = program("anna")
    assert ask("POST", "order/", json=sent).status_code == 422
    assert ask("POST", "order/", data="нет").status_code == 400
    assert ask("POST", "order/", json=[1]).status_code == 400
    assert count(session, BuyerOrder) == 0


def test_an_order_is_shipped_and_paid(program: Ask, session: Session, who: Counterparty, bolt: Item) -> None:
    it = order(session, who, {bolt: 10})
    session.commit()
    ask = program("anna")
    line = {"item": bolt.id, "quantity": 11, "price": 100}
    over = {"order": it.number, "date": str(DAY), "lines": [line]}
    assert list(ask("POST", "shipment/", json=over).json["message"]) == ["lines-0-quantity"]
    assert ask("POST", "shipment/", json={**over, "confirmed": True}).status_code == 201
    back = {**over, "kind": "return", "lines": [{**line, "quantity": 1}]}
    assert ask("POST", "shipment/", json=back).json["result"]["kind"] == "return"
    assert ask("POST", "payment/", json={"order": it.id, "amount": "0", "date": str(DAY)}).json["message"]["amount"]
    answer = ask("POST", "payment/", json={"order": it.id, "amount": "1000", "date": str(DAY)})
    assert float(answer.json["result"]["allocated_amount"]) == 1000
    session.refresh(it)
    assert it.status.value == "done"
    assert (count(session, Shipment), count(session, Payment)) == (2, 1)


def test_an_order_is_closed_with_a_reason_alone(program: Ask, session: Session, who: Counterparty, bolt: Item) -> None:
    it = order(session, who, {bolt: 10})
    session.commit()
    ask, address = program("anna"), f"order/{it.id}/close"
    for sent in ({}, {"reason": ""}, {"reason": "Потому что"}, {"reason": 10**6}):
        answer = ask("POST", address, json=sent)
        assert answer.status_code == 422, answer.text
        assert list(answer.json["message"]) == ["reason"]
    assert count(session, OrderClosing) == 0
    answer = ask("POST", address, json={"reason": "Нет оплаты", "comment": "молчат"})
    assert answer.status_code == 200
    assert answer.json["result"]["reason"] == "Нет оплаты"
    assert answer.json["result"]["closing_amount"] == "1000.00"
    assert answer.json["closed_before"] is False
    assert session.scalars(select(OrderClosing)).one().by_id == user_named(session, "anna").id
    assert ask("GET", f"order/{it.id}").json["result"]["status"] == "closed"


def test_a_price_keeps_five_digits_and_nothing_is_rounded_in_silence(
    program: Ask, session: Session, who: Counterparty, bolt: Item
) -> None:
    session.commit()
    ask = program("anna")
    line = {"item": bolt.code, "quantity": "1000", "price": "0.345"}
    assert (
        ask("POST", "order/", json=body(who, bolt, lines=[line, line | {"quantity": 1, "price": 10.005}])).status_code
        == 201
    )
    assert [str(row.amount) for row in session.scalars(select(BuyerOrder)).one().lines] == ["345.00", "10.01"]
    for name, value in (("price", "0.123456"), ("quantity", 1.2345), ("discount", "1.005"), ("price", "1e20")):
        answer = ask("POST", "order/", json=body(who, bolt, lines=[line | {name: value}]))
        assert answer.status_code == 422
        assert list(answer.json["message"]["lines"]["0"]) == [name]
    assert ask("POST", "payment/", json={"counterparty": who.code, "amount": "1.005"}).status_code == 422
    assert count(session, BuyerOrder) == 1


def test_closing_again_keeps_the_first_reason(program: Ask, session: Session, who: Counterparty, bolt: Item) -> None:
    it = order(session, who, {bolt: 10})
    session.commit()
    ask, address = program("anna"), f"order/{it.id}/close"
    ask("POST", address, json={"reason": REASON(session)})
    answer = ask("POST", address, json={"reason": "Прочее"})
    assert answer.status_code == 200
    assert answer.json["closed_before"] is True
    assert answer.json["result"]["reason"] == "Нет оплаты"
    assert it.number in answer.json["message"]
    assert count(session, OrderClosing) == 1


def test_orders_of_others_are_neither_closed_nor_shipped_nor_paid(
    program: Ask, session: Session, who: Counterparty, bolt: Item
) -> None:
    it = order(session, who, {bolt: 10})
    session.commit()
    ask = program("boris")
    assert ask("POST", f"order/{it.id}/close", json={"reason": "Прочее"}).status_code == 404
    assert ask("POST", "payment/", json={"order": it.id, "amount": 1}).status_code == 422
    assert ask("POST", "order/", json=body(who, bolt)).status_code == 422
    reader = program("maria")
    assert reader("POST", f"order/{it.id}/close", json={"reason": "Прочее"}).status_code == 403
    assert reader("POST", "order/", json=body(who, bolt)).status_code == 403
    assert count(session, OrderClosing) == 0


def test_a_cookie_closes_nothing(login: Callable[..., FlaskClient], session: Session, who: Counterparty) -> None:
    it = order(session, who, {item(session, 1): 1})
    session.commit()
    assert login("admin").post(f"/api/v1/order/{it.id}/close", json={"reason": "Прочее"}).status_code == 401
    assert count(session, OrderClosing) == 0
