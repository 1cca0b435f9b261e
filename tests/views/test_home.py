"""The first page says what to do now, to each his own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ContactState, CounterpartyKind
from app.models.classes import AbcRecord, AbcRun
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.suppliers import SupplierItem, SupplierPrice
from app.models.supply import SupplierOrder, SupplierOrderLine
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
    assert tiles(page) == ["1", "1", "0", "0", "0"]
    agenda = page.split('class="agenda with-verbs"')[1].split("</ul>")[0]
    assert agenda.index("Вчера") < agenda.index("Сейчас") < agenda.index("Завтра")
    assert agenda.count('class="late"') == 1
    assert agenda.count('data-key="KeyT"') == 3  # late ones are moved and finished where they stand
    assert not any(word in page for word in ("Сделано", "Чужое"))


def test_a_contact_with_a_counterparty_that_one_does_not_see_is_not_counted(session: Session, login: Login) -> None:
    planned(session, "pavel", "Покупатель", datetime.now(UTC))  # a purchasing specialist sees suppliers alone
    assert tiles(login("pavel").get("/").text)[:2] == ["0", "0"]


def test_an_empty_base_shows_how_to_begin(session: Session, login: Login) -> None:
    page = login("admin").get("/").text
    assert "с чего начать" in page
    assert "/users/add" in page
    assert "/help/ru/administration.md" in page
    assert "board-home" not in page  # nothing is to be counted yet
    planned(session, "anna", "Первый", datetime.now(UTC))
    assert "с чего начать" not in login("admin").get("/").text


def test_shortcuts_are_those_that_one_may_use(session: Session, login: Login) -> None:
    def shortcuts(username: str) -> str:
        return login(username).get("/").text.split('class="shortcuts"')[1].split("</nav>")[0]

    assert "/contacts/add" in shortcuts("anna")
    assert "/import/" in shortcuts("admin")
    assert "/import/" not in shortcuts("anna")


def test_a_stranger_is_sent_to_log_in(session: Session, login: Login) -> None:
    client = login("anna")
    client.delete_cookie("vizavi")
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/login/")


def furnish(session: Session) -> None:
    """Something of every kind that the first page counts, beside what it does not."""
    people = {name: user_named(session, name) for name in ("anna", "boris", "pavel")}
    now, item = datetime.now(UTC), deals.item(session)
    for username in ("anna", "boris"):
        buyer = factories.buyer(session, manager_id=people[username].id)
        for days in (-2, -1, 0, 1):
            planned(session, username, f"{username}{days}", now + timedelta(days=days))
        for day in (clock_day(-1), clock_day(0), clock_day(1)):
            more = {"manager_id": people[username].id, "ship_on": day, "pay_by": day}
            deals.order(session, buyer, {item: 1}, on=clock_day(-5), **more)
        late = deals.order(
            session, buyer, {item: 1}, on=clock_day(-5), manager_id=people[username].id, ship_on=clock_day(-1)
        )
        deals.shipped(session, late, {item: 1}, on=clock_day(-1))
    session.add(Contact(prospect="Незнакомец", manager=people["boris"], starts_at=now, ends_at=now))
    supplier = factories.buyer(session, "Завод", is_supplier=True, is_buyer=False)
    for number, (days, rest) in enumerate([(-3, 1), (-1, 1), (0, 1), (6, 1), (7, 1), (-2, 0)]):
        order = SupplierOrder(number=f"З-{number}", date=clock_day(-9), counterparty=supplier)
        order.receive_on, order.amount = clock_day(days), rest
        order.pay_by = clock_day(days + 2)
        order.lines = [SupplierOrderLine(item=item, quantity=1, price=1, amount=1)] * rest
        session.add(order)
    for number, prices in enumerate([(100, 110), (100, 90), (100, 110, 105), (100,)]):
        priced = deals.item(session)
        session.add(SupplierItem(counterparty=supplier, item=priced, name=f"Товар {number}"))
        for age, price in enumerate(reversed(prices)):
            session.add(SupplierPrice(counterparty=supplier, item=priced, on=clock_day(-20 * age - 1), price=price))
    run = AbcRun(
        on=clock_day(-1), start=clock_day(-40), end=clock_day(-2), measure="revenue", share_a=70, share_b=20, share_c=10
    )
    for old, new in (("A", "B"), ("B", "A"), ("C", "C"), (None, "C"), ("B", "C")):
        fallen = factories.buyer(session, f"Был {old}, стал {new}", manager_id=people["anna"].id)
        session.add(AbcRecord(run=run, counterparty=fallen, on=run.on, abc=new, old=old, value=1))
    session.commit()


LINKS = re.compile(r'href="([^"]*_flt_[^"]*)">\s*(?:<b>)?(\d+)<')


@pytest.mark.parametrize("username", ["anna", "boris", "vera", "maria", "pavel", "admin"])
def test_every_number_opens_exactly_its_rows(session: Session, login: Login, username: str) -> None:
    furnish(session)
    client = login(username)
    numbers = LINKS.findall(client.get("/").text)
    assert len(numbers) >= 4 if username != "maria" else numbers
    for url, count in numbers:
        listed = client.get(unescape(url)).text
        assert listed.count('class="lead-link"') == int(count), url


def test_everybody_sees_what_is_his_and_late_first(session: Session, login: Login) -> None:
    furnish(session)
    assert tiles(login("anna").get("/").text) == ["2", "1", "0", "2", "2"]
    assert labelled(login("pavel").get("/").text) == {
        "Просроченные контакты": "0",
        "Контакты на сегодня": "0",
        "Задачи на сегодня": "0",
        "Поступления опаздывают": "2",
        "Поступления в ближайшие 7 дней": "2",
        "Пора оплатить поставщикам": "1",
        "Цены выросли за 30 дней": "1",
    }
    assert labelled(login("vera").get("/").text) == {"Снизили класс": "2", "Обращения за 7 дней": "1"}
    assert labelled(login("maria").get("/").text) == {"Обращения за 7 дней": "1"}


def test_numbers_are_those_of_the_day_on_which_they_are_asked(
    session: Session, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    planned(session, "anna", "Завтра", now + timedelta(days=1))
    names = ("Просроченные контакты", "Контакты на сегодня")
    for days, counts in ((0, ("0", "0")), (1, ("0", "1")), (2, ("1", "0"))):
        monkeypatch.setattr(clock, "now", lambda days=days: now + timedelta(days=days))
        found = labelled(login("anna").get("/").text)
        assert tuple(found[name] for name in names) == counts


def labelled(page: str) -> dict[str, str]:
    return {name: number for number, name in re.findall(r"<b>(\d+)</b>\s*<span>([^<]*)</span>", page)}


def test_a_head_sees_what_his_people_left_undone(session: Session, login: Login) -> None:
    furnish(session)
    page = login("vera").get("/").text
    rows = re.findall(r'<th scope="row">([^<]*)</th>(.*?)</tr>', page, re.DOTALL)
    assert {name: re.findall(r">(\d+)</a>", cells) for name, cells in rows} == {
        "Анна Петрова": ["2", "2", "2"],
        "Борис Ёлкин": ["2", "2", "2"],
    }
    assert "Мои сотрудники" not in login("anna").get("/").text


def test_a_page_where_nothing_is_late_says_how_to_begin(session: Session, login: Login) -> None:
    planned(session, "boris", "Чужое", datetime.now(UTC) + timedelta(days=1))
    page = login("vera").get("/").text
    assert tiles(page) == []
    assert "Ничего не запланировано" in page
    assert "/contacts/add" in page.split('class="shortcuts"')[1]


@pytest.mark.parametrize("username", ["anna", "vera", "pavel", "maria"])
def test_it_costs_a_handful_of_statements_whatever_there_is(
    session: Session, login: Login, sql: list[str], username: str
) -> None:
    client = login(username)
    client.get("/")
    sql.clear()
    client.get("/")
    empty = len(sql)
    furnish(session)
    session.expire_all()
    sql.clear()
    client.get("/")
    assert len(sql) <= min(empty, 7), "\n".join(sql)


def clock_day(days: int) -> date:
    return datetime.now(ZoneInfo("Europe/Moscow")).date() + timedelta(days=days)
