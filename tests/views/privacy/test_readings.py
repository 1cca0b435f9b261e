"""Who looked at what: whatever shows a card or gives a file away leaves a row, and administrators alone read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.models.counterparties import ContactPerson
from app.models.readings import Reading
from tests.clients import Clients
from tests.conftest import user_named

Login = Callable[..., FlaskClient]


@pytest.fixture
def person(session: Session) -> ContactPerson:
    clients = Clients(session)
    company = clients.company("Ромашка", "anna")
    person = clients.person(company, "Петренко", "Ольга")
    clients.phone(company, "+7 916 000-11-22", person)
    session.commit()
    return person


def noted(session: Session) -> list[tuple[str, str, int | None, int | None]]:
    """What was noted since it was asked last."""
    query = select(Reading.kind, Reading.path, Reading.counterparty_id, Reading.person_id).order_by(Reading.id)
    found = [(str(kind), *rest) for kind, *rest in session.execute(query)]
    session.execute(delete(Reading))
    session.commit()
    return found


def test_a_card_is_noted_once_whatever_of_it_was_read(login: Login, session: Session, person: ContactPerson) -> None:
    anna, one, client = login("anna"), person.id, person.counterparty_id
    for path in (f"/persons/show/{one}", f"/persons/edit/{one}", f"/persons/feed/{one}"):
        assert anna.get(path).status_code == 200
    session.execute(update(Reading).values(at=Reading.at - timedelta(minutes=6)))
    assert anna.get(f"/persons/edit/{one}").status_code == 200
    assert noted(session) == [("card", f"/persons/{screen}/{one}", client, one) for screen in ("show", "edit")]
    for path, found in (
        (f"/counterparties/show/{client}", (client, None)),
        ("/call?phone=9160001122", (client, one)),
        (f"/history/contact_person/{one}", (client, one)),
    ):
        assert anna.get(path).status_code == 200
        assert noted(session) == [("card", path.partition("?")[0], *found)]
    assert anna.get("/persons/list/").status_code == 200
    assert login("boris").get(f"/persons/show/{one}").status_code == 404
    assert noted(session) == []


def test_a_file_is_noted_each_time(login: Login, session: Session, person: ContactPerson) -> None:
    vera = login("vera")
    session.commit()  # a long answer goes on reading after it was noted
    for path in ("/export/persons.csv", "/reports/contact-info/xlsx", "/reports/contact-info/json"):
        for _time in range(2):
            with vera.get(path) as answer:
                assert answer.status_code == 200, path
        assert noted(session) == [("file", path, None, None)] * 2
    with vera.post("/persons/xlsx") as chosen, vera.get(f"/personal-data/{person.id}/file") as known:
        assert (chosen.status_code, known.status_code) == (200, 200)
    assert [path for _kind, path, *_ in noted(session)] == ["/persons/xlsx", f"/personal-data/{person.id}/file"]


def test_a_program_is_noted_too(app: Flask, session: Session, person: ContactPerson) -> None:
    client = app.test_client()
    with app.app_context():
        token = create_access_token(identity=str(user_named(session, "vera").id), fresh=True)
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(f"/api/v1/person/{person.id}", headers=headers).status_code == 200
    assert client.get("/api/v1/person/", headers=headers).status_code == 200
    assert client.get("/api/v1/item/", headers=headers).status_code == 200
    assert noted(session) == [
        ("program", f"/api/v1/person/{person.id}", person.counterparty_id, person.id),
        ("program", "/api/v1/person/", None, None),
    ]


def test_administrators_read_who_looked(login: Login, session: Session, person: ContactPerson) -> None:
    login("anna").get(f"/persons/show/{person.id}")
    admin = login("admin")
    anna = user_named(session, "anna").id
    for asked, found in (
        (f"_flt_0_person={person.id}", True),
        (f"_flt_0_counterparty={person.counterparty_id}&_flt_0_by={anna}", True),
        (f"_flt_0_person={person.id + 1}", False),
        ("_flt_1_at=2026-01-01", False),  # to that day
    ):
        assert ("Петрова" in admin.get(f"/readings/list/?{asked}").text.partition("<tbody")[2]) is found, asked
    assert "Петрова" in admin.get(f"/personal-data/{person.id}").text
    vera = login("vera")
    assert vera.get("/readings/list/").status_code == 403
    assert "Кто смотрел" not in vera.get(f"/personal-data/{person.id}").text
