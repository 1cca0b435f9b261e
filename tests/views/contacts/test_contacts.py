"""Contacts in the browser: what a new one begins with, and what is refused."""

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
from app.domain.words import ContactKind, ContactState, Direction, Importance
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests.clients import Clients

Login = Callable[..., FlaskClient]
TIMES = {"starts_at": "2026-11-24T23:30", "ends_at": "2026-11-25T00:00"}


@pytest.fixture
def company(session: Session) -> Counterparty:
    company = Clients(session).company("Ромашка")
    session.commit()
    return company


def value(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


def chosen(page: str, name: str) -> str:
    select_tag = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.S)
    assert select_tag, name
    option = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option value="([^"]*)" selected', select_tag[0])
    option = option or re.search(r"<option selected value=\"([^\"]*)\"", select_tag[0])
    return next((part for part in option.groups() if part), "") if option else ""


def test_a_new_contact_begins_as_an_outgoing_call_of_ones_own(login: Login, session: Session) -> None:
    page = login("anna").get("/contacts/add").text
    begins = {name: chosen(page, name) for name in ("kind", "direction", "importance")}
    assert begins == {"kind": "call", "direction": "out", "importance": "normal"}
    assert 'value="planned" checked' in page
    assert ">Анна Петрова</option>" in page
    assert value(page, "starts_at").endswith(":00")
    assert value(page, "ends_at").endswith(":30")


def test_saved_and_shown_in_the_company_s_time_zone(
    app: Flask, login: Login, session: Session, company: Counterparty
) -> None:
    client = login("anna")
    data = {"counterparty": company.id, "subject": "Цены", "kind": "meeting", **TIMES}
    answer = client.post("/contacts/add", data=data)
    contact = session.scalars(select(Contact)).one()
    assert answer.location == f"/contacts/show/{contact.id}"
    assert contact.starts_at.utcoffset() == timedelta(hours=3)
    assert contact.starts_at.strftime("%d %H:%M") == "24 23:30"
    assert (contact.kind, contact.direction) == (ContactKind.MEETING, Direction.OUT)
    assert (contact.state, contact.importance) == (ContactState.PLANNED, Importance.NORMAL)
    assert "24.11.2026 23:30" in client.get(answer.location).text
    assert value(client.get(f"/contacts/edit/{contact.id}").text, "starts_at") == "2026-11-24T23:30"


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("ends_at", {"ends_at": "2026-11-24T23:00"}),
    ("counterparty", {"counterparty": ""}),
    ("starts_at", {"starts_at": "вчера"}),
    ("starts_at", {"starts_at": "0001-01-01T00:00", "direction": "in"}),
    ("starts_at", {"starts_at": "9999-12-31T10:00", "ends_at": "9999-12-31T10:30"}),  # no day comes after it
    ("kind", {"kind": "dream"}),
    ("source", {"source": "999999"}),
]


@pytest.mark.parametrize(("field", "wrong"), REFUSED)
def test_what_cannot_be_is_said_at_its_field(
    login: Login, session: Session, company: Counterparty, field: str, wrong: dict[str, Any]
) -> None:
    data = {"counterparty": company.id, "subject": "Обсудить цены", **TIMES, **wrong}
    page = login("anna").post("/contacts/add", data=data)
    assert page.status_code == 200
    assert f'id="{field}-error"' in page.text
    assert 'value="Обсудить цены"' in page.text
    assert session.scalars(select(Contact)).all() == []


def test_a_person_of_another_counterparty_is_refused(login: Login, session: Session, company: Counterparty) -> None:
    clients = Clients.__new__(Clients)
    clients.session = session
    stranger = clients.person(clients.company("Другая"), "Иванов")
    data = {"counterparty": company.id, "person": stranger.id, **TIMES}
    page = login("anna").post("/contacts/add", data=data)
    assert 'id="person-error"' in page.text
    assert session.scalars(select(Contact)).all() == []


def test_a_prospect_needs_no_counterparty_and_is_found_by_his_phone(login: Login, session: Session) -> None:
    client = login("anna")
    form = client.get("/contacts/add?_flt_0_prospect_phone=8+(912)+345-67-89&_flt_0_direction=in").text
    assert value(form, "prospect_phone") == "8 (912) 345-67-89"
    assert chosen(form, "direction") == "in"
    data = {"prospect": "ООО Новый", "prospect_phone": "8 (912) 345-67-89", **TIMES}
    assert client.post("/contacts/add", data=data).status_code == 302
    contact = session.scalars(select(Contact)).one()
    assert contact.prospect_tail == "98765432197"
    assert "ООО Новый" in client.get("/contacts/list/?view=all").text


def test_the_list_is_newest_first_and_marks_importance(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка")
    for day, importance in enumerate(Importance):
        clients.contact(company, f"Дело {importance}", days=day, importance=importance)
    page = login("anna").get("/contacts/list/?view=all").text
    assert page.index("Дело low") < page.index("Дело normal") < page.index("Дело high")
    assert re.findall(r'class="mark-(\w+)"[^>]*>(.)<', page) == [("low", "↓"), ("high", "!")]


def test_contacts_are_searched_by_day(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка")
    clients.contact(company, "Первый", days=0)
    clients.contact(company, "Второй", days=1)
    page = login("anna").get("/contacts/list/?_flt_0_starts_at=2026-11-20&_flt_1_starts_at=2026-11-20").text
    assert "Первый" in page
    assert "Второй" not in page


def test_what_was_planned_for_a_day_before_today_is_red_in_the_list(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка", "anna")
    for subject, days, state in (("Вчера", -1, "planned"), ("Сделано", -1, "done"), ("Сегодня", 0, "planned")):
        begins = clock.now() + timedelta(days=days)
        values = {"state": ContactState(state), "starts_at": begins, "ends_at": begins}
        clients.add(Contact(subject=subject, counterparty=company, manager=company.manager, **values))
    page = login("anna").get("/contacts/list/?view=all&_col_ContactView=subject").text
    red = re.findall(r'<tr class="overdue".*?</tr>', page, re.S)
    assert [subject for subject in ("Вчера", "Сделано", "Сегодня") if subject in "".join(red)] == ["Вчера"]
