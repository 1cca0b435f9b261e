"""Counterparties in the browser: search, card, form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import PermissionView
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.users import User
from tests.clients import Clients

Login = Callable[..., FlaskClient]


@pytest.fixture
def company(session: Session) -> Counterparty:
    clients = Clients(session)
    company = clients.company("Торговый дом «Ёлка и Гранит»", "anna", inn="7707083893", is_supplier=True)
    clients.phone(company, "8 (912) 345-67-89")
    clients.company("Другая фирма", "boris")
    session.commit()
    return company


SEARCHES = [
    {"_flt_0_words": "елк"},
    {"_flt_0_words": "гранит торг"},
    {"_flt_0_words": "7707083893"},
    {"_flt_0_words": "770708"},
    {"_flt_0_phone": "6789"},
    {"_flt_0_phone": "+7 912 345 67 89"},
    {"_flt_0_is_supplier": "1"},
]


@pytest.mark.parametrize("asked", SEARCHES)
def test_it_is_found_by_what_one_remembers(login: Login, company: Counterparty, asked: dict[str, str]) -> None:
    page = login("admin").get("/counterparties/list/", query_string=asked).text
    assert "Гранит" in page
    assert "Другая фирма" not in page


def test_it_is_found_by_its_manager(login: Login, company: Counterparty) -> None:
    page = login("admin").get("/counterparties/list/", query_string={"_flt_0_manager": company.manager_id}).text
    assert "Гранит" in page
    assert "Другая фирма" not in page


def test_the_card_has_everything_that_belongs_to_it(login: Login, session: Session, company: Counterparty) -> None:
    clients = Clients.__new__(Clients)
    clients.session = session
    person = clients.person(company, "Иванов", "Пётр")
    clients.contact(company, "Обсудить цены", person=person)
    clients.order(company, "ЗП-1")
    session.commit()
    page = login("anna").get(f"/counterparties/show/{company.id}").text
    for text in ("7707083893", "+7 912 345-67-89", "Иванов Пётр", "Обсудить цены", "ЗП-1", "Анна Петрова"):
        assert text in page, text


def test_a_row_without_a_code_gets_the_next_number(login: Login, session: Session) -> None:
    client = login("admin")
    for name in ("Первая", "Вторая"):
        assert client.post("/counterparties/add", data={"name": name}).status_code == 302
        assert client.post("/items/add", data={"name": name}).status_code == 302
    for model in (Counterparty, Item):
        first, second = session.scalars(select(model.code).order_by(model.id))
        assert int(second) == int(first) + 1
        assert len(first) == 9


def test_a_number_that_an_imported_row_has_is_passed_over(login: Login, session: Session) -> None:
    client = login("admin")
    client.post("/counterparties/add", data={"name": "Первая"})
    (first,) = session.scalars(select(Counterparty.code))
    session.add(Counterparty(code=f"{int(first) + 2:09}", name="Из файла"))  # it takes the next number itself
    session.commit()
    assert client.post("/counterparties/add", data={"name": "Вторая"}).status_code == 302
    assert int(session.scalars(select(Counterparty.code).where(Counterparty.name == "Вторая")).one()) > int(first) + 2


REQUISITES: list[dict[str, Any]] = [
    {"inn": "1234567890"},
    {"inn": "770708389"},
    {"inn": "7707083893", "kpp": "77AA"},
    {"ogrn": "1027700132196"},
    {"kind": "person", "inn": "7707083893"},
]


@pytest.mark.parametrize("wrong", REQUISITES)
def test_wrong_requisites_are_said_at_the_field_and_may_be_kept(
    login: Login, session: Session, wrong: dict[str, Any]
) -> None:
    client = login("admin")
    data = {"name": "Ромашка", **wrong}
    page = client.post("/counterparties/add", data=data)
    assert page.status_code == 200
    assert 'class="err"' in page.text
    assert 'value="Ромашка"' in page.text
    assert session.scalars(select(Counterparty)).all() == []
    assert client.post("/counterparties/add", data={**data, "requisites_accepted": "y"}).status_code == 302
    assert session.scalars(select(Counterparty)).one().requisites_accepted


def test_right_requisites_are_taken_with_spaces(login: Login, session: Session) -> None:
    data = {"name": "Ромашка", "inn": " 7707 083893 ", "kpp": "770701001", "ogrn": "1027700132195"}
    assert login("admin").post("/counterparties/add", data=data).status_code == 302
    assert session.scalars(select(Counterparty.inn)).one() == "7707083893"


def test_a_new_counterparty_of_a_manager_is_his_own(login: Login, session: Session) -> None:
    client = login("anna")
    form = client.get("/counterparties/add").text
    assert ">Анна Петрова</option>" in form
    client.post("/counterparties/add", data={"name": "Ромашка"})
    assert session.scalars(select(Counterparty)).one().manager.username == "anna"


def test_whoever_gives_a_client_away_sees_the_list(login: Login, session: Session, company: Counterparty) -> None:
    right = select(PermissionView).where(
        PermissionView.permission.has(name="can_write"), PermissionView.view_menu.has(name="Responsible managers")
    )
    (role,) = session.scalars(select(User).where(User.username == "anna")).one().roles
    role.permissions.append(session.scalars(right).one())
    session.commit()
    boris = session.scalars(select(User).where(User.username == "boris")).one()
    data = {"name": company.name, "code": company.code, "manager": boris.id}
    answer = login("anna").post(f"/counterparties/edit/{company.id}", data=data)
    assert answer.location == "/counterparties/list/"
