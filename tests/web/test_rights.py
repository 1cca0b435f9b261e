"""Everybody sees his own part of the base, by every road."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from app import roles
from app.domain.viewer import Sees, Viewer
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.settings import Policy
from app.models.users import User
from app.models.visibility import RULES, as_seen, criteria_of
from tests.clients import Clients
from tests.conftest import CAST

Login = Callable[..., FlaskClient]
ENGLISH = True
OPEN = {"/login/", "/healthz", "/readyz"}


@pytest.fixture
def two(session: Session) -> dict[str, Counterparty]:
    """A counterparty of Anna and one of Boris, each with a row of every kind."""
    clients = Clients(session)
    made = {}
    for owner, mark in (("anna", "Анино"), ("boris", "Борисово")):
        company = clients.company(f"{mark} ООО", owner)
        person = clients.person(company, f"{mark}лицо")
        clients.phone(company, f"+7 912 000-00-0{len(made)}", person)
        clients.contact(company, f"{mark} дело", person=person, manager=clients.user(owner))
        order = clients.order(company, f"{mark}-1", manager=company.manager)
        values = {"date": date(2026, 1, 1), "counterparty": company, "order": order, "amount": Decimal(5)}
        clients.add(Shipment(number=f"{mark}-2", **values))
        clients.add(Payment(number=f"{mark}-3", **values))
        made[owner] = company
    session.commit()
    return made


def grant(session: Session, role: str, rights: set[tuple[str, str]]) -> None:
    """Give a role more than it has by default, so that nothing but the rows themselves is in the way."""
    found = session.scalars(select(PermissionView)).all()
    more = [right for right in found if (right.permission.name, right.view_menu.name) in rights]
    row = session.scalars(select(Role).where(Role.name == role)).one()
    row.permissions = [*row.permissions, *more]
    session.commit()


def test_what_is_compiled_for_one_reader_serves_the_next_with_rows_of_his_own(
    session: Session, two: dict[str, Counterparty]
) -> None:
    keys, read = [], {}
    for name in two:
        viewer = Viewer.of(two[name].manager_id, {Sees.OWN})
        keys.append(select(Contact).options(criteria_of(viewer))._generate_cache_key())
        session.info["viewer"] = viewer
        read[name] = session.scalars(select(Contact.subject)).all()
    del session.info["viewer"]
    assert keys[0] == keys[1]
    assert read == {"anna": ["Анино дело"], "boris": ["Борисово дело"]}


NARROWED = [model for model in RULES if model is not ContactParticipant]  # the rule of that one asks its own table


@pytest.mark.parametrize("model", NARROWED)
def test_what_is_joined_by_another_name_is_narrowed_itself(model: Any) -> None:
    other = aliased(model)
    reader = Viewer.of(1, {Sees.OWN, Sees.SUPPLIERS}, assisted=[2])
    asked = str(as_seen(reader, select(User.id).join(other, User.id > 0)))
    assert f"AS {model.__tablename__}_1 ON" in asked
    assert re.search(rf"\b{model.__tablename__}\.", asked) is None, asked


def test_the_contact_that_one_follows_is_seen_by_its_own_rule(session: Session, two: dict[str, Counterparty]) -> None:
    his = session.scalars(select(Contact.id).where(Contact.subject == "Борисово дело")).one()
    session.execute(update(Contact).where(Contact.subject == "Анино дело").values(basis_id=his))
    earlier = aliased(Contact)
    session.info["viewer"] = Viewer.of(two["anna"].manager_id, {Sees.OWN})
    read = session.execute(select(Contact.subject, earlier.subject).outerjoin(earlier, earlier.id == Contact.basis_id))
    assert read.all() == [("Анино дело", None)]
    del session.info["viewer"]


LISTS = ["counterparties", "persons", "contacts", "contact-info", "orders", "shipments", "payments"]


@pytest.mark.parametrize("section", LISTS)
def test_a_list_has_no_row_of_another_manager(login: Login, two: dict[str, Counterparty], section: str) -> None:
    page = login("anna").get(f"/{section}/list/?view=all").text
    assert "Анино" in page
    assert "Борисово" not in page


def addresses(session: Session, owner: Counterparty) -> Iterator[str]:
    """The card, the form and the deletion of every row that hangs on the counterparty."""
    for section, model in (
        ("persons", ContactPerson),
        ("contacts", Contact),
        ("shipments", Shipment),
        ("payments", Payment),
    ):
        number = session.scalars(select(model.id).where(model.counterparty_id == owner.id)).one()
        yield f"/{section}/show/{number}"
        if section in ("persons", "contacts"):
            yield f"/{section}/edit/{number}"
            yield f"/{section}/delete/{number}"
    yield from (f"/counterparties/{screen}/{owner.id}" for screen in ("show", "edit", "delete"))


def test_a_row_of_another_manager_is_not_found_by_its_number(
    login: Login, session: Session, two: dict[str, Counterparty]
) -> None:
    grant(session, "Sales manager", {("can_delete", "Counterparties"), ("can_delete", "Contacts")})
    client = login("anna")
    for address in addresses(session, two["boris"]):
        ask = client.post if "/delete/" in address or "/edit/" in address else client.get
        assert ask(address).status_code == 404, address
    for address in addresses(session, two["anna"]):
        if "/delete/" not in address:
            assert client.get(address).status_code == 200, address


def test_a_picker_offers_no_row_of_another_manager(login: Login, two: dict[str, Counterparty]) -> None:
    client = login("anna")
    for picker in ("Counterparty", "ContactPerson", "BuyerOrder"):
        found = [row["text"] for row in client.get(f"/lookup/{picker}").json["results"]]
        assert found
        assert not [name for name in found if "Борисово" in name], picker


def test_a_picker_is_closed_to_whoever_may_not_read_the_section(login: Login, app: Flask) -> None:
    assert login("pavel").get("/lookup/BuyerOrder").status_code == 403
    assert login("anna").get("/lookup/NoSuch").status_code == 404
    assert app.test_client().get("/lookup/User").status_code == 401


def test_related_rows_of_a_section_without_rights_are_not_on_the_card(login: Login, session: Session) -> None:
    clients = Clients(session)
    supplier = clients.company("Поставщик", None, is_supplier=True)
    clients.order(supplier, "Секрет-1")
    session.commit()
    address = f"/counterparties/show/{supplier.id}"
    assert "Секрет-1" not in login("pavel").get(address).text
    assert "Секрет-1" in login("vera").get(address).text


def test_whoever_opens_a_page_first_does_not_decide_what_others_are_offered(
    app: Flask, login: Login, session: Session
) -> None:
    supplier = Clients(session).company("Поставщик", None, is_supplier=True, is_buyer=False)
    session.commit()
    for names in (("pavel", "vera"), ("vera", "pavel")):
        app.jinja_env.cache.clear()  # type: ignore[union-attr]
        offered = {
            n: f"/suppliers/terms/{supplier.id}" in login(n).get(f"/counterparties/show/{supplier.id}").text
            for n in names
        }
        assert offered == {"pavel": True, "vera": False}, names


def test_the_purchasing_specialist_sees_suppliers_alone(login: Login, session: Session) -> None:
    clients = Clients(session)
    clients.company("Покупатель", None)
    clients.company("Поставщик", None, is_supplier=True)
    page = login("pavel").get("/counterparties/list/").text
    assert "Поставщик" in page
    assert "Покупатель" not in page


def test_the_policy_lets_managers_see_all(login: Login, session: Session, two: dict[str, Counterparty]) -> None:
    client = login("anna")
    assert "Борисово" not in client.get("/counterparties/list/").text
    session.get_one(Policy, 1).managers_see_all = True
    session.commit()
    assert "Борисово" in client.get("/counterparties/list/").text


def test_a_director_sees_all(login: Login, two: dict[str, Counterparty]) -> None:
    page = login("vera").get("/counterparties/list/").text
    assert "Анино" in page
    assert "Борисово" in page


def test_the_count_of_a_list_is_of_seen_rows(login: Login, session: Session) -> None:
    clients = Clients(session)
    for n in range(30):
        clients.company(f"Моя {n:02}", "anna")
        clients.company(f"Чужая {n:02}", "boris")
    page = login("anna").get("/counterparties/list/").text
    assert "1–25 of 30" in page


def test_a_manager_gets_no_menu_of_administration(login: Login) -> None:
    page = login("anna").get("/").text
    assert "/counterparties/list/" in page
    assert "/users/list/" not in page


def test_a_stranger_gets_nothing_but_the_login(app: Flask) -> None:
    client = app.test_client()
    let_in = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.rule in OPEN:
            continue
        status = client.get(rule.rule).status_code
        if status not in (301, 302, 308, 401, 405):
            let_in[rule.rule] = status
    assert let_in == {}


@pytest.mark.usefixtures("session")  # wrong secrets of marks are counted, and later tests have their own
def test_a_page_of_a_row_sends_a_stranger_to_the_login_or_knows_no_such_row(app: Flask) -> None:
    client = app.test_client()
    statuses = {}
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments:
            address = re.sub(r"<[^>]*>", "a", re.sub(r"<int[^>]*>", "1", rule.rule))
            statuses[rule.rule] = client.get(address).status_code
    assert statuses["/work/<int:job_id>"] == 302
    assert {address: status for address, status in statuses.items() if status not in (302, 308, 400, 401, 404)} == {}


SCREENS = {
    "counterparties": "Counterparties",
    "persons": "Contact persons",
    "contacts": "Contacts",
    "orders": "Orders",
    "shipments": "Shipments",
    "payments": "Payments",
    "items": "Items",
    "sources": "Catalogues",
    "policy": "Policy",
    "organisation": "Our organisation",
    "users": "Users",
    "roles": "Roles",
}


@pytest.mark.parametrize("username", [*CAST])
def test_each_role_opens_its_own_screens(login: Login, username: str) -> None:
    role = CAST[username][2]
    client = login(username)
    opened = {section for address, section in SCREENS.items() if client.get(f"/{address}/list/").status_code < 400}
    mine = {section for section in SCREENS.values() if role == roles.ADMIN or roles.verbs(role, section)}
    assert opened == mine


def test_whoever_may_only_read_gets_no_form(login: Login) -> None:
    client = login("anna")
    assert "/items/add" not in client.get("/items/list/").text
    assert client.get("/items/add").status_code == 403
    assert client.post("/items/add", data={"name": "Гвоздь"}).status_code == 403


def test_a_screen_that_a_view_does_not_have_is_not_offered(login: Login) -> None:
    """The administrator has every right, but nobody deletes users."""
    page = login("admin").get("/users/list/").text
    assert "/users/edit/" in page
    assert "/users/delete/" not in page
