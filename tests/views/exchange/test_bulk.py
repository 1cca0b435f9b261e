"""Many rows in one call: recognised as those of a file, all or nothing, wrong ones by their number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from tests.clients import Clients
from tests.web.test_rest import Program

INN, KPP = "7736050003", "773601001"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def ask(app: Flask, session: Session) -> Program:
    return Program(app, session, "admin")


def send(ask: Program, resource: str, *rows: Any, **more: Any) -> TestResponse:
    return ask("POST", f"{resource}/bulk", json={"rows": list(rows), **more})


def counted(answer: TestResponse) -> tuple[int, int, int]:
    assert answer.status_code == 200, answer.text
    return answer.json["created"], answer.json["updated"], answer.json["skipped"]


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_clients_are_made_recognised_and_left_as_they_are(ask: Program, session: Session) -> None:
    row = {"name": "ООО Ромашка", "inn": INN, "kpp": KPP, "phone": ["8 495 700-00-02", "89167000003"], "is_buyer": True}
    assert counted(send(ask, "counterparty", row, {"name": "Малахит", "code": "М-1"})) == (2, 0, 0)
    assert counted(send(ask, "counterparty", row, {"name": "Малахит", "code": "М-1"})) == (0, 0, 2)
    assert counted(send(ask, "counterparty", {"name": "Ромашка", "inn": INN, "kpp": KPP, "phone": None})) == (0, 1, 0)
    assert {info.phone for info in session.scalars(select(ContactInfo))} == {"+74957000002", "+79167000003"}
    assert count(session, Counterparty) == 2


def test_every_kind_of_row_comes_in(ask: Program, session: Session) -> None:
    assert counted(send(ask, "counterparty", {"name": "Ромашка", "code": "Р"})) == (1, 0, 0)
    assert counted(send(ask, "person", {"counterparty": "Р", "last_name": "Зуев", "phone": "доб. 5"})) == (1, 0, 0)
    assert counted(send(ask, "item", {"code": "Г", "name": "Гвоздь", "price": 10.5, "is_service": False})) == (1, 0, 0)
    line = {"item": "Г", "quantity": 2, "price": 0.3}
    order = {"number": "1", "date": "2026-11-01", "counterparty": "Р", "lines": [line, line | {"price": "0.345"}]}
    assert counted(send(ask, "order", order)) == (1, 0, 0)
    assert counted(send(ask, "order", order)) == (0, 0, 1)
    shipment = {"number": "1", "date": "2026-11-02", "counterparty": "Р", "order": "1", "lines": [line]}
    assert counted(send(ask, "shipment", shipment)) == (1, 0, 0)
    payment = {"number": "15", "date": "2026-11-03", "counterparty": "Р", "amount": 100, "order": "1"}
    assert counted(send(ask, "payment", payment)) == (1, 0, 0)
    contact = {"counterparty": "Р", "starts_at": "2026-11-03 10:00", "subject": "Заказ"}
    assert counted(send(ask, "contact", contact)) == (1, 0, 0)
    assert [count(session, model) for model in (ContactPerson, Item, BuyerOrder, Shipment, Payment, Contact)] == [1] * 6
    kept = session.scalars(select(BuyerOrder)).one()
    assert [line.price for line in kept.lines] == [Decimal("0.3"), Decimal("0.345")]
    assert kept.paid_amount > 0


def test_one_wrong_row_keeps_all_out_and_is_named_by_its_number(ask: Program, session: Session) -> None:
    good, line = {"counterparty": "Р", "date": "2026-11-01"}, {"item": "Г", "quantity": 1, "price": 1}
    send(ask, "counterparty", {"name": "Ромашка", "code": "Р"})
    send(ask, "item", {"code": "Г", "name": "Гвоздь"})
    bad = good | {"number": "2", "lines": [line, line | {"item": "нет такого"}]}
    answer = send(ask, "order", good | {"number": "1", "lines": [line, line]}, bad)
    assert answer.status_code == 422
    assert [(each["row"], each["field"]) for each in answer.json["errors"]] == [(2, "item")]
    assert "нет такого" in answer.json["errors"][0]["text"]
    assert count(session, BuyerOrder) == 0


def test_warnings_are_given_by_row(ask: Program, session: Session) -> None:
    answer = send(ask, "counterparty", {"name": "Первая", "code": "1"}, {"name": "Вторая", "code": "2", "phone": "нет"})
    assert counted(answer) == (2, 0, 0)
    assert [(each["row"], each["field"]) for each in answer.json["warnings"]] == [(2, "phone")]


def test_a_check_keeps_nothing(ask: Program, session: Session) -> None:
    assert counted(send(ask, "counterparty", {"name": "Ромашка"}, dry_run=True)) == (1, 0, 0)
    assert count(session, Counterparty) == 0


@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"rows": []}, {"rows": [1]}, {"rows": {}}, {"rows": [{"name": "А"}] * 101}, {"rows": [{}]}),
        *({"rows": [{"name": {"a": 1}}]}, {"rows": [{"name": "А", "нет": 1}]}, {"rows": [{"name": "А", "lines": 1}]}),
        *({"rows": [{"name": "А" * 100_000}]}, {"rows": [{"name": "\0"}]}, {"rows": [{"code": "А"}]}),
    ],
)
def test_what_is_no_list_of_rows_is_refused_in_words(ask: Program, session: Session, body: Any) -> None:
    answer = ask("POST", "counterparty/bulk", json=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json["message"]
    assert count(session, Counterparty) == 0


def test_rights_and_sight_hold(app: Flask, session: Session, clients: Clients) -> None:
    foreign = clients.company("Чужая", "boris")
    session.commit()
    anna = Program(app, session, "anna")
    answer = send(anna, "counterparty", {"code": foreign.code, "name": "Моя теперь"})
    assert answer.status_code == 422
    assert foreign.name == "Чужая"
    assert send(anna, "item", {"code": "1", "name": "Гвоздь"}).status_code == 403
    assert app.test_client().post("/api/v1/counterparty/bulk", json={"rows": [{"name": "А"}]}).status_code == 401


def told(answer: TestResponse) -> list[tuple[int, int | None, str]]:
    assert answer.status_code == 200, answer.text
    return [(each["row"], each["id"], each["outcome"]) for each in answer.json["rows"]]


def test_every_row_is_answered_with_its_number_in_the_base_and_what_became_of_it(
    ask: Program, session: Session
) -> None:
    first, second = {"name": "Первая", "code": "1"}, {"name": "Вторая", "code": "2"}
    assert told(send(ask, "counterparty", first, dry_run=True)) == [(1, None, "created")]
    (made,) = told(send(ask, "counterparty", first))
    answer = told(send(ask, "counterparty", second, first, second))
    two = session.scalars(select(Counterparty.id).where(Counterparty.code == "2")).one()
    assert answer == [(1, two, "created"), (2, made[1], "skipped"), (3, two, "created")]
    assert told(send(ask, "counterparty", first | {"name": "Иначе"})) == [(1, made[1], "updated")]
    send(ask, "item", {"code": "Г", "name": "Гвоздь"})
    line = {"item": "Г", "quantity": 2, "price": 3}
    order = {"number": "7", "date": "2026-11-01", "counterparty": "1", "lines": [line, line]}
    other = {"number": "8", "date": "2026-11-01", "counterparty": "1", **line}
    answer = told(send(ask, "order", order, other, other | {"quantity": 5}))
    seven, eight = session.scalars(select(BuyerOrder.id).order_by(BuyerOrder.number)).all()
    assert answer == [(1, seven, "created"), (2, eight, "created"), (3, eight, "created")]
