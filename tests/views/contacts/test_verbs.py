"""Verbs of a contact on its card, in rows and in the box: who may, what is refused, what nobody may overwrite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY
from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.histories import ContactMove
from app.models.users import Role
from tests.clients import Clients, from_now
from tests.conftest import user_named
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]
WRITE_CONTACTS = ("can_write", "Contacts")
JSON = {"Accept": "application/json"}


@pytest.fixture
def contact(session: Session) -> Contact:
    clients = Clients(session)
    made = clients.contact(clients.company("Ромашка"), "Цены", days=from_now(30), manager=user_named(session, "anna"))
    session.commit()
    return made


def post(client: FlaskClient, contact: Contact, verb: str, **data: Any) -> Any:
    sent = {"version": contact.version, **data}
    return client.post(f"/contacts/{verb}/{contact.id}", data=sent, headers=JSON)


def test_one_press_moves_and_a_box_finishes_with_the_next_contact(
    login: Login, session: Session, contact: Contact
) -> None:
    anna = login("anna")
    answer = anna.post(f"/contacts/move/{contact.id}?when=tomorrow&version={contact.version}", headers=JSON)
    assert answer.json["told"] == "Перенесено: завтра, 10:00."
    session.refresh(contact)
    assert contact.starts_at.strftime("%H:%M") == "10:00"
    answer = post(anna, contact, "finish", text="Ждет счет", minutes="12", when="week")
    following = session.scalars(select(Contact).where(Contact.basis_id == contact.id)).one()
    assert answer.json["url"] == f"/contacts/show/{following.id}"
    session.refresh(contact)
    assert (contact.state, contact.text) == (ContactState.DONE, "Ждет счет")
    assert contact.ends_at - contact.starts_at == timedelta(minutes=12)
    assert contact.ends_at <= datetime.now(UTC)


def test_without_a_script_the_box_is_a_page_that_keeps_what_was_typed(
    login: Login, session: Session, contact: Contact
) -> None:
    anna = login("anna")
    assert "Что" not in anna.get(f"/contacts/box/{contact.id}").text.split('id="box-content"')[0].split("<h1>")[1]
    typed = {"version": contact.version, "text": "Ждет счет", "minutes": "0"}
    page = anna.post(f"/contacts/finish/{contact.id}", data=typed).text
    assert "От 1 до 720 минут." in page
    assert ">Ромашка</a>" in page.partition('id="box-content"')[2]
    assert "Ждет счет" in page
    done = anna.post(f"/contacts/finish/{contact.id}", data=typed | {"minutes": "5", "back": "/"})
    assert done.location.endswith("/")
    assert session.get(Contact, contact.id, populate_existing=True).state is ContactState.DONE  # type: ignore[union-attr]


@pytest.mark.parametrize("verb", ["finish", "move", "follow", "cancel"])
def test_a_verb_is_of_those_who_see_the_row_and_may_write(
    login: Login, session: Session, contact: Contact, verb: str
) -> None:
    sent = {"when": "tomorrow"}
    assert post(login("boris"), contact, verb, **sent).status_code == 404  # another manager's
    assert login("boris").get(f"/contacts/box/{contact.id}").status_code == 404
    assert post(login("pavel"), contact, verb, **sent).status_code in {302, 403, 404}
    session.refresh(contact)
    assert (contact.state, contact.version) == (ContactState.PLANNED, 1)
    assert session.scalars(select(Contact)).all() == [contact]


@pytest.mark.parametrize("verb", ["finish", "move", "follow", "cancel"])
def test_what_somebody_changed_meanwhile_is_looked_at_first(
    login: Login, session: Session, contact: Contact, verb: str
) -> None:
    answer = login("anna").post(f"/contacts/{verb}/{contact.id}", data={"version": "7", "when": "week"}, headers=JSON)
    assert answer.status_code == 422
    assert "кто-то изменил" in answer.json["message"]
    session.refresh(contact)
    assert contact.state is ContactState.PLANNED


def test_the_third_move_asks_why_at_its_field(login: Login, session: Session, contact: Contact) -> None:
    anna = login("anna")
    for when in ("week", "hour"):
        assert post(anna, contact, "move", when=when).status_code == 200
        session.refresh(contact)
    answer = post(anna, contact, "move", when="tomorrow")
    assert (answer.status_code, answer.json["field"]) == (422, "reason")
    at = f"{clock.now() + 60 * DAY:%Y-%m-%dT10}"
    times = {"starts_at": f"{at}:00", "ends_at": f"{at}:30"}
    form = {"counterparty": contact.counterparty_id, "state": "planned", **times}
    typed = anna.post(f"/contacts/edit/{contact.id}", data=form)
    assert 'id="starts_at-error"' in typed.text
    assert 'name="why_moved"' in typed.text
    session.refresh(contact)
    assert post(anna, contact, "move", when="tomorrow", reason="в отпуске").status_code == 200
    typed = anna.post(f"/contacts/edit/{contact.id}", data=form | {"why_moved": "ждут"})
    assert typed.status_code == 302
    assert reasons(session) == ["", "", "в отпуске", "ждут"]


def reasons(session: Session) -> list[str]:
    return list(session.scalars(select(ContactMove.reason).order_by(ContactMove.id)))


def test_a_program_says_why_it_moves_a_contact_for_the_third_time(
    app: Flask, login: Login, session: Session, contact: Contact
) -> None:
    program = Program(app, session, "anna")

    def move(day: int, **more: str) -> Any:
        at = f"{clock.now() + day * DAY:%Y-%m-%dT10}"
        return program("PUT", f"contact/{contact.id}", json={"starts_at": f"{at}:00Z", "ends_at": f"{at}:30Z", **more})

    assert [move(day).status_code for day in (60, 61)] == [200, 200]
    answer = move(62)
    assert (answer.status_code, list(answer.get_json()["message"])) == (422, ["starts_at"])
    assert move(62, why_moved="р" * 201).status_code == 422
    assert move(62, why_moved="заболел").status_code == 200
    assert reasons(session) == ["", "", "заболел"]


@pytest.mark.parametrize("typed", [{}, {"at": "когда-нибудь"}, {"at": "2020-01-01T10:00"}, {"when": "never"}])
def test_a_move_wants_a_time_that_is_to_come(login: Login, contact: Contact, typed: dict[str, str]) -> None:
    answer = post(login("anna"), contact, "move", **typed)
    assert (answer.status_code, answer.json["field"]) == (422, "at")


def test_rows_and_cards_carry_the_verbs(login: Login, session: Session, contact: Contact) -> None:
    anna = login("anna")
    listed = f"/contacts/list/?_flt_0_counterparty={contact.counterparty_id}"
    for page in (listed, f"/counterparties/show/{contact.counterparty_id}", f"/contacts/show/{contact.id}"):
        text = anna.get(page).text
        assert f'href="/contacts/box/{contact.id}"' in text
        assert f"/contacts/move/{contact.id}?version=1&amp;when=hour" in text
    assert post(anna, contact, "finish").status_code == 200
    text = anna.get(f"/contacts/show/{contact.id}").text
    assert "/contacts/follow/" in text
    assert "/contacts/move/" not in text


def test_the_verbs_of_a_row_are_for_whoever_may_write(login: Login, session: Session, contact: Contact) -> None:
    listed = f"/contacts/list/?_flt_0_counterparty={contact.counterparty_id}"
    vera = login("vera")
    assert f"/contacts/move/{contact.id}?" in vera.get(listed).text  # the buttons are kept from now on
    role = session.scalars(select(Role).where(Role.name == "Commercial director")).one()
    kept = [right for right in role.permissions if (right.permission.name, right.view_menu.name) != WRITE_CONTACTS]
    role.permissions = kept
    session.commit()
    text = vera.get(listed).text
    assert f"/contacts/show/{contact.id}" in text
    assert "/contacts/move/" not in text


def test_what_has_happened_is_refused_in_the_future_by_form_and_by_rest(
    app: Flask, login: Login, session: Session, contact: Contact
) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
    typed = {"counterparty": contact.counterparty_id, "state": "done", "starts_at": tomorrow, "ends_at": tomorrow}
    assert 'id="starts_at-error"' in login("anna").post("/contacts/add", data=typed).text
    program = Program(app, session, "anna")
    answer = program("POST", "contact/", json=typed)
    assert (answer.status_code, list(answer.get_json()["message"])) == (422, ["starts_at"])
    answer = program("PUT", f"contact/{contact.id}", json={"state": "done"})
    assert (answer.status_code, list(answer.get_json()["message"])) == (422, ["starts_at"])
    assert session.scalars(select(Contact.state)).all() == [ContactState.PLANNED]
