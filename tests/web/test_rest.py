"""REST by token: the same rows, rights and rules as the screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import clock
from app.domain.own_fields import Owner, OwnKind
from app.domain.work_plan import LENGTH
from app.models.access import ProgramKey
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.models.products import Item
from app.models.users import Role, UserProfile
from app.services import own_fields
from tests.clients import Clients
from tests.conftest import user_named

RESOURCES = ["counterparty", "person", "contact", "order", "shipment", "payment", "item"]


class Program:
    """A program with somebody's token."""

    def __init__(self, app: Flask, session: Session, username: str) -> None:
        with app.app_context():
            token = create_access_token(identity=str(user_named(session, username).id), fresh=True)
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, address: str, **body: Any) -> TestResponse:
        return self.client.open(f"/api/v1/{address}", method=method, headers=self.headers, **body)


@pytest.fixture
def program(app: Flask, session: Session) -> Callable[[str], Program]:
    return lambda username: Program(app, session, username)


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_gives_its_rows_cheaply(
    program: Callable[[str], Program], clients: Clients, sql: list[str], resource: str
) -> None:
    for n in range(10):
        company = clients.company(f"Фирма {n}")
        clients.order(company, f"{n}", manager=company.manager)
        clients.contact(company, "Дело", person=clients.person(company, "Иванов"))
    ask = program("admin")
    sql.clear()
    answer = ask("GET", f"{resource}/")
    assert answer.status_code == 200, answer.text
    assert len(sql) <= 6, "\n".join(sql)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_cookie_opens_no_resource(login: Callable[..., FlaskClient], resource: str) -> None:
    client = login("admin")
    assert client.get(f"/api/v1/{resource}/").status_code == 401
    assert client.post(f"/api/v1/{resource}/", json={}).status_code in (401, 405)


def test_a_program_sees_the_rows_of_its_user(program: Callable[[str], Program], clients: Clients) -> None:
    mine, foreign = clients.company("Моя", "anna"), clients.company("Чужая", "boris")
    ask = program("anna")
    assert [row["name"] for row in ask("GET", "counterparty/").json["result"]] == ["Моя"]
    assert ask("GET", f"counterparty/{mine.id}").json["result"]["name"] == "Моя"
    assert ask("GET", f"counterparty/{foreign.id}").status_code == 404
    assert ask("PUT", f"counterparty/{foreign.id}", json={"name": "Моя теперь"}).status_code == 404
    assert ask("DELETE", f"counterparty/{foreign.id}").status_code in (403, 404)
    assert foreign.name == "Чужая"


@pytest.mark.parametrize("foreign", [True, False])
def test_a_row_is_not_hung_on_a_counterparty_that_is_not_seen(
    program: Callable[[str], Program], clients: Clients, session: Session, foreign: bool
) -> None:
    number = clients.company("Чужая", "boris").id if foreign else 999_999
    session.commit()
    answer = program("anna")("POST", "person/", json={"last_name": "Иванов", "counterparty": number})
    assert (answer.status_code, answer.json["message"]) == (422, {"counterparty": ["Такой строки нет."]})
    assert session.scalars(select(ContactPerson)).all() == []
    assert len(session.scalars(select(Counterparty)).all()) == int(foreign)


