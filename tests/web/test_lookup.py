"""The pickers of forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.products import Item
from tests.clients import Clients

Login = Callable[..., FlaskClient]
ENGLISH = True


@pytest.mark.parametrize("text", ["ромаш", "РОМАШ", "цвет ром", "7707083893", "77070", "Ц-17", "ц-17", "елочка"])
def test_a_counterparty_is_found_by_any_word_by_code_and_by_inn(login: Login, session: Session, text: str) -> None:
    session.add(Counterparty(code="Ц-17", name="Цветочная Ромашка и ёлочка", inn="7707083893"))
    session.add(Counterparty(code="Д-1", name="Другая"))
    session.flush()
    found = login("admin").get("/lookup/Counterparty", query_string={"q": text}).json["results"]
    assert [row["text"] for row in found] == ["Цветочная Ромашка и ёлочка"]
    assert found[0]["hint"] == "INN 7707083893"


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", ":*", "&|!", "—"])
def test_signs_are_no_trouble_to_a_picker(login: Login, session: Session, text: str) -> None:
    Clients(session).company("Ромашка")
    client = login("admin")
    for name in ("Counterparty", "ContactPerson", "Item", "User", "BuyerOrder"):
        assert client.get(f"/lookup/{name}", query_string={"q": text}).status_code == 200


def test_the_choice_comes_in_pages_in_the_order_of_names(login: Login, session: Session) -> None:
    clients = Clients(session)
    for n in range(45):
        clients.company(f"Фирма {n:02}")
    client = login("admin")
    pages = [client.get(f"/lookup/Counterparty?page={n}").json for n in (1, 2, 3)]
    assert [row["text"] for page in pages for row in page["results"]] == [f"Фирма {n:02}" for n in range(45)]
    assert [page["pagination"]["more"] for page in pages] == [True, True, False]
    assert client.get("/lookup/Counterparty?page=abc").status_code == 200
    assert client.get("/lookup/Counterparty?page=99999999999").json["results"] == []


def test_persons_are_offered_of_the_chosen_counterparty(login: Login, session: Session) -> None:
    clients = Clients(session)
    one, other = clients.company("Одна"), clients.company("Другая")
    clients.person(one, "Иванов")
    clients.person(other, "Петров")
    client = login("admin")
    found = client.get(f"/lookup/ContactPerson?counterparty={one.id}").json["results"]
    assert [row["text"] for row in found] == ["Иванов"]
    assert len(client.get("/lookup/ContactPerson").json["results"]) == 2


def test_what_a_contact_follows_is_chosen_within_its_counterparty(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка")
    clients.contact(company, "Цены")
    client = login("admin")
    assert client.get("/lookup/Contact").status_code == 400
    found = client.get(f"/lookup/Contact?counterparty={company.id}").json["results"]
    assert [row["text"] for row in found] == ["Цены"]


def test_an_item_brings_its_price_and_unit(login: Login, session: Session) -> None:
    session.add(Item(code="1", name="Гвоздь", price=5, unit="кг"))
    session.flush()
    (found,) = login("admin").get("/lookup/Item?q=гво").json["results"]
    assert (found["price"], found["unit"]) == ("5.00", "кг")


@pytest.mark.parametrize("text", ["Анна П", "петрова а"])
def test_a_user_is_found_by_both_names_in_either_order(login: Login, text: str) -> None:
    (found,) = login("admin").get("/lookup/User", query_string={"q": text}).json["results"]
    assert found["text"] == "Анна Петрова"
