"""A safe cell is changed where it stands, by the rules and the rights of the form."""

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
from app.domain.own_fields import Owner, OwnKind
from app.domain.words import ContactState, Importance
from app.models.counterparties import CounterpartyGroup
from app.models.histories import ContactMove
from app.models.own_fields import OwnField
from app.models.products import Item
from app.services.own_fields import save_field
from tests.clients import Clients, from_now
from tests.conftest import user_named
from tests.web.lists.test_columns import lists_of

Login = Callable[..., FlaskClient]


def shown(client: FlaskClient, address: str) -> str:
    """What the form showed of the row, by which a change meanwhile is noticed."""
    page = client.get(address)
    assert page.status_code == 200
    found = re.search(r'name="shown"[^>]*value="([^"]*)"', page.text)
    assert found
    return found[1]


def test_cells_that_are_safe_know_where_they_are_changed(app: Flask, login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка")
    page = login("vera").get("/counterparties/list/").text
    assert f'data-fact="/counterparties/fact/{company.id}/manager"' in page
    assert (
        f'data-fact="/counterparties/fact/{company.id}/manager"' not in login("anna").get("/counterparties/list/").text
    )
    for view in lists_of(app):
        assert set(view.safe_columns) <= set(view.edit_columns or ()), type(view).__name__


def test_a_cell_is_changed(login: Login, session: Session) -> None:
    clients = Clients(session)
    contact = clients.contact(clients.company("Ромашка"), "Дело")
    anna, address = login("anna"), f"/contacts/fact/{contact.id}/importance"
    data = {"importance": "high", "shown": shown(anna, address)}
    assert anna.post(address, data=data).status_code == 204
    session.expire_all()
    assert contact.importance is Importance.HIGH


def test_somebody_elses_change_is_told(login: Login, session: Session) -> None:
    clients = Clients(session)
    group, other = clients.add(CounterpartyGroup(name="Опт")), clients.add(CounterpartyGroup(name="Розница"))
    company = clients.company("Ромашка")
    anna, address = login("anna"), f"/counterparties/fact/{company.id}/group"
    seen = shown(anna, address)
    company.group = other
    session.flush()
    answer = anna.post(address, data={"group": group.id, "shown": seen})
    assert answer.status_code == 422
    assert "Розница" in answer.text
    session.expire_all()
    assert company.group is other


def test_handing_over_is_a_right_of_its_own(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    anna, address = login("anna"), f"/counterparties/fact/{company.id}/manager"
    data = {"manager": user_named(session, "boris").id, "shown": shown(anna, address)}
    answer = anna.post(address, data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    session.expire_all()
    assert company.manager.username == "anna"
    assert login("vera").post(address, data=data).status_code == 204


@pytest.mark.parametrize("name", ["name", "price", "shown", "csrf_token", "nonsense"])
def test_other_fields_want_the_whole_form(login: Login, session: Session, name: str) -> None:
    item = Clients(session).add(Item(code="1", name="Гвоздь"))
    assert login("admin").get(f"/items/fact/{item.id}/unit").status_code == 200
    assert login("admin").get(f"/items/fact/{item.id}/{name}").status_code == 404


def test_a_foreign_row_is_not_there(login: Login, session: Session) -> None:
    clients = Clients(session)
    foreign = clients.company("Чужая", "boris")
    contact = clients.contact(foreign, "Дело", manager=foreign.manager)
    anna: Any = login("anna")
    for address in (f"/counterparties/fact/{foreign.id}/group", f"/contacts/fact/{contact.id}/importance"):
        assert anna.get(address).status_code == 404
        assert anna.post(address, data={"group": "", "importance": "high"}).status_code == 404


def test_only_writers_change(app: Flask, login: Login) -> None:
    maria = login("maria")  # reads items and orders
    for view in lists_of(app):
        right = "can_write", view.class_permission_name
        if view.class_permission_name == "Items":
            assert right
            assert maria.get("/items/fact/1/unit").status_code == 403


def test_a_cell_of_an_own_field_is_changed_by_those_who_may(login: Login, session: Session) -> None:
    clients = Clients(session)
    for name, roles in (("Этаж", []), ("Код двери", ["Commercial director"])):
        save_field(session, OwnField(owner=Owner.CONTACT, kind=OwnKind.TEXT, name=name, changed_by=roles))
    contact = clients.contact(clients.company("Ромашка"), "Дело")
    session.commit()
    anna, address = login("anna"), f"/contacts/fact/{contact.id}/own_etazh"
    page = anna.get("/contacts/list/?view=all&_col_ContactView=starts_at,own_etazh,own_kod_dveri").text
    assert f'data-fact="{address}"' in page
    assert "own_kod_dveri" in page
    assert f"/contacts/fact/{contact.id}/own_kod_dveri" not in page
    assert anna.post(address, data={"own_etazh": "третий", "shown": shown(anna, address)}).status_code == 204
    assert anna.post(f"/contacts/fact/{contact.id}/own_kod_dveri", data={"own_kod_dveri": "1"}).status_code == 404
    session.expire_all()
    assert contact.own == {"etazh": "третий"}


def test_a_contact_that_is_ahead_does_not_become_done_in_its_cell(login: Login, session: Session) -> None:
    clients = Clients(session)
    contact = clients.contact(clients.company("Ромашка"), "Дело", from_now(3))
    anna, address = login("anna"), f"/contacts/fact/{contact.id}/state"
    answer = anna.post(address, data={"state": "done", "shown": shown(anna, address)})
    assert answer.status_code == 422
    assert "не может быть в будущем" in answer.text
    session.expire_all()
    assert contact.state is ContactState.PLANNED
    assert anna.post(address, data={"state": "cancelled", "shown": shown(anna, address)}).status_code == 204


def test_a_contact_that_is_moved_in_its_cell_lasts_as_long_and_says_why_at_last(login: Login, session: Session) -> None:
    clients = Clients(session)
    contact = clients.contact(clients.company("Ромашка"), "Дело", from_now(3))
    anna, address = login("anna"), f"/contacts/fact/{contact.id}/starts_at"
    days = [f"{clock.now() + timedelta(days=n):%Y-%m-%d}T12:00" for n in (-3, 5, 6, 7)]

    def move(day: str, **more: str) -> Any:
        return anna.post(address, data={"starts_at": day, "shown": shown(anna, address), **more})

    assert "еще не наступило" in move(days[0]).text
    assert [move(day).status_code for day in days[1:3]] == [204, 204]
    answer = move(days[3])
    assert answer.status_code == 422
    assert "укажите причину" in answer.text
    assert 'name="why_moved"' in answer.text
    assert move(days[3], why_moved="заболел").status_code == 204
    session.expire_all()
    assert contact.ends_at - contact.starts_at == timedelta(minutes=10)
    reasons = select(ContactMove.reason).where(ContactMove.contact_id == contact.id).order_by(ContactMove.id)
    assert session.scalars(reasons).all() == ["", "", "заболел"]
