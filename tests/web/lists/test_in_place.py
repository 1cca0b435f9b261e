"""A safe cell is changed where it stands, by the rules and the rights of the form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.words import Importance
from app.models.counterparties import CounterpartyGroup
from app.models.products import Item
from tests.clients import Clients
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
