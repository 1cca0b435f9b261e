"""What readers keep of the calendar: views under names; what they ask by own fields, and what they take away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.own_fields import Owner, OwnKind
from app.domain.periods import DAY
from app.domain.words import Importance
from app.models.contacts import Contact
from app.models.jobs import Job
from app.models.lists import SavedView
from app.models.own_fields import OwnField
from app.queries.rights import rights_of
from app.services import jobs
from app.web.work import KINDS
from tests import deals
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]


@pytest.fixture
def anna(session: Session) -> Any:
    return user_named(session, "anna")


def contact(session: Session, manager: Any, day: date, subject: str, **more: Any) -> Contact:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    client = buyer(session, f"Клиент {subject}", manager=manager)
    ends_at = at + timedelta(minutes=30)
    made = Contact(counterparty=client, manager=manager, subject=subject, starts_at=at, ends_at=ends_at, **more)
    return added(session, made)


def infos(client: FlaskClient, **asked: str) -> list[str]:
    return [row["info"] for row in client.get("/calendar/json", query_string=asked).json]


def test_a_choice_is_kept_under_a_name_opens_first_and_is_dropped(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    contact(session, anna, today, "Важное", importance=Importance.HIGH)
    contact(session, anna, today, "Обычное")
    session.commit()
    client = login("anna")
    asked = {"choice": "view=week&on=2026-01-05&importance=high&nonsense=1", "name": "Моё важное", "first": "1"}
    answer = client.post("/calendar/views", data=asked)
    kept = session.scalars(select(SavedView)).one()
    assert kept.choice == {"view": "week", "importance": "high"}
    assert answer.location.endswith(f"kept={kept.id}&view=week&importance=high")
    opened = client.get("/calendar/").text
    assert 'data-grid="timeGridWeek"' in opened
    assert re.search(r'aria-current="page">\s*Моё важное', opened)
    assert client.get("/calendar/count").json["today"] == 1  # as the list that the menu opens
    mine = client.get("/calendar/?kept=all").text
    assert "Обычное" in mine
    client.post(f"/calendar/views/{kept.id}/drop")
    assert "Обычное" in client.get("/calendar/").text


def test_a_view_of_a_calendar_that_was_closed_meanwhile_locks_nobody_out_of_his_own(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    contact(session, anna, today, "Моё")
    of_boris = {"name": "Борис", "list": "CalendarView", "choice": {"responsible": "boris"}, "user_id": anna.id}
    kept = added(session, SavedView(**of_boris))
    session.commit()
    client = login("anna")
    client.post("/calendar/first", data={"choice": f"kept={kept.id}"})
    page = client.get("/calendar/")
    assert (page.status_code, "Моё" in page.text, "Борис" in page.text) == (200, True, False)
    assert client.get("/calendar/count").json["today"] == 1


def test_a_shared_view_shows_each_his_own_events(login: Login, session: Session, anna: Any, today: date) -> None:
    boris = user_named(session, "boris")
    contact(session, anna, today, "Аннино", importance=Importance.HIGH)
    contact(session, boris, today, "Борисово", importance=Importance.HIGH)
    session.commit()
    role = next(role.id for role in anna.roles)
    data = {"choice": "importance=high", "name": "Важное отдела", "role": str(role)}
    login("anna").post("/calendar/views", data=data)
    his = login("boris")
    page = his.get("/calendar/").text
    address = re.search(r'href="([^"]+)"[^>]*>Важное отдела', page)
    assert address
    shown = his.get(address[1].replace("&amp;", "&")).text
    assert "Борисово" in shown
    assert "Аннино" not in shown
    number = session.scalars(select(SavedView.id)).one()
    assert his.post(f"/calendar/views/{number}/drop").status_code == 404


def test_filters_used_lately_stand_beside_the_tabs(login: Login) -> None:
    client, other = login("anna"), login("boris")

    def recent(client: FlaskClient) -> list[str]:
        page = client.get("/calendar/").text
        place = re.search(r'<details class="pop views recent">.*?</details>', page, re.DOTALL)
        return re.findall(r">([^<>]+ [=≠] [^<>]+)</a>", place[0]) if place else []

    assert recent(client) == []
    for asked in ("direction=in", "document=ЗП", "document=ЗП-2", "direction=in&but=direction", "importance=high"):
        client.get(f"/calendar/?{asked}")  # the last one is a tab that always stands there
    assert recent(client) == ["Направление ≠ Входящее", "Номер документа = ЗП-2", "Направление = Входящее"]
    client.get("/calendar/?direction=in")
    assert recent(client)[0] == "Направление = Входящее"
    assert len(recent(client)) == 3
    assert recent(other) == []


def test_of_filters_that_are_long_together_the_newest_are_kept(login: Login) -> None:
    client = login("anna")
    for number in range(8):
        client.get("/calendar/", query_string={"document": f"{number}" + "Ж" * 150})
    page = client.get("/calendar/").text
    kept = re.findall(r">Номер документа = (\d)Ж", page)
    assert kept == ["7", "6", "5"]
    client.get("/calendar/", query_string={"document": "Ж" * 4000})
    assert re.findall(r">Номер документа = (\d)Ж", client.get("/calendar/").text) == kept


def test_own_fields_are_asked_for_and_leave_out_what_has_none(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    added(session, OwnField(owner=Owner.CONTACT, name="Тема", key="topic", kind=OwnKind.CHOICE, words=["цены", "брак"]))
    added(session, OwnField(owner=Owner.ORDER, name="Паллет", key="pallets", kind=OwnKind.NUMBER))
    contact(session, anna, today, "О ценах", own={"topic": "цены"})
    contact(session, anna, today, "О браке", own={"topic": "брак"})
    client = buyer(session, "Покупатель", manager=anna)
    for pallets in ("2", "7"):
        order = deals.order(session, client, {deals.item(session): 1}, on=date(2026, 1, 10), manager_id=anna.id)
        order.ship_on, order.own, order.comment = today + DAY, {"pallets": pallets}, f"Паллет: {pallets}"
    session.commit()
    reader = login("anna")
    assert infos(reader, contact_own_topic_eq="цены") == ["О ценах"]
    assert infos(reader, order_own_pallets_ge="5", event="shipment") == ["Паллет: 7"]
    assert infos(reader, order_own_pallets_ge="1", order_own_pallets_le="3", event="shipment") == ["Паллет: 2"]
    assert infos(reader, contact_own_topic_eq="цены", order_own_pallets_ge="5") == []
    told = reader.get("/calendar/json?contact_own_other_eq=x")
    assert (told.status_code, told.json) == (400, {"message": {"contact_own_other_eq": ["Такого свойства нет."]}})
    page = reader.get("/calendar/", query_string={"contact_own_topic_eq": "цены"}).text
    assert re.findall(r"<span>([^<]+)</span> ✕", page) == ["Тема: цены"]
    assert 'name="order_own_pallets_ge"' in page


def test_a_cell_says_what_is_asked_by_it(login: Login, session: Session, anna: Any, today: date) -> None:
    made = contact(session, anna, today, "Звонок", importance=Importance.HIGH)
    session.commit()
    cells = set(re.findall(r'data-only="([^"]+)"', login("anna").get("/calendar/").text))
    assert cells == {"importance=high", f"span={today}", "event=contact", f"counterparty={made.counterparty_id}"}
    client = login("anna")
    for cell in cells:
        name, _is, value = cell.partition("=")
        assert infos(client, **{name: value}) == ["Звонок"]


def test_the_list_is_taken_away_as_a_workbook_of_real_types(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    contact(session, anna, today, "Звонок", importance=Importance.HIGH)
    contact(session, user_named(session, "boris"), today, "Чужое")
    client = buyer(session, "Покупатель", manager=anna)
    thing = deals.item(session)
    order = deals.order(session, client, {thing: 100}, on=date(2026, 1, 10), manager_id=anna.id)
    order.ship_on = today
    session.flush()
    deals.shipped(session, order, {thing: 40})
    session.commit()
    answer = login("anna").post("/calendar/xlsx?event=contact,shipment")
    assert answer.status_code == 200
    heads, shipment, call = load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True)
    row = dict(zip(heads, shipment, strict=True))
    assert (row["Срок"], row["Событие"], row["Номер"]) == (datetime.combine(today, time()), "Отгрузка", order.number)
    assert (row["Запланировано"], row["Завершено"], row["Что"]) == (100, 40, "отгружено 40 из 100")
    row = dict(zip(heads, call, strict=True))
    assert (row["Срок"], row["Что"]) == (datetime.combine(today, time(12)), "Звонок")
    assert (row["Важность"], row["Состояние"]) == ("Высокая", "Сегодня")


def test_a_long_list_is_made_by_a_worker_for_whoever_asked(
    app: Flask, login: Login, session: Session, anna: Any, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.calendar.COUNT_CAP", 1)
    monkeypatch.setattr("app.views.calendar.BATCH", 2)
    for number in range(5):
        contact(session, anna, today + number * DAY, f"Дело {number}")
    contact(session, user_named(session, "boris"), today, "Чужое")
    session.commit()
    answer = login("anna").post("/calendar/xlsx")
    assert answer.status_code == 302
    job = session.scalars(select(Job)).one()
    rights = frozenset(rights_of(session, anna.id))
    run = jobs.Run(clock.now(), today, progress=lambda _done, _total: None, rights=rights)
    with app.test_request_context():
        assert KINDS[job.kind].needs(job.params) <= rights
        made = KINDS[job.kind].handler(session, job, run)
    assert made.output is not None
    rows = load_workbook(BytesIO(made.output.content)).active.iter_rows(min_row=2, values_only=True)
    assert [row[7] for row in rows] == [f"Дело {number}" for number in range(5)]
