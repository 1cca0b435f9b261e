"""«Кому позвонить» in the browser: to whom, what a row leads to, and where else the next purchase stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.models.counterparties import Counterparty
from tests.clients import Clients
from tests.reports.trade import shipped

Login = Callable[..., FlaskClient]
PAGE = "/reports/call-these/"
LATE = "Следующая покупка ожидалась"


@pytest.fixture
def today(app: Flask) -> date:
    with app.app_context():
        return clock.today()


@pytest.fixture
def two(session: Session, today: date) -> list[Counterparty]:
    """A silent client of Anna and one of Boris."""
    clients = Clients(session)
    found = []
    for owner, name in (("anna", "Анин молчун"), ("boris", "Борисов молчун")):
        company = clients.company(name, owner)
        clients.phone(company, f"+7 912 000-00-0{len(found)}")
        for days in (170, 140, 110, 80):
            shipped(session, company, 100, today - timedelta(days=days))
        found.append(company)
    session.commit()
    return found


def test_a_manager_reads_of_his_own_clients_at_every_exit(login: Login, two: list[Counterparty]) -> None:
    anna = login("anna")
    assert "Анин молчун" in anna.get(PAGE).text
    for exit_ in ("", "json"):
        assert "Борисов" not in anna.get(PAGE + exit_).text
    told = anna.get(PAGE + "json?columns=buyer,signs").json[0]
    assert [(row["buyer"], row["signs"]) for row in told["rows"]] == [("Анин молчун", 2)]  # and he owes
    assert "Борисов молчун" in login("vera").get(PAGE).text


def test_the_purchasing_specialist_has_no_such_report(login: Login, two: list[Counterparty]) -> None:
    pavel = login("pavel")
    for exit_ in ("", "json", "xlsx"):
        assert pavel.get(PAGE + exit_).status_code == 403
    for screen in ("/", "/reports/"):
        assert PAGE not in pavel.get(screen).text
    assert PAGE in login("anna").get("/").text


def test_a_row_leads_to_the_card_and_begins_a_contact(login: Login, two: list[Counterparty]) -> None:
    anna = login("anna")
    page = anna.get(PAGE).text
    assert f"/counterparties/show/{two[0].id}" in page
    form = re.search(r'href="(/contacts/add[^"]*)"[^>]*aria-label="([^"]*)"', page)
    assert form
    assert form[2] == "Новый контакт: Анин молчун"
    opened = anna.get(unescape(form[1])).text
    assert "Анин молчун" in opened
    assert 'value="done" checked' in opened
    assert 'href="tel:+79120000000"' in page
    assert ">+7 912 000-00-00</a>" in page


def test_a_wrong_number_is_said_and_what_was_typed_stays(login: Login, session: Session) -> None:
    page = login("vera").get(PAGE + "?k=много&days=30")
    assert page.status_code == 400
    assert "много" in re.search(r'<div class="alert alert-danger".*?</div>', page.text, re.DOTALL)[0]  # type: ignore[index]
    assert re.search(r'name="k" value="много" aria-invalid="true"', page.text)
    assert 'name="days" value="30"' in page.text


def test_the_report_costs_few_statements(login: Login, two: list[Counterparty], sql: list[str]) -> None:
    vera = login("vera")
    vera.get(PAGE)
    sql.clear()
    assert vera.get(PAGE).status_code == 200
    assert len(sql) <= 6, "\n".join(sql)


def test_the_next_purchase_stands_where_the_client_is_shown(login: Login, two: list[Counterparty]) -> None:
    anna = login("anna")
    for screen in (f"/standing/{two[0].id}", f"/counterparties/show/{two[0].id}", "/call?phone=%2B79120000000"):
        page = anna.get(screen).text
        assert f'class="late">{LATE}' in page, screen


def test_whoever_supplies_alone_is_expected_to_buy_nothing(login: Login, session: Session) -> None:
    clients = Clients(session)
    supplier = clients.company("Поставщик", "anna", is_buyer=False, is_supplier=True)
    clients.phone(supplier, "+7 912 000-00-09")
    session.commit()
    for screen in (f"/counterparties/show/{supplier.id}", "/call?phone=%2B79120000009"):
        assert "Следующая покупка" not in login("anna").get(screen).text
