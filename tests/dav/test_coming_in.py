"""Who comes in by the password of a device, and what strangers and broken programs are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.guessing import ONE
from app.models.devices import AppPassword
from tests.conftest import user_named
from tests.dav.conftest import SPACES, Telephone
from tests.factories import buyer

Login = Callable[..., FlaskClient]
SECRET = re.compile(r"<code>((?:[a-z2-7]{5}-){3}[a-z2-7]{5})</code>")


def test_a_password_is_made_shown_once_used_and_revoked_by_its_user(app: Flask, login: Login, session: Session) -> None:
    anna = login("anna")
    made = anna.post("/devices/passwords", data={"name": "Телефон"})
    assert made.headers["Cache-Control"] == "no-store"
    found = SECRET.search(made.text)
    assert found
    page = anna.get("/devices/").text
    assert "Телефон" in page
    assert found[1] not in page
    assert session.scalar(select(func.count()).where(AppPassword.hash.contains(found[1][:5]))) == 0
    user = user_named(session, "anna")
    device = Telephone(app, "ANNA", found[1].replace("-", "").upper(), user.id)
    assert device.ask("PROPFIND", "", User_Agent="iOS/18").status_code == 207
    password = session.scalars(select(AppPassword)).one()
    assert password.used_at is not None
    assert password.agent == "iOS/18"
    assert login("boris").post(f"/devices/passwords/{password.id}/revoke").status_code == 404
    assert anna.post(f"/devices/passwords/{password.id}/revoke").status_code == 302
    assert device.ask("PROPFIND", "").status_code == 401


def test_a_password_without_a_name_is_refused_beside_the_field(login: Login) -> None:
    answer = login("anna").post("/devices/passwords", data={"name": " "})
    assert answer.status_code == 400
    assert 'id="name-error"' in answer.text


@pytest.mark.usefixtures("later")
def test_guessing_is_slow_and_the_login_s_own_password_opens_nothing(session: Session, anna: Telephone) -> None:
    guessing = replace(anna, secret="wrong-wrong")
    codes = [guessing.ask("PROPFIND", "").status_code for _ in range(ONE.free + 1)]
    assert codes == [*[401] * ONE.free, 429]
    assert anna.ask("PROPFIND", "").status_code == 207
    assert replace(anna, login="boris").ask("PROPFIND", "").status_code == 401


def test_whoever_is_switched_off_or_lost_the_right_comes_in_no_more(session: Session, anna: Telephone) -> None:
    user = user_named(session, "anna")
    user.active = False
    session.commit()
    assert anna.ask("PROPFIND", "").status_code == 401
    user.active, user.roles = True, []
    session.commit()
    assert anna.ask("PROPFIND", "").status_code == 403


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PROPFIND", "<propfind"),
        ("PROPFIND", ""),
        ("PROPFIND", '<!DOCTYPE a [<!ENTITY b "b">]><propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'),
        ("REPORT", "<a>" * 5000),
        ("REPORT", ""),
        ("REPORT", f"<sync-collection {SPACES}/>"),
        ("REPORT", f"<sync-collection {SPACES}><sync-token>urn:vizavi:sync:1-{9**30}</sync-token></sync-collection>"),
        ("REPORT", f"<R:addressbook-multiget {SPACES}/>"),
        (
            "REPORT",
            f"<R:addressbook-multiget {SPACES}><href/><href>//[</href><href>/dav/../x</href></R:addressbook-multiget>",
        ),
        ("REPORT", f"<R:addressbook-query {SPACES}><R:filter><R:prop-filter/></R:filter></R:addressbook-query>"),
        ("REPORT", f"<R:addressbook-query {SPACES}><R:filter><R:x/></R:filter></R:addressbook-query>"),
        ("REPORT", f"<R:addressbook-query {SPACES}><R:filter test='none'/></R:addressbook-query>"),
        ("REPORT", f"<C:calendar-query {SPACES}><C:filter><C:comp-filter name='X'/></C:filter></C:calendar-query>"),
        ("REPORT", f"<C:free-busy-query {SPACES}/>"),
        ("REPORT", f"<expand-property {SPACES}/>"),
        (
            "REPORT",
            f"<R:addressbook-query {SPACES}><R:filter><R:prop-filter name='FN'><R:text-match>((\\</R:text-match>"
            "</R:prop-filter></R:filter></R:addressbook-query>",
        ),
        ("PROPFIND", "<x/>"),
        ("PROPFIND", f"<propfind {SPACES}/>"),
        (
            "PROPPATCH",
            f"<propertyupdate {SPACES}><set><prop><displayname/></prop></set></propertyupdate>",
        ),
        ("PUT", "nonsense"),
        ("DELETE", ""),
        ("GET", ""),
        ("MOVE", ""),
    ],
)
def test_no_question_breaks_the_server(session: Session, anna: Telephone, method: str, body: str) -> None:
    buyer(session, manager=user_named(session, "anna"))
    session.commit()
    for path in ("", anna.book("people"), anna.book("people", "x.vcf")):
        answer = anna.ask(method, path, body, Depth="infinity", If_Match='"x"', Content_Type="text/xml; charset=x")
        assert answer.status_code < 500, (path, answer.status_code)


def test_a_question_for_more_than_anybody_asks_is_not_answered(anna: Telephone) -> None:
    asked = [f"<propfind {SPACES}><prop>{'<x/>' * many}</prop></propfind>" for many in (100, 1000)]
    assert [anna.ask("PROPFIND", anna.book("people"), each).status_code for each in asked] == [207, 400]


def test_a_body_that_nobody_needs_is_not_read(anna: Telephone) -> None:
    assert anna.ask("REPORT", anna.book("people"), "x" * 1_000_001).status_code == 413


def test_programs_that_know_the_name_of_the_server_alone_find_the_books(app: Flask) -> None:
    for what in ("carddav", "caldav"):
        answer = app.test_client().open(f"/.well-known/{what}", method="PROPFIND")
        assert answer.status_code == 301
        assert answer.headers["Location"] == "/dav/"
