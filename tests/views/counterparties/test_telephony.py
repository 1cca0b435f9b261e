"""A telephone exchange tells of its calls: the card opens at whom it rings, an ended call is a contact, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ContactState, Direction
from app.models.bell import PhoneCall
from app.models.contacts import Contact
from app.services.counterparties import calls
from app.web.access.security import BY_THEMSELVES
from tests.clients import Clients
from tests.conftest import user_named

Login = Callable[..., FlaskClient]
URL = "/api/v1/call"
NUMBER = "+7 846 215-20-67"
RINGS = {"id": "42.1", "phone": "8 (846) 2152067", "extension": "101"}


@pytest.fixture
def key(login: Login, session: Session) -> str:
    """Made by the administrator; Anna has written her extension into her profile."""
    page = login("admin").post("/telephony/", data={"name": "Asterisk"}).text
    found = re.search(r"<code>([\w-]{32})</code>", page)
    assert found
    login("anna").post("/profile/extension/", data={"extension": "101"})
    return found[1]


@pytest.fixture
def tell(app: Flask, key: str) -> Callable[..., Any]:
    return lambda **sent: app.test_client().post(URL, json={**RINGS, **sent}, headers={"X-Call-Key": key})


def contacts(session: Session) -> list[Contact]:
    session.expire_all()
    return list(session.scalars(select(Contact).order_by(Contact.id)))


def client_of(session: Session, manager: str = "anna") -> Any:
    clients = Clients(session)
    company = clients.company("Ромашка", manager)
    clients.phone(company, NUMBER)
    session.commit()
    return company


def test_while_it_rings_the_page_of_whom_it_rings_at_is_told_once_and_cheaply(
    login: Login, session: Session, tell: Callable[..., Any], sql: list[str]
) -> None:
    client_of(session)
    anna, boris = login("anna"), login("boris")
    silent = anna.get("/call/ringing/")
    assert silent.json == {"id": None}
    assert tell().json == {"contact": None}
    rings = anna.get("/call/ringing/", headers={"If-None-Match": silent.headers["ETag"]})
    assert rings.json["title"] == "Звонит: Ромашка"
    assert "Ромашка" in anna.get(rings.json["url"]).text
    sql.clear()
    assert anna.get("/call/ringing/", headers={"If-None-Match": rings.headers["ETag"]}).status_code == 304
    assert len(sql) <= 3, sql
    assert boris.get("/call/ringing/").json == {"id": None}
    assert re.search(r'<details[^>]*\sdata-calls="/call/ringing/"', anna.get("/").text)
    assert "data-calls" not in boris.get("/").text
    tell(seconds=5)
    assert anna.get("/call/ringing/").json == {"id": None}


def test_an_ended_call_is_a_contact_with_its_minutes_and_recording_however_often_it_is_told(
    session: Session, tell: Callable[..., Any]
) -> None:
    company, began = client_of(session), clock.now() - timedelta(minutes=5)
    tell(at=began.isoformat())
    ended = {"seconds": 185, "recording": "https://pbx.example/42.wav", "at": began.isoformat()}
    numbers = {tell(**ended).json["contact"] for _time in range(3)}
    (contact,) = contacts(session)
    assert numbers == {contact.id}
    assert (contact.counterparty_id, contact.manager and contact.manager.username) == (company.id, "anna")
    assert (contact.state, contact.direction) == (ContactState.DONE, Direction.IN)
    assert (contact.ends_at - contact.starts_at).total_seconds() == 185
    assert contact.recording == "https://pbx.example/42.wav"


def test_nobody_took_it_and_a_call_back_is_planned_with_a_stranger(session: Session, tell: Callable[..., Any]) -> None:
    tell(seconds=0)
    (contact,) = contacts(session)
    assert (contact.state, contact.direction) == (ContactState.PLANNED, Direction.OUT)
    assert contact.prospect_phone == RINGS["phone"]
    assert contact.prospect


def test_a_colleague_who_calls_is_no_contact(session: Session, tell: Callable[..., Any]) -> None:
    assert tell(phone="102", seconds=20).json == {"contact": None}
    assert contacts(session) == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"id": ""}, "id"),
        ({"phone": "не скажу"}, "phone"),
        ({"extension": "999"}, "extension"),
        ({"extension": "", "user": "nobody"}, "user"),
        ({"extension": ""}, "extension"),
        ({"direction": "up"}, "direction"),
        ({"at": "вчера"}, "at"),
        ({"at": "2001-01-01T00:00"}, "at"),
        ({"seconds": "долго"}, "seconds"),
        ({"seconds": 10**9}, "seconds"),
        ({"seconds": {}}, "seconds"),
        ({"recording": "javascript:alert(1)"}, "recording"),
        ({"phone": ["1"]}, "phone"),
        ({"direction": ["in"]}, "direction"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    session: Session, tell: Callable[..., Any], sent: dict[str, Any], field: str
) -> None:
    answer = tell(**sent)
    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]
    assert session.scalars(select(PhoneCall)).all() == []


def test_a_key_of_a_site_tells_of_no_calls_and_a_revoked_one_of_nothing(
    app: Flask, login: Login, session: Session, tell: Callable[..., Any], key: str
) -> None:
    page = login("admin").post("/inquiry-keys/", data={"name": "Сайт"}).text
    site = re.search(r"<code>([\w-]{32})</code>", page)
    assert site
    stranger = app.test_client()
    assert stranger.post(URL, json=RINGS, headers={"X-Call-Key": site[1]}).status_code == 401
    sent = {"name": "Ким", "phone": NUMBER}
    assert stranger.post("/api/v1/inquiry", json=sent, headers={"X-Inquiry-Key": key}).status_code == 401
    found = re.search(r"/telephony/revoke/(\d+)", login("admin").get("/telephony/").text)
    assert found
    admin = login("admin")
    assert admin.post(found[0].replace("telephony", "inquiry-keys")).status_code == 404
    assert tell().status_code == 200
    admin.post(found[0])
    assert tell().status_code == 401


def test_an_extension_is_of_one_user(login: Login, session: Session, key: str) -> None:
    page = login("boris").post("/profile/extension/", data={"extension": "101"}, follow_redirects=True).text
    assert "добавочный" in page.lower() or "номер" in page.lower()
    session.expire_all()
    assert user_named(session, "boris").profile is None or user_named(session, "boris").profile.extension is None


def test_calls_are_forgotten_and_their_contacts_stay(session: Session, tell: Callable[..., Any]) -> None:
    tell(seconds=60)
    assert calls.tidy(session, now=clock.now()) == 0
    assert calls.tidy(session, now=clock.now() + calls.RETENTION + timedelta(days=1)) == 1
    assert len(contacts(session)) == 1


def test_what_pages_ask_by_themselves_is_there(app: Flask) -> None:
    assert set(app.view_functions) >= BY_THEMSELVES
