"""Where a request fails people read a page of ours, programs JSON, and the log what really broke."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from app.factory import create_app


@pytest.fixture(scope="module")
def failing(app: Flask) -> Flask:
    """The application as people meet it, with addresses that fail."""
    made = create_app(app.config["CRM"], SQLALCHEMY_DATABASE_URI=app.config["SQLALCHEMY_DATABASE_URI"])

    def broken() -> str:
        raise ZeroDivisionError("the secret of the base")

    for rule in ("/broken", "/api/v1/broken"):
        made.add_url_rule(rule, rule, broken)

    def base(code: str) -> str:
        told = {"diag": SimpleNamespace(source_file=request.args.get("of"), message_primary="")}
        error = type("Told", (psycopg.errors.lookup(code),), told)("could not open file")
        raise DBAPIError("INSERT", {}, error)

    made.add_url_rule("/base/<code>", "base", base)
    for code in (403, 413, 429):
        made.add_url_rule(f"/fail/{code}", str(code), lambda code=code: abort(code))
    return made


def test_a_failure_shows_a_number_that_stands_in_the_log_and_never_the_error(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = failing.test_client().get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Что-то сломалось" in answer.text
    [line] = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Reference ")]
    reference = line.split()[1].rstrip(":")
    assert reference in answer.text
    assert "GET /broken: ZeroDivisionError" in line


def test_a_program_gets_the_failure_as_json(failing: Flask) -> None:
    answer = failing.test_client().get("/api/v1/broken")
    assert answer.status_code == 500
    assert set(answer.json or {}) == {"message", "reference"}
    missing = failing.test_client().get("/api/v1/nowhere")
    assert (missing.status_code, set(missing.json or {})) == (404, {"message"})


@pytest.mark.parametrize(
    ("code", "words"), [(403, "Недостаточно прав"), (413, "Файл слишком большой"), (429, "Слишком много попыток")]
)
def test_each_refusal_says_what_to_do(failing: Flask, code: int, words: str) -> None:
    answer = failing.test_client().get(f"/fail/{code}")
    assert answer.status_code == code
    assert words in answer.text
    assert "werkzeug" not in answer.text.lower()


@pytest.mark.parametrize(
    ("base", "status", "words"),
    [
        ("53100", 503, "Сервер не может записать на диск"),  # it is full
        ("25006", 503, "Сервер не может записать на диск"),  # a standby
        ("42501?of=md.c", 503, "Сервер не может записать на диск"),  # it is only read
        ("42501?of=xlog.c", 503, "Сервер не может записать на диск"),  # where each change is written first
        ("42501?of=aclchk.c", 500, "Что-то сломалось"),  # a right that the role of the base lacks
        ("57P01", 503, "База не отвечает"),
    ],
)
def test_a_base_that_cannot_write_or_is_away_is_said_to_be_so(
    failing: Flask, base: str, status: int, words: str
) -> None:
    answer = failing.test_client().get(f"/base/{base}")
    assert answer.status_code == status
    assert words in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_form_without_its_token_is_explained(failing: Flask) -> None:
    answer = failing.test_client().post("/login/", data={"username": "anna", "password": "x"})
    assert answer.status_code == 400
    assert "Страница устарела" in answer.text


def test_a_missing_row_is_explained_inside_the_menu(login: Callable[..., FlaskClient]) -> None:
    answer = login("anna").get("/counterparties/show/999999")
    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.text
    assert 'href="/counterparties/list/"' in answer.text


def test_a_stranger_sees_no_menu_on_the_page_of_an_error(app: Flask) -> None:
    answer = app.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert "<nav" not in answer.text


@pytest.mark.parametrize("path", ["/login/", "/nowhere", "/api/v1/nowhere", "/static/css/base.css"])
def test_every_answer_carries_the_headers_of_safety(app: Flask, path: str) -> None:
    headers: Any = app.test_client().get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_https_is_kept_once_it_was_used(app: Flask) -> None:
    headers = app.test_client().get("/login/", base_url="https://localhost").headers
    assert "max-age=31536000" in headers["Strict-Transport-Security"]


def test_static_files_are_kept_for_ever_under_an_address_that_changes_with_them(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login/").text
    address = page.split('href="/static/css/base.css')[1].split('"')[0]
    assert address.startswith("?v=")
    assert "immutable" in client.get(f"/static/css/base.css{address}").headers["Cache-Control"]
    assert "immutable" not in client.get("/static/css/base.css").headers["Cache-Control"]


@pytest.mark.parametrize("number", ["99999999999", "2147483648"])
def test_a_number_that_no_row_can_have_is_not_found(app: Flask, login: Callable[..., FlaskClient], number: str) -> None:
    client = login("admin")
    addresses = {
        re.sub(r"<int:[^>]*>", number, rule.rule)
        for rule in app.url_map.iter_rules()
        if "<int:" in rule.rule and "GET" in (rule.methods or ())
    }
    assert len(addresses) > 5
    wrong = [address for address in addresses if client.get(address).status_code not in (404, 405)]
    assert wrong == []
    assert client.get("/classification/", query_string={"page": number}).status_code == 200
