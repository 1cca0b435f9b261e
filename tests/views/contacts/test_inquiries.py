"""Inquiries from sites: a key, what becomes a contact of whom, and everything that is refused."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Direction
from app.models.access import InquiryCount, InquiryDuty, InquiryKey
from app.models.contacts import Contact
from app.models.counterparties import InformationSource
from app.models.users import Role
from app.services.contacts import inquiries
from tests.conftest import user_named
from tests.factories import added

Login = Callable[..., FlaskClient]
URL = "/api/v1/inquiry"
SAID = {"name": "Ольга Ким", "company": "ООО «Уют»", "phone": "+7 846 215-20-67", "text": "Сколько стоит обивка?"}


@pytest.fixture
def key(login: Login, session: Session) -> str:
    """As the administrator copied it from the page."""
    source = added(session, InformationSource(name="Сайт для теста"))
    session.commit()
    page = login("admin").post("/inquiry-keys/", data={"name": "Главная", "site": "uyut.example", "source": source.id})
    found = re.search(r"<code>([\w-]{32})</code>", page.text)
    assert found, page.text[:500]
    shown = re.search(r"<textarea[^>]*readonly.*?</textarea>", page.text, re.S)
    assert shown
    assert "&lt;/textarea&gt;" in shown[0]  # the whole of it, as text
    assert "&lt;/script&gt;" in shown[0]
    return found[1]


def ask(app: Flask, key: str, sent: Any = None, address: str = "198.51.100.7", **more: Any) -> Any:
    sent = SAID if sent is None else sent
    headers = {"X-Inquiry-Key": key} | more.pop("headers", {})
    base = {"environ_base": {"REMOTE_ADDR": address}, "headers": headers}
    return app.test_client().post(URL, **({"json": sent} if not more else {}), **base, **more)


def contacts(session: Session) -> list[Contact]:
    session.expire_all()
    return list(session.scalars(select(Contact).order_by(Contact.id)))


def test_an_inquiry_becomes_a_planned_incoming_contact_with_its_source(app: Flask, session: Session, key: str) -> None:
    answer = ask(app, key)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (201, "*")
    (contact,) = contacts(session)
    assert (contact.prospect, contact.prospect_person) == ("ООО «Уют»", "Ольга Ким")
    assert (contact.direction, contact.state) == (Direction.IN, ContactState.PLANNED)
    assert (contact.source and contact.source.name, contact.text) == ("Сайт для теста", SAID["text"])
    assert contact.prospect_tail == "76025126487"
    assert contact.manager == user_named(session, "vera")  # nobody is on duty: the head


def test_the_html_of_the_page_works_as_a_plain_form(app: Flask, session: Session, key: str) -> None:
    form = {"key": key, "name": "Пак", "email": "pak@example.com", "website": ""}
    answer = ask(app, "", data=form)
    assert (answer.status_code, answer.mimetype, answer.text) == (201, "text/plain", "Спасибо, мы ответим вам.")
    assert [contact.prospect_email for contact in contacts(session)] == ["pak@example.com"]


def test_those_of_a_role_get_them_in_turn_and_a_user_on_duty_all(
    app: Flask, login: Login, session: Session, key: str
) -> None:
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    login("admin").post("/inquiry-keys/duty", data={"role": role.id})
    for number in range(3):
        assert ask(app, key, SAID | {"phone": f"+7 846 215-20-0{number}"}).status_code == 201
    anna, boris = (user_named(session, name) for name in ("anna", "boris"))
    assert [contact.manager for contact in contacts(session)] == [anna, boris, anna]
    login("admin").post("/inquiry-keys/duty", data={"role": role.id, "user": boris.id})
    ask(app, key)
    assert contacts(session)[-1].manager == boris


def test_a_key_is_kept_as_its_hash_and_is_over_when_it_is_revoked(
    app: Flask, login: Login, session: Session, key: str
) -> None:
    row = session.scalars(select(InquiryKey)).one()
    assert key not in {row.hash, row.name}
    admin = login("admin")
    assert key not in admin.get("/inquiry-keys/").text
    admin.post(f"/inquiry-keys/revoke/{row.id}")
    assert ask(app, key).status_code == 401
    assert contacts(session) == []


def test_only_the_administrator_makes_keys(login: Login) -> None:
    assert {login(name).get("/inquiry-keys/").status_code for name in ("anna", "vera", "maria")} == {403}


REFUSED: list[tuple[int, Any]] = [
    (400, {}),
    (400, []),
    (400, "слово"),
    (400, SAID | {"name": " "}),
    (400, {"name": "Ким"}),
    (400, SAID | {"name": 7}),
    (400, SAID | {"phone": ["1"]}),
    (400, SAID | {"name": "я" * 201}),
    (400, SAID | {"text": "я" * 4001}),
    (413, SAID | {"text": "я" * 20_000}),
]


@pytest.mark.parametrize(("code", "sent"), REFUSED)
def test_what_is_no_inquiry_is_refused_in_words(app: Flask, session: Session, key: str, code: int, sent: Any) -> None:
    answer = ask(app, key, json=sent)
    assert (answer.status_code, bool(answer.json["message"])) == (code, True)
    assert contacts(session) == []


@pytest.mark.parametrize(
    "more",
    [
        {"data": b"{", "content_type": "application/json"},
        {"data": b"\xff\xfe\x00", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"", "content_type": "multipart/form-data"},
        {"data": "<a/>", "content_type": "text/xml"},
        {"json": {"name": "a\u0000b", "phone": "1"}},
        {"json": {"key": {"$ne": 1}, "name": ["a"], "phone": "1"}},
    ],
)
def test_no_bytes_break_it(app: Flask, session: Session, key: str, more: dict[str, Any]) -> None:
    for one in (key, "", "х" * 5000):
        headers = {"X-Inquiry-Key": one.encode().decode("latin-1")}
        assert 400 <= ask(app, one, headers=headers, **more).status_code < 500
    assert contacts(session) == []


def test_a_machine_that_fills_in_what_nobody_sees_learns_nothing(app: Flask, session: Session, key: str) -> None:
    answer = ask(app, key, SAID | {"website": "http://spam.example"})
    assert answer.status_code == 201
    assert contacts(session) == []


def test_a_key_is_of_its_site(app: Flask, session: Session, key: str) -> None:
    codes = [
        ask(app, key, headers={"Origin": origin}).status_code
        for origin in ("https://uyut.example", "https://other.example", "null", "http://[")
    ]
    assert codes == [201, 403, 403, 403]


def test_a_page_of_another_site_may_ask_before_it_sends(app: Flask) -> None:
    answer = app.test_client().options(URL, headers={"Origin": "https://uyut.example"})
    assert answer.status_code == 204
    assert "X-Inquiry-Key" in answer.headers["Access-Control-Allow-Headers"]


def test_one_address_and_one_key_have_their_fill_and_nobody_is_named_in_the_log(
    app: Flask, session: Session, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        codes = [ask(app, key).status_code for _ in range(inquiries.FROM_ADDRESS + 1)]
        assert codes == [201] * inquiries.FROM_ADDRESS + [429]
        assert int(ask(app, key).headers["Retry-After"]) > 0
        assert ask(app, key, address="198.51.100.8").status_code == 201
        session.execute(update(InquiryCount).values(many=inquiries.BY_KEY))
        session.commit()
        assert ask(app, key, address="198.51.100.9").status_code == 429
    told = caplog.text
    assert "too many by" in told
    assert not any(word in told for word in ("Ким", "Уют", "215-20-67", "198.51.100", key))


def test_wrong_keys_are_counted_too(app: Flask, session: Session) -> None:
    codes = [ask(app, "нет".encode().decode("latin-1")).status_code for _ in range(inquiries.FROM_ADDRESS + 1)]
    assert codes == [401] * inquiries.FROM_ADDRESS + [429]
    assert session.scalars(select(InquiryDuty)).one().last_id == 0
