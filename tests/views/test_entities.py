"""Persons, contact information, documents, the policy and roles in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import ContactInfo, ContactInfoKind
from app.models.movements import ShipmentLine
from app.models.orders import OrderLine
from app.models.products import Item
from app.models.settings import Policy
from app.models.users import User
from tests.clients import Clients

Login = Callable[..., FlaskClient]


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def test_a_phone_is_kept_as_typed_and_in_its_usual_form(login: Login, session: Session, clients: Clients) -> None:
    company = clients.company("Ромашка")
    session.commit()
    client = login("anna")
    address = f"/contact-info/add?_flt_0_counterparty={company.id}"
    answer = client.post(address, data={"kind": clients.phone_kind.id, "value": "8 (912) 345-67-89 доб. 12"})
    assert answer.location == f"/counterparties/show/{company.id}"
    info = session.scalars(select(ContactInfo)).one()
    assert (info.value, info.phone, info.extension) == ("8 (912) 345-67-89 доб. 12", "+79123456789", "12")


def test_information_of_a_person_belongs_to_his_counterparty_too(
    login: Login, session: Session, clients: Clients
) -> None:
    person = clients.person(clients.company("Ромашка"), "Иванов")
    session.commit()
    client = login("anna")
    address = f"/contact-info/add?_flt_0_person={person.id}"
    assert f'<option value="{person.id}" selected>' in client.get(address).text
    answer = client.post(address, data={"kind": clients.phone_kind.id, "value": "112233"})
    assert answer.location == f"/persons/show/{person.id}"
    info = session.scalars(select(ContactInfo)).one()
    assert (info.person_id, info.counterparty_id) == (person.id, person.counterparty_id)


def test_information_of_nobody_is_refused(login: Login, session: Session, clients: Clients) -> None:
    session.commit()
    page = login("anna").post("/contact-info/add", data={"kind": clients.phone_kind.id, "value": "112233"})
    assert 'id="counterparty-error"' in page.text
    assert session.scalars(select(ContactInfo)).all() == []


def test_users_extend_the_kinds_of_information(login: Login, session: Session) -> None:
    answer = login("vera").post(
        "/contact-info-kinds/add", data={"name": "Связь склада", "type": "phone", "position": "5"}
    )
    assert answer.status_code == 302
    assert session.scalars(select(ContactInfoKind).where(ContactInfoKind.name == "Связь склада")).one().position == 5


def test_an_order_shows_its_lines(login: Login, session: Session, clients: Clients) -> None:
    order = clients.order(clients.company("Ромашка"), "ЗП-1")
    item = Item(code="1", name="Гвоздь")
    order.lines = [OrderLine(item=item, quantity=3, price=2, amount=6)]
    session.commit()
    page = login("anna").get(f"/orders/show/{order.id}").text
    assert "Гвоздь" in page
    assert "6,00" in page
    assert ShipmentLine.__tablename__ not in page


@pytest.mark.parametrize(("share", "status"), [("10", 302), ("11", 200)])
def test_the_shares_of_the_policy_add_up_to_a_hundred(login: Login, session: Session, share: str, status: int) -> None:
    data = {"abc_measure": "profit", "share_a": "80", "share_b": "10", "share_c": share}
    page = login("vera").post("/policy/edit/1", data=data)
    assert page.status_code == status
    session.expire_all()
    assert session.get_one(Policy, 1).share_a == (80 if status == 302 else 70)
    if status == 200:
        assert 'id="share_c-error"' in page.text


def test_there_is_one_policy(login: Login) -> None:
    client = login("vera")
    assert client.get("/policy/list/").location == "/policy/show/1"
    assert client.post("/policy/delete/1").status_code == 404
    assert client.get("/policy/add").status_code == 404


def test_an_administrator_changes_rights_without_a_programmer(login: Login, session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    rights = {
        (right.permission.name, right.view_menu.name): str(right.id)
        for right in session.scalars(select(PermissionView))
    }
    admin, anna = login("admin"), login("anna")
    assert anna.get("/items/add").status_code == 403
    kept = [str(right.id) for right in role.permissions]
    page = admin.get(f"/roles/edit/{role.id}").text
    assert page.count("checked") == len(kept)
    data: dict[str, Any] = {"name": role.name, "permissions": [*kept, rights["can_write", "Items"]]}
    assert admin.post(f"/roles/edit/{role.id}", data=data).status_code == 302
    assert anna.get("/items/add").status_code == 200


def test_the_roles_of_the_product_are_not_deleted(login: Login, session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == "Marketing director")).one()
    login("admin").post(f"/roles/delete/{role.id}")
    assert session.scalars(select(Role.name).where(Role.id == role.id)).one() == "Marketing director"


def test_a_role_of_the_product_is_not_renamed(login: Login, session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    page = login("admin").post(f"/roles/edit/{role.id}", data={"name": "Продавец"})
    assert 'id="name-error"' in page.text
    session.expire_all()
    assert role.name == "Sales manager"


def test_an_administrator_adds_a_user(login: Login, session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    data: dict[str, Any] = {
        "first_name": "Олег",
        "last_name": "Новый",
        "username": "oleg",
        "email": "oleg@example.com",
        "active": "y",
        "roles": [role.id],
        "password": "слишком",
    }
    client = login("admin")
    assert client.post("/users/add", data=data).status_code == 200  # a short password
    nobody = client.post("/users/add", data={**data, "password": "длинный-пароль", "roles": []})
    assert re.search(r'name="roles"[^>]* aria-invalid="true"', nobody.text)
    unreached = client.post("/users/add", data={**data, "password": "длинный-пароль", "email": "olga@"})
    assert "«olga@» — не адрес" in unreached.text
    assert client.post("/users/add", data={**data, "password": "длинный-пароль"}).status_code == 302
    user = session.scalars(select(User).where(User.username == "oleg")).one()
    assert [r.name for r in user.roles] == ["Sales manager"]
    assert user.profile.must_change_password
    page = client.post("/users/add", data={**data, "password": "длинный-пароль"})
    assert 'id="username-error"' in page.text


def test_a_screen_without_rows_says_what_stands_there_and_where_it_begins(login: Login) -> None:
    admin = login("admin")
    told = {
        "/mailings/list/": "Рассылка начинается в списке",
        "/webhooks/list/": "Вебхук сообщает другой программе",
        "/own-fields/list/": "добавленное здесь свойство",
        "/journal/": "Здесь видно каждое изменение",
    }
    assert [path for path, words in told.items() if words not in admin.get(path).text] == []
