"""What a list shows by itself, in how many statements, and what a reader may add to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ContactState
from app.models.classes import AbcRecord, StageRecord
from app.web.lists.columns import Chosen, as_text, chosen_columns
from app.web.lists.table import kind_of
from app.web.views import CrmView
from tests.clients import Clients

Login = Callable[..., FlaskClient]


def lists_of(app: Flask) -> list[Any]:
    return [view for view in app.appbuilder.baseviews if isinstance(view, CrmView) and view.offers("list")]


def heads(page: str) -> list[str]:
    """The columns of the page, in their order."""
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    return [cell.split('title="')[1].split('"')[0] for cell in head.split("<th ")[1:] if 'title="' in cell]


def a_client(session: Session, clients: Clients) -> Any:
    company = clients.company("Ромашка", "anna")
    clients.phone(company, "+7 846 222-90-18", clients.person(company, "Иванов"))
    clients.phone(company, "8 (846) 333-44-55", extension="12")
    clients.contact(company, "Был", days=-40, state=ContactState.DONE)
    clients.contact(company, "Раньше", days=-60, state=ContactState.DONE)
    clients.contact(company, "Будет", days=4000, state=ContactState.PLANNED)
    clients.debt(company, shipped=700, paid=200)
    day = date(2026, 1, 1)
    session.add(AbcRecord(counterparty=company, on=day, abc="A", value=1))
    session.add(StageRecord(counterparty=company, on=day, stage="regular", xyz="X"))
    session.flush()
    return company


def test_a_client_is_known_from_his_line(login: Login, session: Session) -> None:
    clients = Clients(session)
    a_client(session, clients)
    clients.company("Пустой")
    page = login("admin").get("/counterparties/list/").text
    assert heads(page) == [
        *("Наименование", "Класс", "Стадия", "Ответственный менеджер", "Телефон"),
        *("Последний контакт", "Следующий контакт", "Долг"),
    ]
    row = page.partition("Ромашка")[2].partition("</tr>")[0]
    assert '<span class="tag strong">A</span>' in row
    assert "Постоянный · X" in row
    assert 'href="tel:+78463334455;ext=12"' in row  # the company's own before that of a person
    assert "11.10.2026" in row
    assert '<span class="late">500,00</span>' in row


def test_a_late_contact_is_red(login: Login, session: Session) -> None:
    clients = Clients(session)
    clients.contact(clients.company("Ромашка"), "Позвонить", days=-30)
    page = login("admin").get("/counterparties/list/").text
    assert '<span class="late">21.10.2026</span>' in page


def test_a_column_with_nothing_in_it_leaves_its_width_to_the_others() -> None:
    told = {"text": ["Новые цены и сроки на декабрь", None], "whole": [None, ""], "num": [None, 1]}
    assert [kind_of(values) for values in told.values()] == list(told)


def test_who_may_not_read_payments_sees_no_debt(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = a_client(session, clients)
    company.is_supplier = True
    session.flush()
    page = login("pavel").get("/counterparties/list/?_col_CounterpartyView=name,debt,abc,phone").text
    assert "Ромашка" in page
    assert heads(page) == ["Наименование", "Телефон"]
    assert "500,00" not in page


def test_columns_are_those_of_the_address_in_its_order(login: Login, session: Session) -> None:
    Clients(session).company("Ромашка", inn="7707083893")
    page = login("admin").get("/counterparties/list/?_col_CounterpartyView=inn:120,name,nonsense,words").text
    assert heads(page) == ["ИНН", "Наименование"]
    assert 'data-width="120"' in page
    assert "7707083893" in page


def test_the_text_of_columns_is_read_back() -> None:
    assert chosen_columns("a:120,b,,c:x,d:5,e:99999,b:70") == (
        *(Chosen("a", 120), Chosen("b", 70), Chosen("c"), Chosen("d", 40), Chosen("e")),
    )
    assert as_text(chosen_columns("a:120,b")) == "a:120,b"


def test_every_list_shows_every_column_it_offers_in_six_statements(
    app: Flask, login: Login, session: Session, sql: list[str]
) -> None:
    clients = Clients(session)
    company = a_client(session, clients)
    clients.order(company, "З-1")
    client = login("admin")
    for view in lists_of(app):
        if view.route_base in {"/policy", "/organisation"}:  # of one row: leads to its form
            continue
        name, columns = type(view).__name__, [*view.list_columns, *view.more_columns]
        sql.clear()
        answer = client.get(f"{view.route_base}/list/?_col_{name}={','.join(columns)}&view=all")
        assert answer.status_code == 200, name
        assert len(sql) <= 6, f"{name}: {len(sql)}\n" + "\n".join(sql)
        if "<thead>" in answer.text:
            assert len(heads(answer.text)) == len(columns), name


@pytest.mark.parametrize(
    ("tab", "seen"),
    [
        ("overdue", ["Забыт"]),
        ("today", ["Сейчас"]),
        ("ahead", ["Завтра", "Позже"]),
        ("past", ["Вчера", "Забыт"]),
        ("all", ["Позже", "Завтра", "Сейчас", "Вчера", "Забыт"]),
    ],
)
def test_the_tabs_of_contacts(login: Login, session: Session, tab: str, seen: list[str]) -> None:
    clients, now = Clients(session), clock.now()
    company = clients.company("Ромашка")
    for subject, days, state in (
        *(("Забыт", -2, "planned"), ("Вчера", -1, "done"), ("Сейчас", 0, "planned")),
        *(("Завтра", 1, "planned"), ("Позже", 2, "planned")),
    ):
        contact = clients.contact(company, subject, state=ContactState(state))
        contact.starts_at = contact.ends_at = now + timedelta(days=days)
    session.flush()
    client = login("admin")
    bare = client.get("/contacts/list/").text
    assert [word for word in ("Забыт", "Вчера", "Сейчас", "Завтра", "Позже") if word in bare] == ["Сейчас"]
    links = [part.split('"')[0] for part in bare.partition('class="tabs"')[2].split('href="')]
    address = next(link for link in links if link.startswith(f"/contacts/list/?view={tab}"))
    page = client.get(address.replace("&amp;", "&")).text
    assert sorted(seen, key=page.index) == seen
    assert [word for word in ("Забыт", "Вчера", "Сейчас", "Завтра", "Позже") if word in page and word not in seen] == []
    nameless = address.replace("&amp;", "&").replace(f"view={tab}", "page_ContactView=0")  # as other pages lead here
    here = re.findall(r'href="(/contacts/list/\?[^"]*)"[^>]* aria-current="page"', client.get(nameless).text)
    assert here == [address]


def test_a_filter_in_force_is_a_chip_that_takes_it_away(login: Login, session: Session) -> None:
    Clients(session).company("Ромашка")
    page = (
        login("admin").get("/counterparties/list/?_flt_0_is_buyer=1&_flt_0_words=Ром&_col_CounterpartyView=name").text
    )
    chips = page.partition('id="chips"')[2].partition("</span>\n</div>")[0]
    assert "Покупатель: да" in chips
    assert 'href="/counterparties/list/?_flt_0_words=%D0%A0%D0%BE%D0%BC&amp;_col_CounterpartyView=name"' in chips


@pytest.mark.parametrize("asked", ["", "&_flt_0_words=Ром", "&_flt_0_is_buyer=1"])
@pytest.mark.parametrize("who", ["admin", "vera", "anna"])
def test_a_list_may_show_what_other_tables_give_alone(login: Login, session: Session, who: str, asked: str) -> None:
    a_client(session, Clients(session))
    answer = login(who).get(f"/counterparties/list/?_col_CounterpartyView=debt,phone{asked}")
    assert answer.status_code == 200
    assert heads(answer.text) == ["Долг", "Телефон"]


def test_every_tab_of_orders_narrows_them_by_a_filter_of_theirs(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = clients.company("Ромашка", "anna")
    due = clock.now().date() - timedelta(days=1)
    clients.order(company, "К-отгрузке", ship_on=due)
    clients.order(company, "К-оплате", rest_quantity=0, pay_by=due)
    clients.order(company, "Потом", ship_on=due + timedelta(days=9))
    session.flush()
    client = login("admin")

    def shown(tab: str) -> set[str]:
        page = client.get("/orders/list/").text
        links = {
            each.split("view=")[1].split("&")[0]: unescape(each)
            for each in re.findall(r'href="([^"]*view=[^"]*)"', page)
        }
        return {each for each in ("К-отгрузке", "К-оплате", "Потом") if each in client.get(links[tab]).text}

    assert {tab: shown(tab) for tab in ("ship", "pay", "closed")} == {
        "ship": {"К-отгрузке"},
        "pay": {"К-оплате"},
        "closed": set(),
    }
