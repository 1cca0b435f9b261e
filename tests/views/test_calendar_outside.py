"""The secret address of a calendar: a program reads it without a login, until it is taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar as Component
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Importance
from app.models.contacts import Contact
from app.models.settings import Policy
from app.models.users import UserProfile
from app.models.visibility import viewer_of
from app.services import calendar
from app.services.calendar import EventPage
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]


def contact_of(session: Session, username: str, today: date, subject: str) -> Contact:
    who = user_named(session, username)
    at = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    client = buyer(session, f"Клиент {subject}", manager=who)
    made = Contact(counterparty=client, manager=who, subject=subject, starts_at=at, ends_at=at + timedelta(hours=1))
    made.importance = Importance.HIGH
    return added(session, made)


def given(client: FlaskClient) -> str:
    page = client.post("/calendar/address/give").text
    found = re.search(r"<code>http://localhost(/calendar/feed/[\w-]+\.ics)</code>", page)
    assert found
    return found[1]


def test_a_program_reads_the_events_of_its_user_alone(app: Flask, login: Login, session: Session, today: date) -> None:
    mine = contact_of(session, "anna", today, "Звонок")
    contact_of(session, "boris", today, "Чужое")
    session.commit()
    address = given(login("anna"))
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert answer.headers["Cache-Control"] == "no-store"
    (event,) = Component.from_ical(answer.data).walk("VEVENT")
    assert "Звонок" in str(event["summary"])
    assert str(event["uid"]) == f"contact-{mine.id}@vizavi"
    assert event.decoded("dtstart") == mine.starts_at
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=1)
    mine.state = ContactState.CANCELLED
    session.commit()
    assert Component.from_ical(app.test_client().get(address).data).walk("VEVENT") == []


def test_another_address_or_none_ends_the_one_before(app: Flask, login: Login, session: Session) -> None:
    anna, stranger = login("anna"), app.test_client()
    first = given(anna)
    second = given(anna)
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200
    kept = session.query(UserProfile).filter_by(user_id=user_named(session, "anna").id).one().calendar_key
    assert kept
    assert kept not in second
    anna.post("/calendar/address/take")
    assert stranger.get(second).status_code == 404
    assert stranger.get("/calendar/feed/x.ics").status_code == 404


def test_the_address_of_who_left_or_lost_his_rights_reads_nothing(app: Flask, login: Login, session: Session) -> None:
    address, anna = given(login("anna")), user_named(session, "anna")
    roles, anna.roles = list(anna.roles), []
    session.commit()
    assert app.test_client().get(address).status_code == 404
    anna.roles, anna.active = roles, False
    session.commit()
    assert app.test_client().get(address).status_code == 404


def test_the_address_only_reads(app: Flask, login: Login) -> None:
    address = given(login("anna"))
    for verb in ("post", "put", "delete", "patch"):
        assert getattr(app.test_client(), verb)(address).status_code in {400, 405}


def test_whoever_reads_the_address_sees_what_the_policy_lets_its_user_see(
    app: Flask, login: Login, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = given(login("anna"))
    seen: list[bool] = []

    def read(own: Session, *_asked: Any, **_more: Any) -> EventPage:
        viewer = viewer_of(own)
        assert viewer
        seen.append(viewer.sees_all)
        return EventPage()

    monkeypatch.setattr(calendar, "page", read)
    for does in (False, True):
        session.get_one(Policy, 1).managers_see_all = does
        session.commit()
        assert app.test_client().get(address).status_code == 200
    assert seen == [False, True]
