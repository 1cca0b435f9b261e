"""No input answers 5xx: what cannot be kept is refused by the name of its field, whatever the road it came by."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.web.guard import depth_of
from tests.clients import Clients
from tests.web.test_rest import Program

pytestmark = pytest.mark.slow

IMPOSSIBLE = ["a\0b", "\0", "a\ud800", "\udfff"]


def test_what_is_quoted_in_a_filter_is_looked_at_once() -> None:
    assert depth_of("'!" * 500_000 + "(") == 0
    assert depth_of("(a:'((!'((',b:(c:1))") == 2


@pytest.fixture
def ask(app: Flask, session: Session) -> Program:
    return Program(app, session, "admin")


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_a_stranger_gets_no_further_than_the_guard(app: Flask, session: Session, text: str) -> None:
    client = app.test_client()
    answer = client.post("/api/v1/security/login", json={"username": text, "password": "x", "provider": "db"})
    assert answer.status_code == 400
    assert [*answer.json["message"]] == ["username"]
    assert client.post("/login/", data={"username": "a\0b", "password": "x"}).status_code == 400
    assert client.get("/login/?next=%00").status_code == 400


def test_a_form_and_the_name_of_a_file_are_guarded_too(login: Callable[..., FlaskClient]) -> None:
    client = login("admin")
    answer = client.post("/counterparties/add", data={"name": "a\0b"})
    assert answer.status_code == 400
    assert "name: В тексте" in answer.text
    assert client.get("/search?q=" + "(" * 60).status_code == 200  # no filter of REST
    data = {"kind": "items", "file": (io.BytesIO(b"a;b"), "a\0.csv")}
    assert client.post("/import/", data=data, content_type="multipart/form-data").status_code in {302, 400}


def test_a_page_takes_forms_alone(login: Callable[..., FlaskClient]) -> None:
    client = login("admin")
    assert client.post("/orders/add").status_code == 400
    for address in ("/counterparties/add", "/orders/add", "/payments/allocate/1", "/policy/edit/1", "/login/"):
        for body in ('["x"]', '{"name": {"a": 1}}', "null", "{"):
            answer = client.post(address, data=body, content_type="application/json")
            assert answer.status_code == 415, address
            assert "Запрос непонятен" in answer.text
    for body in (1, [], {"rows": 1}):
        assert client.post("/orders/items/paste", json=body).status_code == 400
    rows = [[], ["x", {}, None, 2**70, []], 1, [{"a": 1}]]
    answer = client.post("/orders/items/paste", json={"rows": rows, "counterparty": {}, "date": [1]})
    assert (answer.status_code, answer.json["rows"]) == (200, [])


NASTY: list[Any] = [
    *IMPOSSIBLE,
    2**31,
    2**40,
    2**70,
    -(2**70),
    int("9" * 4000),
    1e308,
    True,
    None,
    "",
    " ",
    "слово",
    "1" * 5000,
    "x" * 3_000,
    [],
    [1],
    {},
    {"id": 1},
    "9999-99-99",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59",
    "NaN",
    "Infinity",
]


def spelt(value: Any) -> str:
    return json.dumps(value)


@pytest.mark.parametrize("resource", ["counterparty", "person", "contact", "item", "order", "shipment", "payment"])
def test_no_value_of_any_field_breaks_a_resource(
    app: Flask, ask: Program, clients: Clients, session: Session, resource: str, caplog: pytest.LogCaptureFixture
) -> None:
    company = clients.company("Ромашка", "anna")
    session.commit()
    api = next(view for view in app.appbuilder.baseviews if getattr(view, "resource_name", "") == resource)
    schema = api.schema() if hasattr(api, "schema") else api.add_model_schema
    right = {"counterparty": company.id, "name": "Ромашка", "last_name": "Иванов", "amount": "5", "code": "К9"}
    right |= {"lines": [{"item": "x", "quantity": "1", "price": "1"}], "starts_at": "2026-11-24T12:00:00+03:00"}
    base = {name: value for name, value in right.items() if name in schema.fields}
    for value in NASTY:
        left = {*schema.fields}
        while left:  # what was refused is named; the others are asked anew, until all of them are kept or none is named
            made = ask("POST", f"{resource}/", json={**base, **dict.fromkeys(sorted(left), value)})
            assert made.status_code < 500, (left, str(value)[:40], made.text)
            message = {} if made.status_code == 201 else made.json["message"]
            named = left.intersection(message if isinstance(message, dict) else ())
            if not named:
                break
            left -= named
        if made.status_code != 201:  # it names none of those that are left: each is asked alone
            for name in left:
                made = ask("POST", f"{resource}/", json={**base, name: value})
                assert made.status_code < 500, (name, str(value)[:40], made.text)
        for name in {"name", "manager", "kind"} if resource == "counterparty" else ():
            changed = ask("PUT", f"{resource}/{company.id}", json={name: value})
            assert changed.status_code < 500, (name, str(value)[:40], changed.text)
    assert "Traceback" not in caplog.text


def test_a_key_that_can_be_none_is_refused_at_its_field(ask: Program, clients: Clients, session: Session) -> None:
    company = clients.company("Ромашка")
    session.commit()
    for value in (2**40, 2**70, "слово", "x" * 300_000, [1]):
        answer = ask("PUT", f"counterparty/{company.id}", json={"manager": value})
        assert (answer.status_code, [*answer.json["message"]]) == (422, ["manager"])
    assert session.scalar(select(func.count()).select_from(Counterparty)) == 1


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("(filters:!((col:manager,opr:rel_o_m,value:99999999999)))", 499),
        ("(filters:!((col:code,opr:eq,value:!(1,2))))", 499),
        ("(page:99999999999999999999,page_size:99999999999)", 499),
        ("(" * 500, 499),
        ("(filters:x)", 499),
        ("(filters:!(x))", 499),
        ("(columns:!(x,(a:b)))", 499),
        ("(keys:!(none),order_column:(a:b))", 499),
        ("!n", 499),
        ("1", 499),
        ("----", 499),
        ("!", 499),
        ("1e", 499),
        ("(a:'!!!", 499),
        ("(select_columns:1)", 499),
    ],
)
def test_no_query_breaks_a_list(ask: Program, query: str, most: int) -> None:
    for resource in ("counterparty", "order", "contact"):
        for address in (f"{resource}/", f"{resource}/1"):
            answer = ask("GET", address, query_string={"q": query})
            assert answer.status_code <= most, answer.text
    assert ask("GET", "counterparty/99999999999999999999").status_code == 404
    assert ask("GET", "counterparty/x").status_code < 500


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, '{"name": "x"', "[]", "1", "null", '"x"', "{}", "", "\xff"]
)
def test_no_body_breaks_a_resource(ask: Program, clients: Clients, session: Session, body: str) -> None:
    company = clients.company("Ромашка")
    session.commit()
    for method, address in (
        ("POST", "counterparty/"),
        ("POST", "order/"),
        ("POST", "security/login"),
        ("PUT", "item/1"),
        ("PUT", f"counterparty/{company.id}"),
    ):
        answer = ask(method, address, data=body.encode("latin-1"), content_type="application/json")
        assert answer.status_code in {400, 401, 404, 422} or (body, method, answer.status_code) == ("{}", "PUT", 200)


def test_a_row_keeps_no_text_that_only_looks_like_another_one(ask: Program, clients: Clients, session: Session) -> None:
    made = ask("POST", "counterparty/", json={"name": "\u200bООО\u00a0Мак\ufeff", "code": "К\u20111\u200b"})
    assert made.status_code == 201, made.text
    session.expire_all()
    row = session.get_one(Counterparty, made.json["id"])
    assert (row.name, row.code) == ("ООО Мак", "К-1")
    session.execute(update(Counterparty).values(name="ООО\u00a0Мак"))  # as one that was kept before texts were cleaned
    session.expire_all()
    assert ask("PUT", f"counterparty/{row.id}", json={"comment": "х"}).status_code == 200
    session.expire_all()
    assert (row.name, row.name_sort) == ("ООО Мак", "ооо мак")


@pytest.mark.parametrize("day", ["0206-01-15", "1899-12-31", "9999-12-31"])
def test_a_day_that_is_not_of_our_time_is_refused_whatever_the_road(
    ask: Program, clients: Clients, session: Session, day: str
) -> None:
    company = clients.company("Мак")
    session.commit()
    contact = {"counterparty": company.id, "starts_at": f"{day}T12:00:00", "subject": "Мак"}
    answer = ask("POST", "contact/", json=contact)
    assert answer.status_code == 422
    assert {"starts_at", "ends_at"}.issuperset(answer.json["message"])
    payment = {"counterparty": company.id, "amount": "5", "date": day}
    answer = ask("POST", "payment/", json=payment)
    assert (answer.status_code, [*answer.json["message"]]) == (422, ["date"])
