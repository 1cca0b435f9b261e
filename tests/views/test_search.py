"""One box finds everything that its reader may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models.products import Item
from tests.clients import Clients

Login = Callable[..., FlaskClient]
NUMBER, SHOWN = "8 (912) 345-67-89", "+7 912 345-67-89"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def search(browser: FlaskClient, text: str) -> dict[str, str]:
    """What was found, with its address."""
    answer = browser.get("/search", query_string={"q": text})
    if answer.status_code == 302:  # it is alone: its card
        card = browser.get(answer.headers["Location"]).get_data(as_text=True)
        return {unescape(re.findall(r"<h1>(.*?)</h1>", card, re.DOTALL)[0]).strip(): answer.headers["Location"]}
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    found = re.findall(r'<li>\s*<a href="([^"]*)">(.*?)</a>', page[page.index('<main class="container-fluid"') :])
    return {unescape(title): unescape(url) for url, title in found}


def test_each_kind_of_thing_is_found_and_leads_to_its_card(login: Login, clients: Clients) -> None:
    company = clients.company("Алмаз Первый", inn="7707083893")
    person = clients.person(company, "Алмазова", "Анна")
    item = clients.add(Item(code="АЛ-1", name="Алмазный диск"))
    prospect = clients.contact(None, "Спросил", prospect="Алмазный край", manager=clients.user("anna"))
    clients.company("Шум")
    assert search(login("anna"), "алмаз") == {
        "Алмаз Первый": f"/counterparties/show/{company.id}",
        "Алмазова Анна": f"/persons/show/{person.id}",
        "Алмазный диск": f"/items/show/{item.id}",
        "Алмазный край": f"/contacts/show/{prospect.id}",
    }


def test_an_inn_and_the_number_of_an_order_are_found(login: Login, clients: Clients) -> None:
    company = clients.company("Гранит", inn="7707083893")
    order = clients.order(company, "7707-15")
    found = search(login("anna"), "7707")
    assert found["Гранит"] == f"/counterparties/show/{company.id}"
    assert [url for title, url in found.items() if title.endswith("7707-15")] == [f"/orders/show/{order.id}"]


def test_one_client_s_phone_opens_the_caller_screen(login: Login, clients: Clients) -> None:
    clients.phone(clients.company("Гранит"), NUMBER)
    answer = login("anna").get("/search", query_string={"q": "+7 912 345 67 89"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/call?phone=%2B7")


def test_the_last_digits_of_a_phone_give_a_list(login: Login, clients: Clients) -> None:
    company = clients.company("Гранит")
    clients.phone(company, NUMBER)
    clients.phone(clients.company("Малахит"), "8 495 100-67-89")
    found = search(login("anna"), "6789")
    assert found[SHOWN].startswith("/call?phone=8")
    assert f"counterparty={company.id}" in found[SHOWN]


def test_a_number_of_several_clients_gives_a_list(login: Login, clients: Clients) -> None:
    clients.phone(clients.company("Гранит"), NUMBER)
    clients.phone(clients.company("Малахит"), f"Иванов {NUMBER}")
    assert set(search(login("anna"), NUMBER)) == {SHOWN, f"Иванов {NUMBER}"}


@pytest.mark.parametrize("text", ["алмаз", "7707083893", "3456789", "ЗК-15"])
def test_a_manager_finds_nothing_of_another_manager_s_clients(login: Login, clients: Clients, text: str) -> None:
    company = clients.company("Алмаз", inn="7707083893")
    clients.phone(company, "8 495 345-67-89", clients.person(company, "Алмазова"))
    clients.order(company, "ЗК-15")
    clients.contact(None, "Спросил", prospect="Алмазный край", manager=clients.user("anna"))
    assert search(login("boris"), text) == {}
    browser = login("vera")
    assert browser.get("/search", query_string={"q": text}).status_code == 302 or search(browser, text)


def test_a_group_needs_the_right_to_its_section(login: Login, clients: Clients) -> None:
    supplier = clients.company("Алмаз", manager=None, is_supplier=True)
    clients.order(supplier, "АЛМ-15")
    assert any("АЛМ-15" in title for title in search(login("vera"), "алм-15"))
    assert not any("АЛМ-15" in title for title in search(login("pavel"), "алм-15"))
    assert "Алмаз" in search(login("pavel"), "алмаз")


@pytest.mark.parametrize("section", ["Counterparties", "Contact persons", "Contacts", "Items", "Contact information"])
def test_a_section_that_is_taken_from_a_role_is_not_searched(login: Login, clients: Clients, section: str) -> None:
    company = clients.company("Алмаз 6789")
    clients.phone(company, NUMBER, clients.person(company, "Алмазова"))
    clients.add(Item(code="АЛ-6789", name="Алмазный диск"))
    clients.contact(None, "Спросил", prospect="Алмазный край", prospect_phone="8 495 100-67-89")
    browser = login("vera")
    before = {**search(browser, "алмаз"), **search(browser, "6789")}
    for role in clients.user("vera").roles:
        role.permissions = [right for right in role.permissions if right.view_menu.name != section]
    clients.session.flush()
    after = {**search(browser, "алмаз"), **search(browser, "6789")}
    assert len(after) == len(before) - 1


def test_more_than_fits_is_said(login: Login, clients: Clients) -> None:
    for number in range(10, 32):
        clients.company(f"Алмаз {number}")
    browser = login("anna")
    assert list(search(browser, "алмаз")) == [f"Алмаз {number}" for number in range(10, 30)]
    assert "уточните запрос" in browser.get("/search", query_string={"q": "алмаз"}).text


def test_what_is_found_alone_opens_its_card(login: Login, clients: Clients) -> None:
    company = clients.company("Ромашкин луг", inn="7707083893")
    person = clients.person(company, "Лугов")
    clients.email(company, "zakaz@lug.example")
    clients.email(person.counterparty, "lugov@lug.example", person)
    browser = login("anna")
    for text, url in (
        ("hjvfirby", f"/counterparties/show/{company.id}"),
        ("7707 083893", f"/counterparties/show/{company.id}"),
        ("zakaz@lug.example", f"/counterparties/show/{company.id}"),
        ("lugov@", f"/persons/show/{person.id}"),
    ):
        answer = browser.get("/search", query_string={"q": text})
        assert (answer.status_code, answer.headers.get("Location")) == (302, url), text


def test_lists_and_pickers_fold_what_is_typed_as_the_box_does(login: Login, clients: Clients) -> None:
    company = clients.company("Ромашкин луг", inn="7707083893")
    clients.company("Шум")
    browser = login("anna")
    for text in ('ООО "Ромашкин луг"', "hjvfirby", "7707 083893"):
        page = browser.get("/counterparties/list/", query_string={"_flt_0_words": text}).get_data(as_text=True)
        assert "Ромашкин луг" in page, text
        assert ">Шум<" not in page
        offered = browser.get("/lookup/Counterparty", query_string={"q": text}).get_json()["results"]
        assert [row["id"] for row in offered] == [company.id], text


@pytest.mark.parametrize("text", ["", "   ", "!!!", "%", "'", "а" * 5000, "<script>alert(1)</script>"])
def test_nonsense_finds_nothing_and_breaks_nothing(login: Login, clients: Clients, text: str) -> None:
    clients.company("Гранит")
    browser = login("anna")
    assert search(browser, text) == {}
    assert "<script>alert" not in browser.get("/search", query_string={"q": text}).get_data(as_text=True)


def test_a_stranger_is_asked_to_log_in(login: Login) -> None:
    answer = login("anna").application.test_client().get("/search?q=1")  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]


@pytest.mark.parametrize("text", ["алмаз", "7707083893", "алмаз 15", "9123456789", "6789"])
def test_a_search_costs_at_most_eight_statements(login: Login, clients: Clients, sql: list[str], text: str) -> None:
    for number in range(3):
        company = clients.company(f"Алмаз {number} 15", inn="7707083893")
        clients.phone(company, NUMBER, clients.person(company, "Алмазова"))
        clients.order(company, f"7707083893-{number}")
    browser = login("anna")
    clients.session.expire_all()
    sql.clear()
    search(browser, text)
    assert len(sql) <= 8, sql