def test_a_program_adds_changes_and_deletes(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    ask = program("admin")
    made = ask("POST", "counterparty/", json={"name": "Ромашка", "inn": "7707083893"})
    assert made.status_code == 201, made.text
    number = made.json["id"]
    assert made.json["result"]["code"]
    assert ask("PUT", f"counterparty/{number}", json={"name": "Ромашка плюс"}).status_code == 200
    assert ask("GET", f"counterparty/{number}").json["result"]["name"] == "Ромашка плюс"
    assert ask("DELETE", f"counterparty/{number}").status_code == 200
    assert session.scalars(select(Counterparty)).all() == []


def test_the_rules_of_the_form_hold_for_programs(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    ask = program("admin")
    answer = ask("POST", "counterparty/", json={"name": "Ромашка", "inn": "1234567890"})
    assert (answer.status_code, [*answer.json["message"]]) == (422, ["inn"])
    company = clients.company("Ромашка")
    session.commit()
    moments = {"starts_at": "2026-11-24T12:00:00+03:00", "ends_at": "2026-11-24T11:00:00+03:00"}
    answer = ask("POST", "contact/", json={"counterparty": company.id, **moments})
    assert (answer.status_code, [*answer.json["message"]]) == (422, ["ends_at"])
    last = {"starts_at": "9999-12-31T23:59:00-12:00"}  # nothing can be counted from it
    answer = ask("POST", "contact/", json={"counterparty": company.id, **last})
    assert (answer.status_code, [*answer.json["message"]]) == (422, ["starts_at"])
    assert session.scalars(select(Contact)).all() == []


@pytest.mark.parametrize(("state", "minutes"), [("planned", LENGTH), ("done", 10)])
def test_a_contact_whose_end_a_program_does_not_say_has_one(
    program: Callable[[str], Program], clients: Clients, session: Session, state: str, minutes: int
) -> None:
    """It lasts as long as one of the form; what has taken place has ended by now."""
    company = clients.company("Ромашка")
    session.commit()
    starts_at = clock.now().replace(microsecond=0) - timedelta(minutes=10)
    sent = {"counterparty": company.id, "starts_at": starts_at.isoformat(), "state": state}
    made = program("admin")("POST", "contact/", json=sent)
    assert made.status_code == 201, made.text
    contact = session.scalars(select(Contact)).one()
    lasts = contact.ends_at - contact.starts_at
    assert timedelta(minutes=minutes) <= lasts <= timedelta(minutes=max(minutes, LENGTH))


@pytest.mark.parametrize(
    ("resource", "sent", "told"),
    [
        ("counterparty", {}, {"name": ["Обязательно для заполнения."]}),
        ("counterparty", {"name": "A", "x": 1}, {"x": ["Такого поля здесь нет."]}),
        ("counterparty", {"name": "A" * 201}, {"name": ["Слишком длинно: не больше 200."]}),
        (
            "contact",
            {"starts_at": "вчера", "kind": "fax"},
            {
                "starts_at": ["Ожидаются дата и время, например 2026-11-23T10:00:00+03:00."],
                "kind": ["Ожидается одно из значений: call, meeting, email, letter, other."],
            },
        ),
        (
            "payment",
            {"amount": "nan", "date": "31"},
            {"amount": ["Ожидается число."], "date": ["Ожидается день, например 2026-11-23."]},
        ),
        (
            "order",
            {"counterparty": "1", "lines": [{"item": 1, "quantity": "много", "price": 1}, 5]},
            {
                "lines": {
                    "0": {"quantity": ["Ожидается число."]},
                    "1": {"_schema": ["Ожидаются значения по именам полей."]},
                }
            },
        ),
        (
            "counterparty/bulk",
            {"rows": [], "dry_run": "?"},
            {"rows": ["Ожидается от 1 до 100."], "dry_run": ["Ожидается «да» или «нет»: true, false."]},
        ),
    ],
)
def test_what_cannot_be_kept_is_told_in_the_language_of_the_user(
    program: Callable[[str], Program], resource: str, sent: dict[str, Any], told: dict[str, Any]
) -> None:
    answer = program("admin")("POST", resource if resource.endswith("bulk") else f"{resource}/", json=sent)
    assert (answer.status_code, answer.json["message"]) == (422, told)


def test_a_request_that_is_repeated_with_its_key_makes_one_row(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    company = clients.company("Ромашка", manager="anna")
    item = clients.add(Item(code="Т-1", name="Гвозди", price=5))
    session.commit()
    order = {"counterparty": company.code, "lines": [{"item": item.code, "quantity": 2, "price": 5}]}
    posts = [
        ("counterparty/", {"name": "Уют", "manager": company.manager_id}, Counterparty),
        ("order/", order, BuyerOrder),
        ("payment/", {"counterparty": company.code, "amount": 10, "confirmed": True}, Payment),
    ]

    def ask(who: str, address: str, sent: dict[str, Any], key: str = "") -> TestResponse:
        asking = program(who)
        asking.headers |= {"Idempotency-Key": key} if key else {}
        return asking("POST", address, json=sent)

    for address, sent, model in posts:
        many = select(func.count()).select_from(model)
        before = session.scalar(many) or 0
        assert ask("anna", address, {**sent, "unknown": 1}, "1").status_code == 422  # it leaves the key free
        first, again = ask("anna", address, sent, "1"), ask("anna", address, sent, "1")
        assert (first.status_code, again.status_code) == (201, 201), first.text
        assert (first.json["id"], first.json["result"]) == (again.json["id"], again.json["result"])
        assert session.scalar(many) == before + 1
        for other in (ask("admin", address, sent, "1"), ask("anna", address, sent, "2"), ask("anna", address, sent)):
            assert other.status_code == 201
        assert session.scalar(many) == before + 4
    paid = session.scalars(select(Payment).order_by(Payment.id)).first()
    assert paid is not None
    refunds = [ask("anna", f"payment/{paid.id}/refund", {"amount": 3}, "r") for _time in range(2)]
    assert [(each.status_code, each.json["id"]) for each in refunds] == [(200, refunds[0].json["id"])] * 2
    made = session.scalars(select(Counterparty).where(Counterparty.name == "Уют").order_by(Counterparty.id)).first()
    session.execute(delete(Counterparty).where(Counterparty.id == made.id))  # type: ignore[union-attr]
    session.commit()
    assert ask("anna", *posts[0][:2], "1").status_code == 409


def test_a_broken_rule_of_the_base_is_told_without_sql(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    company = clients.company("Ромашка")
    session.commit()
    answer = program("admin")("POST", "counterparty/", json={"name": "Другая", "code": company.code})
    assert answer.status_code == 422
    assert "INSERT" not in answer.text


def test_a_row_in_use_is_not_deleted_by_a_program(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    company = clients.company("Ромашка")
    clients.order(company, "1")
    session.commit()
    answer = program("admin")("DELETE", f"counterparty/{company.id}")
    assert answer.status_code == 422
    assert "DELETE FROM" not in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("(order_column:manager.password,order_direction:asc)", (400,)),
        ("(order_column:name,order_direction:asc)", (200,)),
        ("(page_size:1000000)", (200,)),
        ("(page:-5)", (200,)),
        ("(filters:!((col:password,opr:eq,value:x)))", (400,)),
        ("(filters:!((col:inn,opr:nct,value:x)))", (400,)),
        ("(filters:!((col:manager,opr:rel_o_m,value:1)))", (200,)),
        ("(filters:!((col:inn)))", (400,)),
        ("(columns:!(name,manager.password))", (200, 400)),
    ],
)
def test_what_a_program_asks_is_checked(
    program: Callable[[str], Program], clients: Clients, query: str, status: tuple[int, ...]
) -> None:
    clients.company("Ромашка")
    answer = program("admin")("GET", f"counterparty/?q={query}")
    assert answer.status_code in status, answer.text
    assert "scrypt" not in answer.text


@pytest.mark.parametrize("number", ["99999999999999999999", "abc", "-1"])
def test_a_number_that_no_row_can_have_is_not_found_by_a_program(
    program: Callable[[str], Program], number: str
) -> None:
    assert program("admin")("GET", f"counterparty/{number}").status_code in (404, 405)


def test_a_page_for_a_program_has_a_hundred_rows_at_most(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    session.add_all(Counterparty(code=f"М{n}", name="Фирма") for n in range(120))
    session.flush()
    assert len(program("admin")("GET", "counterparty/?q=(page_size:100000)").json["result"]) == 100


def test_a_token_is_worth_nothing_after_the_sessions_were_ended(
    app: Flask, session: Session, program: Callable[[str], Program]
) -> None:
    ask = program("anna")
    assert ask("GET", "counterparty/").status_code == 200
    user_named(session, "anna").profile = UserProfile(session_version=2)
    session.commit()
    assert ask("GET", "counterparty/").status_code == 401


def test_whoever_must_change_the_password_gets_no_rows_by_token(
    session: Session, program: Callable[[str], Program]
) -> None:
    user_named(session, "anna").profile = UserProfile(session_version=1, must_change_password=True)
    session.commit()
    assert program("anna")("GET", "counterparty/").status_code == 401


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_may_be_asked_is_told_without_rows_of_other_tables(
    program: Callable[[str], Program], clients: Clients, sql: list[str], resource: str
) -> None:
    ask = program("admin")
    sql.clear()
    told = ask("GET", f"{resource}/_info")
    assert told.status_code == 200
    assert {"operator": "gt", "name": "Больше чем"} in told.json["filters"]["id"]
    assert [f["operator"] for f in told.json["filters"]["changed_at"]] == ["ge"]
    assert "id" in told.json["order_columns"]
    assert len(sql) <= 3, "\n".join(sql)


def test_a_program_finds_a_row_by_what_it_knows_it_by(program: Callable[[str], Program], clients: Clients) -> None:
    company = clients.company("Ромашка", inn="7707083893", kpp="770701001")
    other = clients.company("Шум", inn="7707083894")
    clients.email(company, "Zakaz@x.example")
    clients.phone(company, "8 912 345-67-89")
    order, second = clients.order(company, "ЗК-1"), clients.order(other, "ЗК-11")
    clients.session.commit()
    ask = program("admin")

    def found(resource: str, column: str, operator: str, value: object) -> list[int]:
        answer = ask("GET", f"{resource}/?q=(filters:!((col:{column},opr:{operator},value:'{value}')))")
        assert answer.status_code == 200, answer.text
        return list(answer.json["ids"])

    assert found("counterparty", "code", "eq", company.code) == [company.id]
    assert found("counterparty", "code", "eq", company.code[:-1]) == []
    for column, value in (
        *(("inn", "7707083893"), ("kpp", "770701001"), ("email", "zakaz@X.example"), ("phone", "%2B79123456789")),
    ):
        assert found("counterparty", column, "eq", value) == [company.id], column
    assert found("counterparty", "id", "gt", company.id) == [other.id]
    assert found("order", "number", "eq", "ЗК-1") == [order.id]
    assert set(found("order", "changed_at", "ge", "2026-01-01T00:00:00")) == {order.id, second.id}
    assert found("order", "changed_at", "ge", "2126-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("resource", "asked", "told"),
    [
        ("counterparty", "col:manager,opr:rel_o_m,value:abc", "manager: Ожидается номер строки."),
        ("counterparty", "col:anybody,opr:rel_o_m,value:abc", "anybody: Ожидается номер строки."),
        ("counterparty", "col:id,opr:gt,value:abc", "id: Ожидается номер строки."),
        ("counterparty", "col:is_buyer,opr:eq,value:abc", "is_buyer: Выберите из списка."),
        ("counterparty", "col:inn,opr:eq,value:!('1','2')", "inn: Ожидается одно значение."),
        ("order", "col:date,opr:ge,value:'2026-02-31'", "date: Ожидается дата."),
        (
            "order",
            "col:changed_at,opr:ge,value:вчера",
            "changed_at: Ожидается дата и время.",
        ),
    ],
)
def test_a_program_is_told_which_filter_cannot_be(
    program: Callable[[str], Program], resource: str, asked: str, told: str
) -> None:
    answer = program("admin")("GET", f"{resource}/?q=(filters:!(({asked})))")
    assert (answer.status_code, answer.json) == (400, {"message": told})


def test_the_count_is_exact_and_more_is_said(
    program: Callable[[str], Program], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.add_all(Counterparty(code=f"М{n}", name="Фирма") for n in range(25))
    session.commit()
    ask = program("admin")

    def told(page: int) -> tuple[int, bool, bool]:
        answer = ask("GET", f"counterparty/?q=(page:{page},page_size:10)").json
        return answer["count"], answer["count_is_exact"], answer["more"]

    assert [told(page) for page in range(4)] == [
        (25, True, True),
        (25, True, True),
        (25, True, False),
        (25, True, False),
    ]
    monkeypatch.setattr("app.web.datamodel.PROGRAM_CAP", 5)
    assert told(0) == (10, False, True)
    assert ask("GET", "counterparty/?q=(page:20000,page_size:10)").status_code == 400


def test_every_way_of_writing_keeps_the_moment_of_the_change(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    company = clients.company("Ромашка")
    session.commit()
    ask = program("admin")

    def moment() -> datetime:
        return datetime.fromisoformat(ask("GET", f"counterparty/{company.id}").json["result"]["changed_at"])

    first = moment()
    session.execute(text("UPDATE counterparty SET comment = 'x' WHERE id = :id"), {"id": company.id})
    second = moment()
    ask("PUT", f"counterparty/{company.id}", json={"name": "Ромашка плюс"})
    assert first < second < moment()


@pytest.mark.parametrize("model", [Counterparty, ContactPerson, Contact, BuyerOrder, Shipment, Payment, Item])
def test_every_table_that_programs_read_keeps_its_changes(session: Session, model: Any) -> None:
    triggers = text("SELECT 1 FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass) AND tgname = 'changed_at'")
    assert session.scalar(triggers, {"name": model.__tablename__}) == 1


def test_of_a_colleagues_client_whose_documents_one_sees_the_name_is_told(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    company = clients.company("Чужая", "boris")
    anna = user_named(session, "anna")
    order = clients.order(company, "1", manager=anna)
    values = {"date": order.date, "counterparty": company, "amount": 5, "manager": anna}
    clients.add(Shipment(number="2", order=order, **values))
    clients.contact(company, "Дело", manager=anna)
    session.commit()
    ask = program("anna")
    for resource in ("order", "shipment", "contact"):
        (row,) = ask("GET", f"{resource}/").json["result"]
        assert (row["counterparty"], row["counterparty_name"]) == (None, "Чужая"), resource
        row = ask("GET", f"{resource}/{row['id']}").json["result"]
        assert (row["counterparty"], row["counterparty_name"]) == (None, "Чужая"), resource
    picked = ask("GET", "order/", query_string={"q": "(columns:!(number,counterparty_name))"}).json["result"]
    assert picked == [{"number": "1", "counterparty_name": "Чужая"}]


def test_own_fields_go_in_and_out_by_their_keys(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    for name, kind in (("Регион", OwnKind.TEXT), ("Площадь", OwnKind.NUMBER), ("Канал", OwnKind.CHOICE)):
        field = OwnField(owner=Owner.COUNTERPARTY, name=name, kind=kind, words=["Опт"])
        own_fields.save_field(session, field)
    own_fields.save_field(session, OwnField(owner=Owner.COUNTERPARTY, name="Тайна", kind=OwnKind.FLAG, seen_by=["X"]))
    ask = program("vera")
    sent = {"region": "Урал", "ploschad": 12.5, "kanal": "опт"}
    made = ask("POST", "counterparty/", json={"name": "Вектор", "own": sent})
    assert made.status_code == 201, made.text
    row = made.json["id"]
    kept = {"region": "Урал", "ploschad": "12.5", "kanal": "Опт"}
    assert ask("GET", f"counterparty/{row}").json["result"]["own"] == kept
    assert ask("PUT", f"counterparty/{row}", json={"own": {"region": None}}).status_code == 200
    assert ask("PUT", f"counterparty/{row}", json={"comment": "Без свойств"}).status_code == 200
    del kept["region"]
    assert ask("GET", f"counterparty/{row}").json["result"]["own"] == kept
    for wrong in ({"kanal": "Экспорт"}, {"nothing": 1}, {"tayna": True}, {"ploschad": {"a": 1}}, [1], "x"):
        answer = ask("PUT", f"counterparty/{row}", json={"own": wrong})
        assert answer.status_code == 422, (wrong, answer.text)
    hidden = {**kept, "tayna": True}
    session.execute(update(Counterparty).where(Counterparty.id == row).values(own=hidden))
    session.expire_all()
    assert ask("GET", f"counterparty/{row}").json["result"]["own"] == kept
    (shown,) = (each for each in ask("GET", "counterparty/").json["result"] if each["id"] == row)
    assert shown["own"] == kept
    changed = ask("PUT", f"counterparty/{row}", json={"own": {"region": "Сибирь"}})
    assert (changed.status_code, changed.json["result"]["own"]) == (200, {**kept, "region": "Сибирь"})
    session.expire_all()
    assert session.get_one(Counterparty, row).own == {**hidden, "region": "Сибирь"}
    guesses = [ask("PUT", f"counterparty/{row}", json={"own": guess}) for guess in ({"tayna": True}, {"no_such": True})]
    assert [(each.status_code, [*each.json["message"].values()]) for each in guesses] == [
        (422, [["Такого свойства нет."]])
    ] * 2


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_program_that_follows_changes_learns_of_deletions(
    program: Callable[[str], Program], clients: Clients, session: Session, resource: str
) -> None:
    company = clients.company("Ромашка", "anna")
    order = clients.order(company, "1", manager=company.manager)
    values = {"date": order.date, "counterparty": company, "amount": 5}
    rows = {
        "counterparty": clients.company("Василек"),
        "person": clients.person(company, "Зуев"),
        "contact": clients.contact(company, "Дело", manager=company.manager),
        "order": order,
        "shipment": clients.add(Shipment(number="2", manager=company.manager, **values)),
        "payment": clients.add(Payment(number="3", **values)),
        "item": clients.add(Item(code="Г", name="Гвоздь")),
    }
    session.flush()
    number = rows[resource].id
    session.commit()
    ask = program("admin")
    early, late = {"since": "2020-01-01T00:00:00Z"}, {"since": "2100-01-01T00:00:00+03:00"}

    def told(**asked: Any) -> list[int]:
        answer = ask("GET", f"{resource}/deleted", query_string=asked)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json["result"]]

    assert number not in told(**early)
    session.delete(rows[resource])
    session.commit()
    assert number in told(**early)
    assert told(**late) == []
    last = ask("GET", f"{resource}/deleted", query_string=early).json
    assert last["more"] is False
    assert told(**early, after=last["next"]) == []
    for wrong in ({}, {"since": "вчера"}, {**early, "after": "x"}):
        assert ask("GET", f"{resource}/deleted", query_string=wrong).status_code == 400


def test_a_row_that_is_back_is_not_told_as_deleted(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    item = clients.add(Item(code="Г", name="Гвоздь"))
    session.commit()
    number = item.id
    session.delete(item)
    session.commit()
    session.add(Item(id=number, code="Г", name="Гвоздь"))
    session.commit()
    asked = {"since": "2020-01-01T00:00:00Z"}
    assert program("admin")("GET", "item/deleted", query_string=asked).json["result"] == []


def test_an_order_made_by_a_program_has_own_fields_too(
    program: Callable[[str], Program], clients: Clients, session: Session
) -> None:
    field = OwnField(owner=Owner.ORDER, name="Проект", kind=OwnKind.TEXT, is_required=True)
    own_fields.save_field(session, field)
    company = clients.company("Мак", "anna")
    item = clients.add(Item(code="Т-1", name="Гвозди", price=5))
    ask = program("anna")
    sent = {"counterparty": company.code, "lines": [{"item": item.code, "quantity": 2, "price": 5}]}
    refused = ask("POST", "order/", json=sent)
    assert (refused.status_code, [*refused.json["message"]]) == (422, ["own_proekt"])
    ask.headers |= {"Idempotency-Key": "1"}
    made = ask("POST", "order/", json={**sent, "own": {"proekt": "Мост"}})
    assert made.status_code == 201, made.text
    own_fields.save_field(session, OwnField(owner=Owner.ORDER, name="Тайна", kind=OwnKind.FLAG, seen_by=["X"]))
    kept = {"proekt": "Мост", "tayna": True}
    session.execute(update(BuyerOrder).where(BuyerOrder.id == made.json["id"]).values(own=kept))
    session.commit()
    address = f"order/{made.json['id']}"
    again, opened = ask("POST", "order/", json={**sent, "own": {"proekt": "Мост"}}), ask("GET", address)
    assert again.json["id"] == made.json["id"]
    assert ask("POST", f"{address}/close", json={"reason": "Прочее"}).status_code == 200
    for answer in (again, opened, ask("POST", f"{address}/reopen")):
        assert answer.json["result"]["own"] == {"proekt": "Мост"}, answer.text


@pytest.mark.parametrize("address", ["/reports/abc-buyers/json?period=this-year", "/calendar/json?responsible=all"])
def test_pages_for_programs_open_by_a_token_and_a_browser_is_led_to_the_login(
    app: Flask, session: Session, program: Callable[[str], Program], login: Callable[..., FlaskClient], address: str
) -> None:
    def ask(**headers: str) -> TestResponse:
        return app.test_client().get(address, headers=headers)

    anna = program("anna")
    assert login("anna").get(address).json == ask(**anna.headers).json
    for stranger in (
        {},
        {"Accept": "application/json"},
        {"Authorization": "Bearer none"},
        {"Authorization": "Bearer viz_x"},
    ):
        answer = ask(**stranger)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json["message"].startswith("Вход не выполнен")
    browser = ask(Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (browser.status_code, browser.location.partition("?")[0]) == (302, "/login/")
    assert app.test_client().options(address).status_code == 200
    refused = app.test_client().post(address, headers={**anna.headers, "Accept": "application/json"})
    assert refused.status_code in {400, 405}  # nothing is written there
    user_named(session, "anna").active = False
    session.commit()
    assert ask(**anna.headers).status_code == 401


def test_a_key_opens_the_reports_of_its_role_alone(
    app: Flask, session: Session, login: Callable[..., FlaskClient]
) -> None:
    roles = {role.name: role.id for role in session.scalars(select(Role))}
    typed = {"name": "Склад", "user": user_named(session, "anna").id, "role": roles["Purchasing specialist"]}
    secret = re.search(r"<code>(viz_[\w-]+)</code>", login("admin").post("/program-keys/", data=typed).text)
    assert secret is not None
    headers = {"Authorization": f"Bearer {secret[1]}"}
    refused = app.test_client().get("/reports/abc-buyers/json?period=2026", headers=headers)
    assert (refused.status_code, refused.json["message"]) == (403, "Недостаточно прав")
    assert app.test_client().get("/calendar/", headers=headers).status_code == 302  # a page for people


def test_what_is_not_there_or_not_allowed_is_told_in_the_language_of_the_user(
    program: Callable[[str], Program],
) -> None:
    for who, method, address, more, told in (
        ("anna", "GET", "order/999999", {}, (404, "Такой строки нет.")),
        ("anna", "POST", "counterparty/999999/merge", {"json": {"ids": [1]}}, (403, "Недостаточно прав")),
        ("anna", "POST", "item/bulk", {"json": {"rows": [{}]}}, (403, "Недостаточно прав")),
        ("anna", "POST", "counterparty/", {"json": [1]}, (400, "Ожидается объект JSON.")),
        ("anna", "POST", "order/", {"data": "x"}, (400, "Ожидается объект JSON.")),
        (
            "anna",
            "POST",
            "person/",
            {"json": {"last_name": "А", "counterparty": 9}},
            (422, {"counterparty": ["Такой строки нет."]}),
        ),
    ):
        answer = program(who)(method, address, **more)
        assert (answer.status_code, answer.json["message"]) == told, address


def test_a_method_that_an_address_does_not_take_is_told_as_such(program: Callable[[str], Program]) -> None:
    answer = program("admin")("PATCH", "order/")
    assert (answer.status_code, answer.json["message"]) == (405, "Такой вид запроса здесь не принимают")
    assert "POST" in answer.headers["Allow"]


def test_a_program_comes_in_by_a_key_with_rights_of_its_own(
    app: Flask, session: Session, clients: Clients, login: Callable[..., FlaskClient]
) -> None:
    anna, boss = user_named(session, "anna"), login("admin")
    clients.company("Ромашка", manager="anna")
    clients.company("Чужая", manager="boris")
    session.commit()
    roles = {role.name: role.id for role in session.scalars(select(Role))}

    def key(name: str, role: str) -> Callable[..., int]:
        typed = {"name": name, "user": anna.id, "role": roles[role]}
        secret = re.search(r"<code>(viz_[\w-]+)</code>", boss.post("/program-keys/", data=typed).text)
        assert secret is not None
        headers = {"Authorization": f"Bearer {secret[1]}"}
        return lambda method, address, **body: app.test_client().open(
            f"/api/v1/{address}", method=method, headers=headers, **body
        )

    site, other = key("Сайт", "Sales manager"), key("Склад", "Purchasing specialist")
    assert [row["name"] for row in site("GET", "counterparty/").json["result"]] == ["Ромашка"]  # her rows
    used = select(ProgramKey.name).where(ProgramKey.used_at.is_not(None))
    assert session.scalars(used).all() == ["Сайт"]
    assert site("POST", "counterparty/", json={"name": "Новая"}).status_code == 201
    assert (site("GET", "order/").status_code, other("GET", "order/").status_code) == (200, 403)  # the role may not
    assert key("Всё", "Admin")("POST", "item/", json={"code": "1", "name": "Нельзя"}).status_code == 403  # she may not
    assert (
        "Такой ключ уже есть"
        in boss.post("/program-keys/", data={"name": "Сайт", "user": anna.id, "role": roles["Admin"]}).text
    )
    boss.post(f"/program-keys/revoke/{session.scalar(select(ProgramKey.id).where(ProgramKey.name == 'Сайт'))}")
    assert site("GET", "counterparty/").status_code == 401
    anna.active = False
    session.commit()
    assert other("GET", "item/").status_code == 401
    assert login("anna").get("/program-keys/").status_code in {302, 403}
