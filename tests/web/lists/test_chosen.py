"""Rows chosen in a list: their workbook is what is on the screen, and one field of them changes at once."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.own_fields import Owner, OwnKind
from app.models.counterparties import Counterparty, CounterpartyGroup
from app.models.histories import ContactMove, OrderMove
from app.models.jobs import Job
from app.models.own_fields import OwnField
from app.services.own_fields import save_field
from app.services.sales.closing import close_orders
from app.web.lists import screens
from tests.clients import Clients, from_now
from tests.conftest import user_named
from tests.deals import DAY, item, order
from tests.factories import buyer
from tests.services.sales.test_closing import REASON
from tests.web.lists.test_columns import a_client, lists_of

Login = Callable[..., FlaskClient]


def sheet(answer: Any) -> list[list[Any]]:
    assert answer.status_code == 200, answer.status_code
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def test_the_workbook_has_the_columns_rows_and_order_of_the_screen(login: Login, session: Session) -> None:
    clients = Clients(session)
    company = a_client(session, clients)
    clients.company("Ромашка вторая", registered_on=date(2026, 2, 3))
    clients.company("Ландыш")
    order = "_oc_CounterpartyView=name&_od_CounterpartyView=desc"
    columns = "_col_CounterpartyView=name:200,abc,stage,phone,last_contact,debt,registered_on,manager,roles"
    data = {"choice": f"_flt_0_words=ромашка&{order}&{columns}"}
    rows = sheet(login("admin").post("/counterparties/xlsx", data=data))
    assert rows[0] == [
        *("Наименование", "Класс", "Стадия", "Телефон", "Последний контакт", "Долг"),
        *("Дата регистрации", "Ответственный менеджер", "Роли"),
    ]
    assert [row[0] for row in rows[1:]] == ["Ромашка вторая", "Ромашка"]
    assert rows[1][6] == datetime(2026, 2, 3)  # noqa: DTZ001 - a workbook knows no zones
    assert rows[2][1:6] == [
        *("A", "Постоянный · X", "+7 846 333-44-55 доб. 12"),
        *(datetime(2026, 10, 11), 500),  # noqa: DTZ001
    ]
    assert rows[2][7:] == ["Анна Петрова", "Покупатель"]
    assert company.name == "Ромашка"


def test_ticked_rows_alone_go_into_the_workbook(login: Login, session: Session) -> None:
    clients = Clients(session)
    mine, _other = clients.company("Ромашка"), clients.company("Ландыш")
    foreign = clients.company("Чужая", "boris")
    data = {"choice": "_col_CounterpartyView=name", "rowid": [mine.id, foreign.id, 99999999, "x"]}
    assert sheet(login("anna").post("/counterparties/xlsx", data=data)) == [["Наименование"], ["Ромашка"]]


def test_every_list_makes_a_workbook_of_all_its_columns(app: Flask, login: Login, session: Session) -> None:
    clients = Clients(session)
    company = a_client(session, clients)
    clients.order(company, "З-1")
    client = login("admin")
    for view in lists_of(app):
        name, columns = type(view).__name__, [*view.list_columns, *view.more_columns]
        data = {"choice": f"_col_{name}={','.join(columns)}&view=all"}
        rows = sheet(client.post(f"{view.route_base}/xlsx", data=data))
        assert len(rows[0]) == len(columns), name


def test_who_may_not_see_a_column_has_none_in_his_workbook(login: Login, session: Session) -> None:
    company = a_client(session, Clients(session))
    company.is_supplier = True
    session.flush()
    data = {"choice": "_col_CounterpartyView=name,debt,abc&_flt_0_debt=9999&_flt_0_abc=B"}
    assert sheet(login("pavel").post("/counterparties/xlsx", data=data)) == [["Наименование"], ["Ромашка"]]


def test_a_workbook_of_a_list_loses_no_digit_of_an_own_number(login: Login, session: Session) -> None:
    save_field(session, OwnField(owner=Owner.COUNTERPARTY, kind=OwnKind.NUMBER, name="Счетчик"))
    clients = Clients(session)
    for name, number in (("Ромашка", "123456789012.123456"), ("Василек", "12.5")):
        clients.company(name).own = {"schetchik": number}
    session.commit()
    data = {"choice": "_col_CounterpartyView=name,own_schetchik&_oc_CounterpartyView=name&_od_CounterpartyView=desc"}
    rows = sheet(login("admin").post("/counterparties/xlsx", data=data))[1:]
    assert rows == [["Ромашка", "123456789012.123456"], ["Василек", 12.5]]
    data["choice"] += "&_flt_1_own_schetchik=100"
    assert sheet(login("admin").post("/counterparties/xlsx", data=data))[1:] == rows[1:]


def test_a_long_workbook_is_left_to_a_worker(login: Login, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "LONG", 1)
    clients = Clients(session)
    for n in range(2):
        clients.company(f"Ромашка {n}")
    answer = login("anna").post("/counterparties/xlsx", data={"choice": "_flt_0_words=Ром"})
    job = session.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/work/{job.id}"
    assert job.params["choice"] == {"_flt_0_words": "Ром"}
    assert job.params["ids"] is None


def bulk(client: FlaskClient, field: str, value: object, ids: list[int], **more: Any) -> Any:
    path = more.pop("path", "/counterparties/bulk")
    data = {"choice": "_flt_0_words=Ром", "field": field, field: value, "counted": field, "rowid": ids, **more}
    return client.post(path, data=data)


def test_a_field_of_many_rows_is_counted_and_then_changed(login: Login, session: Session) -> None:
    clients = Clients(session)
    group = clients.add(CounterpartyGroup(name="Опт"))
    mine = [clients.company(f"Ромашка {n}") for n in range(3)]
    mine[2].group = group
    foreign = clients.company("Чужая", "boris")
    session.flush()
    anna, ids = login("anna"), [row.id for row in (*mine, foreign)]
    page = bulk(anna, "group", group.id, ids).text
    assert "Изменятся 2 из 4." in page
    assert "Уже так: 1." in page
    assert "Не ваши: 1." in page
    session.expire_all()
    assert [row.group for row in mine] == [None, None, group]
    answer = bulk(anna, "group", group.id, ids, sure="1")
    assert answer.headers["Location"] == "/counterparties/list/?_flt_0_words=%D0%A0%D0%BE%D0%BC"
    session.expire_all()
    assert {row.group_id for row in mine} == {group.id}
    assert foreign.group_id is None
    assert "Изменены 2 записи." in anna.get("/counterparties/list/").text


def test_all_that_is_found_is_changed_and_no_more(login: Login, session: Session) -> None:
    clients = Clients(session)
    for n in range(30):
        clients.company(f"Ромашка {n}")
    clients.company("Ландыш")
    bulk(login("anna"), "allowed_days", "14", [], every="1", sure="1")
    session.expire_all()
    found = session.execute(select(Counterparty.name, Counterparty.allowed_days)).all()
    assert all((days == 14) == name.startswith("Ромашка") for name, days in found)


def test_handing_over_many_is_a_right_of_its_own(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    boris = user_named(session, "boris")
    assert 'value="manager"' not in bulk(login("anna"), "group", "", [company.id]).text
    bulk(login("anna"), "manager", boris.id, [company.id], sure="1")
    session.expire_all()
    assert company.manager.username == "anna"
    bulk(login("vera"), "manager", boris.id, [company.id], sure="1")
    session.expire_all()
    assert company.manager.username == "boris"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("allowed_days", "-1", "Не меньше нуля."), ("allowed_days", "много", "Not a valid"), ("group", "999999", "")],
)
def test_a_wrong_value_is_refused_at_its_field(
    login: Login, session: Session, field: str, value: str, said: str
) -> None:
    company = Clients(session).company("Ромашка")
    page = bulk(login("anna"), field, value, [company.id], sure="1")
    assert page.status_code == 200
    assert re.search(r'class="err" role="alert">[^<]+<', page.text)
    assert said in page.text or said == "Not a valid"


def test_a_row_that_its_form_would_refuse_stays_and_says_why(login: Login, session: Session) -> None:
    clients = Clients(session)
    wrong, right = clients.company("Ромашка", inn="123"), clients.company("Ромашка 2")
    bulk(login("vera"), "allowed_days", "7", [wrong.id, right.id], sure="1")
    page = login("vera").get("/counterparties/list/").text
    session.expire_all()
    assert (wrong.allowed_days, right.allowed_days) == (None, 7)
    assert page


def test_only_writers_change_and_only_what_is_safe(app: Flask, login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    vera = login("vera")
    bulk(vera, "name", "Другое", [company.id], sure="1")
    session.expire_all()
    assert company.name == "Ромашка"
    maria = login("maria")
    for view in lists_of(app):
        if not view.safe_columns and view.offers("bulk"):
            code = maria.post(f"{view.route_base}/bulk", data={"rowid": 1}).status_code
            assert code == 403, view.route_base


def test_a_long_change_is_left_to_a_worker(login: Login, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "AT_ONCE", 1)
    clients = Clients(session)
    ids = [clients.company(f"Ромашка {n}").id for n in range(2)]
    bulk(login("anna"), "allowed_days", "14", ids, sure="1")
    job = session.scalars(select(Job)).one()
    assert (job.params["field"], job.params["values"], job.params["ids"]) == ("allowed_days", ["14"], ids)


def test_an_own_field_of_many_rows_is_changed_by_those_who_may(login: Login, session: Session) -> None:
    clients = Clients(session)
    for name, roles in (("Регион", []), ("Скидка", ["Commercial director"])):
        save_field(session, OwnField(owner=Owner.COUNTERPARTY, kind=OwnKind.TEXT, name=name, changed_by=roles))
    mine = [clients.company(f"Ромашка {n}") for n in range(2)]
    mine[1].own = {"region": "Урал", "skidka": "5"}
    foreign = clients.company("Чужая", "boris")
    session.commit()
    anna, ids = login("anna"), [row.id for row in (*mine, foreign)]
    page = bulk(anna, "own_region", "Урал", ids).text
    assert "Изменятся 1 из 3." in page
    assert "Уже так: 1." in page
    assert "Не ваши: 1." in page
    assert 'value="own_skidka"' not in page
    bulk(anna, "own_region", "Сибирь", ids, sure="1")
    bulk(anna, "own_skidka", "90", ids, sure="1")
    session.expire_all()
    assert [row.own for row in (*mine, foreign)] == [{"region": "Сибирь"}, {"region": "Сибирь", "skidka": "5"}, {}]
    assert 'value="own_skidka"' in bulk(login("vera"), "own_skidka", "7", ids).text


def test_contacts_that_are_ahead_do_not_become_done(login: Login, session: Session) -> None:
    clients = Clients(session)
    with_whom = clients.company("Ромашка")
    past, ahead = (clients.contact(with_whom, "Дело", from_now(n)) for n in (-2, 2))
    anna, ids = login("anna"), [past.id, ahead.id]
    page = bulk(anna, "state", "done", ids, path="/contacts/bulk").text
    assert "Изменятся 1 из 2." in page
    assert "не может быть в будущем" in page
    bulk(anna, "state", "done", ids, path="/contacts/bulk", sure="1")
    session.expire_all()
    assert [contact.state for contact in (past, ahead)] == ["done", "planned"]


def test_the_third_move_of_many_contacts_wants_a_word(login: Login, session: Session) -> None:
    clients = Clients(session)
    with_whom = clients.company("Ромашка")
    fresh, tired = (clients.contact(with_whom, name, from_now(2)) for name in ("Новое", "Старое"))
    for hours in (1, 2):
        tired.starts_at += timedelta(hours=hours)
        tired.ends_at += timedelta(hours=hours)
        session.flush()
    when = f"{clock.now() + timedelta(days=9):%Y-%m-%d}T12:00"
    anna, ids = login("anna"), [fresh.id, tired.id]
    page = bulk(anna, "starts_at", when, ids, path="/contacts/bulk").text
    assert "Изменятся 1 из 2." in page
    assert "укажите причину" in page
    assert 'name="why_moved"' in page
    bulk(anna, "starts_at", when, ids, path="/contacts/bulk", sure="1", why_moved="отпуск")
    session.expire_all()
    assert fresh.starts_at == tired.starts_at
    assert tired.ends_at - tired.starts_at == timedelta(minutes=10)
    reasons = select(ContactMove.reason).where(ContactMove.contact_id == tired.id).order_by(ContactMove.id)
    assert session.scalars(reasons).all() == ["", "", "отпуск"]


def test_days_of_orders_are_changed_by_the_rules_of_an_order(login: Login, session: Session) -> None:
    who = buyer(session, manager_id=user_named(session, "vera").id)
    early, closed = (order(session, who, {item(session, 100): 1}) for _n in range(2))
    late = order(session, who, {item(session, 100): 1}, DAY + timedelta(days=30))
    close_orders(session, {closed.id: REASON(session)}, on=DAY, by_id=None)
    day = DAY + timedelta(days=10)
    ids = [early.id, late.id, closed.id]
    page = bulk(login("vera"), "ship_on", f"{day:%Y-%m-%d}", ids, path="/orders/bulk").text
    assert "Изменятся 1 из 3." in page
    assert "раньше даты заказа" in page
    assert "Заказ закрыт" in page
    bulk(login("vera"), "ship_on", f"{day:%Y-%m-%d}", ids, path="/orders/bulk", sure="1")
    session.expire_all()
    assert [each.ship_on for each in (early, late, closed)] == [day, None, None]
    later, said = f"{day + timedelta(days=1):%Y-%m-%d}", {"sure": "1", "why_moved": "склад"}
    bulk(login("vera"), "ship_on", later, [early.id], path="/orders/bulk", **said)
    assert session.scalars(select(OrderMove.reason).where(OrderMove.order_id == early.id)).all() == ["склад"]
