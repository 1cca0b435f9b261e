"""The first page says what to do now, to each his own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.words import ContactState, CounterpartyKind
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests import deals, factories
from tests.conftest import user_named

Login = Callable[..., FlaskClient]


def planned(session: Session, username: str, subject: str, at: datetime, **more: Any) -> None:
    manager = user_named(session, username)
    buyer = Counterparty(code=subject, name=f"ООО {subject}", kind=CounterpartyKind.COMPANY, manager=manager)
    contact = Contact(counterparty=buyer, manager=manager, subject=subject, starts_at=at, ends_at=at, **more)
    session.add_all([buyer, contact])
    session.commit()


def tiles(page: str) -> list[str]:
    return [part.split("<b>")[1].split("</b>")[0] for part in page.split('class="card tile')[1:]]


def test_overdue_todays_and_coming_contacts_are_told_apart(session: Session, login: Login) -> None:
    now = datetime.now(UTC)
    planned(session, "anna", "Вчера", now - timedelta(days=1))
    planned(session, "anna", "Сейчас", now)
    planned(session, "anna", "Завтра", now + timedelta(days=1))
    planned(session, "anna", "Сделано", now - timedelta(days=1), state=ContactState.DONE)
    planned(session, "boris", "Чужое", now)
    page = login("anna").get("/").text
    assert tiles(page) == ["1", "1", "0", "0"]
    agenda = page.split('class="agenda with-verbs"')[1].split("</ul>")[0]
    assert "Сейчас" in agenda
    assert agenda.index("Сейчас") < agenda.index("Завтра")
    assert not any(word in page for word in ("Вчера", "Сделано", "Чужое"))


def test_the_tile_of_the_overdue_opens_exactly_those(session: Session, login: Login) -> None:
    now = datetime.now(UTC)
    planned(session, "anna", "Вчера", now - timedelta(days=1))
    planned(session, "anna", "Сейчас", now)
    client = login("anna")
    link = client.get("/").text.split('class="card tile late" href="')[1].split('"')[0]
    listed = client.get(unquote(link).replace("&amp;", "&")).text
    assert "Вчера" in listed
    assert "Сейчас" not in listed


def test_a_contact_with_a_counterparty_that_one_does_not_see_is_not_counted(session: Session, login: Login) -> None:
    planned(session, "pavel", "Покупатель", datetime.now(UTC))  # a purchasing specialist sees suppliers alone
    assert tiles(login("pavel").get("/").text) == ["0", "0"]


def test_an_empty_base_shows_how_to_begin(session: Session, login: Login) -> None:
    assert "три шага" in login("admin").get("/").text
    planned(session, "anna", "Первый", datetime.now(UTC))
    assert "три шага" not in login("admin").get("/").text


def test_shortcuts_are_those_that_one_may_use(session: Session, login: Login) -> None:
    def shortcuts(username: str) -> str:
        return login(username).get("/").text.split('class="shortcuts"')[1].split("</nav>")[0]

    assert "/contacts/add" in shortcuts("anna")
    assert "/import/" in shortcuts("admin")
    assert "/import/" not in shortcuts("anna")


def test_it_costs_six_statements_at_most(session: Session, login: Login, sql: list[str]) -> None:
    client = login("anna")
    client.get("/")
    sql.clear()
    assert client.get("/").status_code == 200
    assert len(sql) <= 6, "\n".join(sql)


def test_a_stranger_is_sent_to_log_in(session: Session, login: Login) -> None:
    client = login("anna")
    client.delete_cookie("vizavi")
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/login/")


def test_orders_to_ship_and_payments_due_by_today_are_counted(session: Session, login: Login) -> None:
    anna = user_named(session, "anna").id
    buyer = factories.buyer(session, manager_id=anna)
    item = deals.item(session)
    for day in (clock_day(-1), clock_day(0), clock_day(1)):
        deals.order(session, buyer, {item: 1}, on=clock_day(-5), manager_id=anna, ship_on=day, pay_by=day)
    late = deals.order(session, buyer, {item: 1}, on=clock_day(-5), manager_id=anna, ship_on=clock_day(-1))
    deals.shipped(session, late, {item: 1}, on=clock_day(-1))
    session.commit()
    assert tiles(login("anna").get("/").text)[2:] == ["2", "2"]
    assert tiles(login("boris").get("/").text)[2:] == ["0", "0"]


def clock_day(days: int) -> date:
    return datetime.now(ZoneInfo("Europe/Moscow")).date() + timedelta(days=days)
