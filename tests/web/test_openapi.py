"""The description of REST is whole, is shown to those with the right, and nothing that it allows answers 5xx."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from sqlalchemy.orm import Session

from app.views import APIS
from tests.clients import Clients
from tests.conftest import CAST
from tests.web.test_rest import Program

pytestmark = pytest.mark.slow

METHODS = {"get", "post", "put", "delete"}


def described(app: Flask, session: Session, username: str = "admin") -> dict[str, Any]:
    answer = Program(app, session, username)("GET", "_openapi")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_every_resource_is_described_with_what_it_takes(app: Flask, session: Session) -> None:
    found = described(app, session)
    for api in APIS:
        name = getattr(api, "resource_name", None)
        if name:
            assert {"get"} <= {*found["paths"][f"/api/v1/{name}/"]}, name
    assert {"post"} <= {*found["paths"]["/api/v1/order/{pk}/close"]}
    order = found["components"]["schemas"]["OrderApi.post"]["properties"]
    assert {"counterparty", "date", "lines", "number", "manager"} <= {*order}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            assert method not in METHODS or operation.get("responses"), (method, path)


def properties(found: dict[str, Any], path: str, method: str, status: int) -> set[str]:
    """What the description says that an answer has."""
    schema = found["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = found["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {*schema["properties"]}


def test_what_is_answered_is_described(app: Flask, session: Session) -> None:
    found, ask = described(app, session), Program(app, session, "admin")
    for api in APIS:
        name = getattr(api, "resource_name", "")
        path = f"/api/v1/{name}/"
        if name and "get" in found["paths"].get(path, ()):
            answer = ask("GET", f"{name}/", query_string={"q": "(keys:!(none))"})
            assert {*answer.json} <= properties(found, path, "get", 200), name
    twin = {"name": "Ромашка"}
    for made in (ask("POST", "counterparty/", json=twin), ask("POST", "counterparty/", json=twin)):
        assert {*made.json} <= properties(found, "/api/v1/counterparty/", "post", 201)
    assert made.json["warnings"]
    changed = ask("PUT", f"counterparty/{made.json['id']}", json={"name": "Ромашка"})
    assert {*changed.json} <= properties(found, "/api/v1/counterparty/{pk}", "put", 200)
    answer = ask("POST", "counterparty/bulk", json={"rows": [{"name": "Лютик"}]})
    assert {*answer.json} == properties(found, "/api/v1/counterparty/bulk", "post", 200)


def test_the_description_is_shown_to_those_with_the_right(login: Callable[..., FlaskClient]) -> None:
    assert "/api/v1/_openapi" in login("vera").get("/api-description/").text
    assert login("vera").get("/api/v1/_openapi").status_code == 200
    assert login("anna").get("/api-description/").status_code == 403
    assert login("anna").get("/api/v1/_openapi").status_code in {401, 403}


def test_nothing_that_is_described_breaks_whoever_asks(app: Flask, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Мак", "anna")
    clients.order(company, "1", manager=company.manager)
    session.commit()
    schema = schemathesis.openapi.from_dict(described(app, session))
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    operations = [found.ok() for found in schema.get_all_operations()]
    admin, *others = [Program(app, session, name) for name in CAST]
    turns = itertools.cycle(others)
    asked: set[tuple[Program, str]] = set()

    def ask(program: Program, case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://localhost")
        kwargs = {name: sent[name] for name in ("json", "data", "headers") if sent.get(name) is not None}
        headers = {**kwargs.pop("headers", {}), **program.headers}
        query = {name: value for name, value in (sent.get("params") or {}).items() if value is not None}
        answer = program.client.open(
            sent["url"].removeprefix("http://localhost"),
            method=case.method,
            headers={name: value for name, value in headers.items() if "\n" not in value and "\r" not in value},
            query_string=query,
            **kwargs,
        )
        asked.add((program, case.operation.label))
        assert answer.status_code < 500, (case.operation.label, sent, answer.text)
        session.rollback()

    def asks(case: Any) -> None:
        """The administrator asks everything, and the others in turn: what is thought up once is asked by two."""
        for program in (admin, next(turns)):
            ask(program, case)

    bound = settings(
        max_examples=3,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations:
        bound(given(case=operation.as_strategy())(asks))()
    assert {label for program, label in asked if program is admin} == {operation.label for operation in operations}
    assert {program for program, _label in asked} == {admin, *others}
