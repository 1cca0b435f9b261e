"""The caller screen as the answering employee sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.words import AbcClass, ContactState, Measure
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import ContactPerson, Counterparty
from tests.clients import Clients

Login = Callable[..., FlaskClient]
NUMBER = "8 (912) 345-67-89"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def client_of_anna(clients: Clients, **values: str) -> tuple[Counterparty, ContactPerson]:
    company = clients.company("Гранит", **values)
    person = clients.person(company, "Орлова", "Анна", position="Закупщик")
    clients.phone(company, f"{NUMBER} доб. 204", person)
    return company, person


def content(page: str) -> str:
    """What stands on the page beside its frame."""
    return page[page.index('<main class="container-fluid"') : page.index("</main>")]


def read(browser: FlaskClient, query: str) -> str:
    answer = browser.get(f"/call?{query}")
    assert answer.status_code == 200
    return content(answer.get_data(as_text=True))


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return unescape(found[1])


def new_contact(page: str) -> dict[str, str]:
    """What the button «New contact» fills into its form."""
    found = re.search(r'href="(/contacts/add[^"]*)"', page)
    if found is None:
        return {}
    query = parse_qs(urlsplit(unescape(found[1])).query)
    return {name.removeprefix("_flt_0_"): values[0] for name, values in query.items()}


@pytest.mark.parametrize(
    "query",
    [
        "phone=8+(912)+345-67-89",
        "phone=%2B79123456789",
        "phone=+79123456789",
        "phone=89123456789",
        "phone=%208%20912%20345%2067%2089",
        "phone=204",
        "phone=6789",
    ],
)
def test_any_spelling_in_the_address_opens_the_client(login: Login, clients: Clients, query: str) -> None:
    client_of_anna(clients)
    assert heading(read(login("anna"), query)) == "Орлова Анна"


def test_one_screen_says_all_that_the_talk_needs(login: Login, clients: Clients) -> None:
    company, person = client_of_anna(clients, needs="Только гранитная крошка", comment="Платит вовремя")
    clients.phone(company, "8 495 100-20-30")
    clients.contact(company, "Обсудили скидку", -1, state=ContactState.DONE, text="Ждут ответа до пятницы")
    clients.contact(company, "Позвонить о сроках", 30)
    clients.order(company, "ЗК-77")
    clients.debt(company, shipped=1900, paid=250)
    run = clients.add(
        AbcRun(
            on=date(2026, 1, 1),
            start=date(2025, 1, 1),
            end=date(2025, 12, 31),
            measure=Measure.REVENUE,
            share_a=70,
            share_b=20,
            share_c=10,
        )
    )
    clients.add(AbcRecord(run=run, counterparty=company, on=date(2026, 1, 1), abc=AbcClass.B, value=1))
    page = read(login("anna"), "phone=9123456789")
    for text in (
        "Гранит",
        "Закупщик",
        "Анна Петрова",
        "Только гранитная крошка",
        "Платит вовремя",
        "+7 495 100-20-30",
        "Обсудили скидку",
        "Ждут ответа до пятницы",
        "Позвонить о сроках",
        "ЗК-77",
        "1 650,00",
    ):
        assert text in page.replace("\xa0", " ")
    assert re.search(r"<dd>[^<]*\bB\b", page)
    assert page.index("Позвонить о сроках") < page.index("Обсудили скидку")
    assert new_contact(page) == {
        "counterparty": str(company.id),
        "person": str(person.id),
        "kind": "call",
        "direction": "in",
        "state": "done",
    }


def test_the_form_of_the_new_contact_has_the_call_filled_in(login: Login, clients: Clients) -> None:
    client_of_anna(clients)
    browser = login("anna")
    found = re.search(r'href="(/contacts/add[^"]*)"', read(browser, "phone=9123456789"))
    assert found
    form = content(browser.get(unescape(found[1])).get_data(as_text=True))
    assert 'value="done" checked' in form
    for value in ("call", "in"):
        assert re.search(rf'<option selected value="{value}">', form)
    for text in ("Гранит", "Орлова Анна"):
        assert re.search(rf"<option[^>]*selected[^>]*>{text}", form)


def test_an_unknown_number_offers_a_new_contact_and_a_search_by_name(login: Login, clients: Clients) -> None:
    client_of_anna(clients)
    page = read(login("anna"), "phone=%2B7+999+000-11-22")
    assert "Гранит" not in page
    assert new_contact(page) == {
        "prospect_phone": "+7 999 000-11-22",
        "kind": "call",
        "direction": "in",
        "state": "done",
    }
    assert 'action="/search"' in page


def test_the_form_for_an_unknown_number_has_the_number_in_it(login: Login, clients: Clients) -> None:
    browser = login("anna")
    found = re.search(r'href="(/contacts/add[^"]*)"', read(browser, "phone=+79990001122"))
    assert found
    form = content(browser.get(unescape(found[1])).get_data(as_text=True))
    assert re.search(r'name="prospect_phone"[^>]*value="\+79990001122"', form)


def test_a_prospect_is_greeted_by_name_and_his_name_goes_into_the_new_contact(login: Login, clients: Clients) -> None:
    clients.contact(
        None,
        "Спрашивал цены",
        prospect="Новичок",
        prospect_person="Зуев",
        prospect_phone=NUMBER,
        manager=clients.user("anna"),
    )
    page = read(login("anna"), "phone=9123456789")
    assert "Новичок" in page
    assert "Спрашивал цены" in page
    given = new_contact(page)
    assert (given["prospect"], given["prospect_person"], given["prospect_phone"]) == ("Новичок", "Зуев", "9123456789")


def test_of_somebody_else_s_client_only_the_manager_is_named(login: Login, clients: Clients) -> None:
    company, _ = client_of_anna(clients, needs="Тайные потребности")
    clients.contact(company, "Тайный разговор", -1, state=ContactState.DONE)
    page = read(login("boris"), "phone=9123456789")
    assert "Анна Петрова" in page
    for secret in ("Гранит", "Орлова", "Тайн"):
        assert secret not in page
    assert new_contact(page) == {}
    assert "Гранит" in read(login("vera"), "phone=9123456789")


def test_several_clients_with_one_number_are_a_choice(login: Login, clients: Clients) -> None:
    first, second = clients.company("Гранит"), clients.company("Малахит")
    for company in (first, second):
        clients.phone(company, NUMBER, clients.person(company, f"Орлова {company.name}"))
    browser = login("anna")
    page = read(browser, "phone=9123456789")
    links = [unescape(link) for link in re.findall(r'href="(/call\?[^"]*)"', page)]
    headings = [heading(content(browser.get(link).get_data(as_text=True))) for link in links]
    assert headings == ["Орлова Гранит", "Орлова Малахит"]


def test_several_people_of_one_client_are_a_choice_beside_the_client(login: Login, clients: Clients) -> None:
    company, _ = client_of_anna(clients)
    other = clients.person(company, "Зуев")
    clients.phone(company, NUMBER, other)
    browser = login("anna")
    page = read(browser, "phone=9123456789")
    assert heading(page) == "Гранит"
    assert "Орлова Анна" in page
    assert heading(read(browser, f"phone=9123456789&counterparty={company.id}&person={other.id}")) == "Зуев"


@pytest.mark.parametrize("query", ["", "phone=", "phone=нет", "phone=%2B", "phone=" + "x" * 3000])
def test_what_is_no_number_is_told_so(login: Login, clients: Clients, query: str) -> None:
    page = read(login("anna"), query)
    assert new_contact(page) == {}
    assert 'class="card empty"' in page


@pytest.mark.parametrize(
    "query", ["phone=9123456789&counterparty=x&person=y", "phone=9123456789&counterparty=999999999999"]
)
def test_a_made_up_choice_breaks_nothing(login: Login, clients: Clients, query: str) -> None:
    client_of_anna(clients)
    read(login("anna"), query)


def test_names_are_shown_as_text(login: Login, clients: Clients) -> None:
    company = clients.company("<script>alert(1)</script>")
    clients.phone(company, NUMBER)
    page = read(login("anna"), "phone=9123456789")
    assert "<script>alert" not in page


def test_who_may_not_read_orders_sees_none(login: Login, clients: Clients) -> None:
    company = clients.company("Поставщик", manager=None, is_supplier=True)
    clients.phone(company, NUMBER)
    clients.order(company, "ЗК-77")
    assert "ЗК-77" in read(login("vera"), "phone=9123456789")
    assert "ЗК-77" not in read(login("pavel"), "phone=9123456789")


def test_a_stranger_is_asked_to_log_in(app: object, login: Login, clients: Clients) -> None:
    client_of_anna(clients)
    answer = login("anna").application.test_client().get("/call?phone=9123456789")  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]


def test_the_screen_costs_at_most_nine_statements(login: Login, clients: Clients, sql: list[str]) -> None:
    company, person = client_of_anna(clients)
    for day in range(1, 9):
        clients.contact(company, f"контакт {day}", -day, person=person, manager=clients.user("anna"))
        clients.order(company, f"ЗК-{day}", day=day)
    browser = login("anna")
    clients.session.expire_all()
    sql.clear()
    read(browser, "phone=9123456789")
    assert len(sql) <= 9, sql
