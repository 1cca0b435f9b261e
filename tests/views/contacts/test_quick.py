"""A call is written down from any page; the form of a contact has two faces and tells of the client."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Direction
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests.clients import Clients

Login = Callable[..., FlaskClient]
JSON = {"Accept": "application/json"}


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def company(clients: Clients) -> Counterparty:
    company = clients.company("Ромашка", needs="Звонить до обеда")
    clients.phone(company, "8 (846) 015-20-67")
    clients.session.commit()
    return company


def test_a_call_is_written_down_from_any_page(login: Login, session: Session, company: Counterparty) -> None:
    anna = login("anna")
    assert 'href="/contacts/quick"' in anna.get("/").text
    assert f'data-of-client="{company.id}"' in anna.get(f"/counterparties/show/{company.id}").text
    assert ">Ромашка</option>" in anna.get(f"/contacts/quick?counterparty={company.id}").text
    assert anna.get("/contacts/quick?counterparty=x").status_code == 200
    sent = {"counterparty": company.id, "direction": "in", "text": " Ждет счет ", "minutes": "7"}
    answer = anna.post("/contacts/quick", data=sent, headers=JSON)
    contact = session.scalars(select(Contact)).one()
    assert (answer.json["told"], answer.json["url"]) == ("Записано: Ромашка.", f"/contacts/show/{contact.id}")
    assert (contact.state, contact.direction, contact.text) == (ContactState.DONE, Direction.IN, "Ждет счет")
    assert contact.ends_at - contact.starts_at == timedelta(minutes=7)
    assert contact.ends_at <= datetime.now(UTC)
    assert contact.manager is not None
    assert contact.manager.username == "anna"


TOLD = {
    "counterparty": "Клиент: [А-Я]",
    "direction": "Направление: [А-Я]",
    "minutes": "Минуты: [А-Я]|От 1 до 720 минут",
}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("counterparty", ""), ("counterparty", "999999"), ("minutes", "0"), ("minutes", ""), ("direction", "up")],
)
def test_what_cannot_be_is_said_at_its_field(
    login: Login, session: Session, company: Counterparty, field: str, wrong: str
) -> None:
    sent = {"counterparty": company.id, "direction": "in", "text": "Ждет счет", "minutes": "7", field: wrong}
    answer = login("anna").post("/contacts/quick", data=sent, headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (422, field)
    assert re.match(TOLD[field], answer.json["message"])
    page = login("anna").post("/contacts/quick", data=sent).text
    assert "Ждет счет" in page
    wrong_ones = re.findall('<[^>]*aria-describedby="box-error"[^>]*>', page)
    assert wrong_ones
    assert all(f'name="{field}"' in each and 'aria-invalid="true"' in each for each in wrong_ones)
    assert session.scalars(select(Contact)).all() == []


def test_a_client_of_another_manager_cannot_be_named(login: Login, session: Session, company: Counterparty) -> None:
    sent = {"counterparty": company.id, "direction": "in", "minutes": "7"}
    answer = login("boris").post("/contacts/quick", data=sent, headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (422, "counterparty")
    assert login("boris").get(f"/call/beside/{company.id}").status_code == 404


@pytest.mark.parametrize("typed", ["ром", "2067", "8460152067", "015-20-67"])
def test_the_client_is_found_by_letters_and_by_digits(login: Login, company: Counterparty, typed: str) -> None:
    found = login("anna").get("/lookup/Client", query_string={"q": typed}).json
    assert [row["text"] for row in found["results"]] == ["Ромашка"]
    assert login("boris").get("/lookup/Client", query_string={"q": typed}).json["results"] == []


def test_what_is_known_of_the_client_stands_beside(login: Login, clients: Clients, company: Counterparty) -> None:
    clients.contact(company, "Скидка", -1, state=ContactState.DONE, text="Просили 5 %")
    clients.debt(company, 1000, 400)
    clients.session.commit()
    page = login("anna").get(f"/call/beside/{company.id}").text
    for words in ("Звонить до обеда", "600,00", "Просили 5 %"):
        assert words in page


def times(page: str) -> list[str]:
    return re.findall(r'name="(?:starts|ends)_at"[^>]*value="([^"]*)"', page)


def test_the_form_of_a_call_that_took_place_ends_now(login: Login, company: Counterparty) -> None:
    anna = login("anna")
    page = unescape(anna.get(f"/contacts/add?_flt_0_state=done&_flt_0_counterparty={company.id}").text)
    starts, ends = (datetime.fromisoformat(text) for text in times(page))
    assert ends - starts == timedelta(minutes=5)
    assert ends <= datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=3)  # Moscow
    assert re.search(r'value="done" checked', page)
    form: dict[str, Any] = {"counterparty": company.id, "state": "done", "starts_at": f"{starts:%Y-%m-%dT%H:%M}"}
    assert anna.post("/contacts/add", data=form | {"ends_at": f"{ends:%Y-%m-%dT%H:%M}"}).status_code == 302


def test_a_new_contact_is_planned_into_working_time(login: Login) -> None:
    page = login("anna").get("/contacts/add").text
    starts, ends = (datetime.fromisoformat(text) for text in times(page))
    assert ends - starts == timedelta(minutes=30)
    assert 9 <= starts.hour < 17
    assert starts.weekday() < 5 or starts.month in {1, 12}  # a decree may move a day of work
    assert 'class="f in-planned chips"' in page
