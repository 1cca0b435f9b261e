"""«Зарегистрировать» on the card of a contact: one press, or two where the prospect resembles somebody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests.clients import Clients

Login = Callable[..., FlaskClient]


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def contact(session: Session, clients: Clients) -> Contact:
    told = {"prospect": "Уют", "prospect_phone": "+7 846 215-20-67", "manager": clients.user("anna")}
    made = clients.contact(None, "Цены", **told)
    session.commit()
    return made


def test_one_press_registers_and_one_takes_it_back(login: Login, session: Session, contact: Contact) -> None:
    anna = login("anna")
    assert f"/register/{contact.id}" in anna.get(f"/contacts/show/{contact.id}").text
    answer = anna.post(f"/register/{contact.id}")
    client = session.scalars(select(Counterparty).where(Counterparty.name == "Уют")).one()
    assert answer.location == f"/counterparties/show/{client.id}"
    page = anna.get(answer.location).text
    assert "Зарегистрирован: Уют." in page
    assert "/journal/undo/" in page
    assert "/register/" not in anna.get(f"/contacts/show/{contact.id}").text


def test_a_second_press_says_that_he_is_registered(login: Login, contact: Contact) -> None:
    anna = login("anna")
    anna.post(f"/register/{contact.id}")
    again = anna.post(f"/register/{contact.id}", follow_redirects=True)
    assert "уже зарегистрирован: Уют" in again.text


def test_whoever_he_resembles_is_shown_first_and_chosen_by_a_press(
    login: Login, session: Session, clients: Clients, contact: Contact
) -> None:
    known = clients.company("Дом")
    clients.phone(known, "8 846 215 20 67")
    session.commit()
    anna = login("anna")
    page = anna.post(f"/register/{contact.id}").text
    assert "Дом" in page
    assert f'value="client:{known.id}"' in page
    answer = anna.post(f"/register/{contact.id}", data={"is": f"client:{known.id}"})
    assert answer.location == f"/counterparties/show/{known.id}"
    session.refresh(contact)
    assert contact.counterparty == known


@pytest.mark.parametrize("answer", ["client:{}", "client:999999999", "person:x", "client:"])
def test_a_client_that_one_does_not_see_cannot_be_chosen(
    login: Login, session: Session, clients: Clients, contact: Contact, answer: str
) -> None:
    stranger = clients.company("Тайна", "boris")
    session.commit()
    page = login("anna").post(f"/register/{contact.id}", data={"is": answer.format(stranger.id)}, follow_redirects=True)
    assert page.status_code == 200
    session.refresh(contact)
    assert contact.counterparty is None
    assert "Тайна" not in page.text


def test_a_contact_of_another_manager_is_not_there(login: Login, contact: Contact) -> None:
    assert login("boris").post(f"/register/{contact.id}").status_code == 404
