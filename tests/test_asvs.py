"""Rows of docs/security.md that no other test shows."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token, create_refresh_token
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from config import ROOT, Settings
from tests.conftest import user_named

PASSWORD = "корова-дает-молоко"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def test_the_tests_that_the_table_names_are_there() -> None:
    table = (ROOT / "docs" / "security.md").read_text()
    for named in re.findall(r"`(tests/[^`]+)`", table):
        path, _, test = named.partition("::")
        assert (ROOT / path).exists(), named
        assert not test or f"def {test}(" in Path(ROOT / path).read_text(), named


def test_every_answer_tells_the_browser_what_it_may_do(app: Flask, login: Any) -> None:
    for client, address in ((app.test_client(), "/login/"), (login("anna"), "/"), (login("anna"), "/nowhere/")):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    https = app.test_client().get("/login/", base_url="https://localhost").headers
    assert "max-age" in https["Strict-Transport-Security"]


@pytest.mark.parametrize(("public", "secure"), [("http://localhost:8080", False), ("https://crm.example", True)])
def test_no_script_reads_the_cookie_and_no_foreign_page_sends_it(settings: Settings, public: str, secure: bool) -> None:
    config = replace(settings, public_url=public).flask()
    assert config["SESSION_COOKIE_HTTPONLY"] is True
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert config["SESSION_COOKIE_SECURE"] is secure


def test_no_form_is_taken_without_its_token(app: Flask, login: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every address that takes POST; REST, 1C and marks of letters alone need none, taking no cookie."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    client: FlaskClient = login("admin")
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(rules) > 50
    let_in, cookie = [], []
    for rule in rules:
        code = client.post(re.sub(r"<[^>]*>", "1", rule.rule)).status_code
        if rule.rule.startswith(("/api/", "/1c/", "/mark/")):
            if code not in {400, 401, 404, 405}:
                cookie.append((rule.rule, code))
        elif code != 400:
            let_in.append((rule.rule, code))
    assert (let_in, cookie) == ([], [])
    for other, code in ((client, 302), (login("anna"), 400)):  # a token is of one session
        for page in (other.get("/counterparties/list/").text for _ in range(2)):
            tokens = {*TOKEN.findall(page)}
            codes = {client.post("/counterparties/first", data={"csrf_token": token}).status_code for token in tokens}
            assert codes == {code}


def test_a_stranger_sends_nothing_but_an_inquiry_by_its_key(app: Flask, session: Session) -> None:
    client = app.test_client()
    rules = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    codes = {rule: client.post(re.sub(r"<[^>]*>", "1", rule)).status_code for rule in rules}
    assert {rule for rule, code in codes.items() if code < 300} <= {"/login/"}  # its form again
    sent = {"name": "Ким", "phone": "2152067"}
    unknown = client.post("/api/v1/inquiry", json=sent, headers={"X-Inquiry-Key": "x" * 32})
    assert (codes["/api/v1/inquiry"], unknown.status_code) == (401, 401)


def test_an_unknown_login_is_answered_as_a_known_one(app: Flask, session: Session) -> None:
    user_named(session, "anna").password = generate_password_hash(PASSWORD)
    session.commit()

    def said(login: str) -> tuple[int, str, str]:
        client = app.test_client()
        answer = client.post("/login/", data={"username": login, "password": "не тот"})
        page = client.get(answer.location).text
        program = {"username": login, "password": "не тот", "provider": "db"}
        return answer.status_code, page.replace(login, ""), client.post("/api/v1/security/login", json=program).text

    assert said("anna") == said("nobody")


def test_a_token_is_of_us_of_its_kind_and_of_now(app: Flask, session: Session) -> None:
    number = str(user_named(session, "admin").id)
    with app.app_context():
        good, refresh = create_access_token(number), create_refresh_token(number)
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==="))

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    forged = {
        "none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "of another": f"{head}.{part(claims | {'sub': '2'})}.{signature}",
        "for ever": f"{head}.{part(claims | {'exp': int(time.time()) + 10**8})}.{signature}",
        "refresh": refresh,
        "nonsense": "x.y.z",
    }

    def asked(token: str) -> int:
        answer = app.test_client().get("/api/v1/counterparty/", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    assert asked(good) == 200
    assert {kind: asked(token) for kind, token in forged.items() if asked(token) not in {401, 422}} == {}


def test_passwords_are_kept_as_slow_hashes() -> None:
    assert generate_password_hash(PASSWORD).startswith("scrypt:32768:8:1$")
