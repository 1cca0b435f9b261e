"""Tasks in the browser: the two lists, the verbs of a row, the calendar, the card of the client, REST."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.words import Importance
from app.models.supply import SupplierOrder, SupplierOrderLine
from app.models.tasks import Task, TaskMove
from tests import deals
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]
JSON = {"Accept": "application/json"}


def given(session: Session, text: str, by: str, to: str, due_on: date, **more: Any) -> Task:
    author, executor = user_named(session, by), user_named(session, to)
    made = added(session, Task(text=text, author=author, executor=executor, due_on=due_on, **more))
    session.commit()
    return made


def test_what_i_must_and_what_i_control_are_two_lists(login: Login, session: Session, today: date) -> None:
    given(session, "Анне от Веры", "vera", "anna", today)
    given(session, "Анне от себя", "anna", "anna", today - DAY)
    given(session, "Борису от Анны", "anna", "boris", today)
    given(session, "Чужое", "vera", "boris", today)

    def shown(**asked: str) -> list[str]:
        page = login("anna").get("/tasks/list/", query_string=asked).text
        every = ("Анне от Веры", "Анне от себя", "Борису от Анны", "Чужое")
        return [text for text in every if text in page]

    assert shown(_flt_0_whose="mine") == ["Анне от Веры", "Анне от себя"]
    assert shown(_flt_0_whose="controlled") == ["Борису от Анны"]
    assert shown(_flt_0_standing="overdue") == ["Анне от себя"]
    red = re.findall(r'<tr class="overdue".*?</tr>', login("anna").get("/tasks/list/?view=all").text, re.S)
    assert [{*re.findall("Анне от себя|Анне от Веры|Борису", row)} for row in red] == [{"Анне от себя"}]
    assert shown(view="all") == ["Анне от Веры", "Анне от себя", "Борису от Анны"]
    assert "Чужое" in login("vera").get("/tasks/list/?_flt_0_standing=open").text
    assert "_flt_0_whose=mine" in login("anna").get("/").text


def test_a_task_is_written_done_moved_and_handed_over_from_its_row(login: Login, session: Session, today: date) -> None:
    client, boris = login("anna"), user_named(session, "boris")
    typed = {"text": "Выслать образцы", "executor": boris.id, "due_on": str(today), "importance": "high"}
    assert client.post("/tasks/add", data=typed).status_code == 302
    task = session.scalars(select(Task)).one()
    assert (task.author.username, task.executor.username, task.importance) == ("anna", "boris", Importance.HIGH)

    def press(verb: str, **values: Any) -> Any:
        session.refresh(task)
        data = {"version": task.version, **values}
        return client.post(f"/tasks/{verb}/{task.id}", data=data, headers=JSON)

    assert press("move", on=str(today + 3 * DAY)).status_code == 200
    assert press("move", on="вчера").json["field"] == "on"
    assert press("hand-over").json["field"] == "executor"
    assert press("hand-over", executor=user_named(session, "anna").id).status_code == 200
    assert "aria-invalid" not in client.get(f"/tasks/box/{task.id}").text
    assert press("finish", minutes="много").json["field"] == "minutes"
    told = press("finish", text="Выслал", minutes="30")
    assert told.status_code == 200
    assert told.json["undo"]
    session.refresh(task)
    assert (task.due_on, task.executor.username, task.result, task.spent_minutes) == (
        today + 3 * DAY,
        "anna",
        "Выслал",
        30,
    )
    assert len(session.scalars(select(TaskMove)).all()) == 1
    stale = client.post(f"/tasks/cancel/{task.id}", data={"version": 1}, headers=JSON)
    assert stale.status_code == 422
    card = client.get(f"/tasks/show/{task.id}").text
    assert "Выслал" in card
    assert 'data-of-client=""' in card  # of no client: a quick contact begins with nobody
    assert client.get(f"/tasks/box/{task.id}").status_code == 200
    assert login("pavel").get(f"/tasks/show/{task.id}").status_code == 404


def test_the_author_alone_deletes_a_task(login: Login, session: Session, today: date) -> None:
    task = given(session, "От Веры", "vera", "anna", today)
    login("anna").post(f"/tasks/delete/{task.id}")
    assert session.scalars(select(Task)).all()
    login("vera").post(f"/tasks/delete/{task.id}")
    assert session.scalars(select(Task)).all() == []


def test_a_task_stands_in_the_calendar_of_its_executor(login: Login, session: Session, today: date) -> None:
    client = buyer(session, "Ромашка", manager=user_named(session, "vera"))
    task = given(session, "Позвонить на склад", "vera", "anna", today, counterparty=client, importance=Importance.HIGH)
    given(session, "Борису", "vera", "boris", today)
    anna = login("anna")
    (row,) = anna.get("/calendar/json?event=task").json
    assert {name: row[name] for name in ("event", "id", "colour", "importance", "responsible", "info", "at")} == {
        "event": "task",
        "id": task.id,
        "colour": "today",
        "importance": "high",
        "responsible": "anna",
        "info": "Позвонить на склад",
        "at": str(today),
    }
    assert row["counterparty"] == "Ромашка"
    assert anna.get("/calendar/json?event=task&importance=low").json == []
    assert anna.get("/calendar/json?event=task&kind=call").json == []
    assert anna.get("/calendar/json?event=task&document=1").json == []
    page = anna.get("/calendar/").text
    assert "Позвонить на склад" in page
    assert f"/calendar/task/{task.id}" in page
    panel = anna.get(f"/calendar/task/{task.id}").text
    assert "Ромашка" in panel
    assert "counterparties/show" not in panel  # a client that she does not see
    assert login("boris").get(f"/calendar/task/{task.id}").status_code == 404
    (drawn,) = [
        each
        for each in anna.get(f"/calendar/grid?start={today}&end={today + DAY}").json
        if each["id"] == f"task-{task.id}"
    ]
    assert drawn["allDay"] is True
    moved = anna.post(
        drawn["extendedProps"]["move"],
        data={"version": drawn["extendedProps"]["version"], "at": f"{today + DAY}T00:00"},
        headers=JSON,
    )
    assert moved.status_code == 200
    assert [row["moved_from"] for row in anna.get("/calendar/json?event=task").json] == [str(today)]
    assert len(login("vera").get("/calendar/json?event=task&responsible=all").json) == 2


def test_a_receipt_of_the_number_that_an_order_has_is_told_as_itself(
    login: Login, session: Session, today: date
) -> None:
    vera = user_named(session, "vera")
    order = deals.order(session, buyer(session), {deals.item(session): 1}, manager_id=vera.id)
    order.ship_on = today
    supplier = buyer(session, "Завод", is_supplier=True)
    supply = SupplierOrder(
        id=order.id,
        number="ЗС-1",
        date=today,
        counterparty=supplier,
        manager=vera,
        receive_on=today,
        amount=10,
    )
    supply.lines = [SupplierOrderLine(item=deals.item(session), quantity=1, price=10, amount=10)]
    added(session, supply)
    session.commit()
    rows = login("vera").get("/calendar/json?event=shipment,receipt&span=today").json
    assert [(row["event"], row["id"]) for row in rows] == [("shipment", order.id), ("receipt", order.id)]


def test_the_card_of_the_client_tells_of_his_tasks(login: Login, session: Session, today: date) -> None:
    anna = user_named(session, "anna")
    client = buyer(session, "Ромашка", manager=anna)
    given(session, "Выслать договор", "anna", "anna", today, counterparty=client)
    given(session, "Тайное", "vera", "boris", today, counterparty=client)
    page = login("anna").get(f"/counterparties/show/{client.id}").text
    assert "Выслать договор" in page
    assert "Тайное" not in page
    assert f"/tasks/add?_flt_0_counterparty={client.id}" in page


def test_a_program_writes_and_reads_tasks(app: Flask, session: Session, today: date) -> None:
    vera, anna = (user_named(session, name) for name in ("vera", "anna"))
    with app.app_context():
        token = create_access_token(identity=str(vera.id), fresh=True)
    api, told = app.test_client(), {"Authorization": f"Bearer {token}"}
    sent = {"text": "Проверить остатки", "executor": anna.id, "due_on": str(today)}
    made = api.post("/api/v1/task/", json=sent, headers=told)
    assert made.status_code == 201, made.json
    found = api.get(f"/api/v1/task/{made.json['id']}", headers=told).json["result"]
    assert (found["author"]["username"], found["executor"]["username"]) == ("vera", "anna")
    wrong = api.put(f"/api/v1/task/{made.json['id']}", json={"done_on": str(today + DAY)}, headers=told)
    assert wrong.status_code == 422
    assert "done_on" in str(wrong.json)


@pytest.mark.parametrize("name", ["anna", "pavel", "maria"])
def test_every_role_has_tasks(login: Login, name: str) -> None:
    page = login(name).get("/tasks/list/")
    assert page.status_code == 200
    of_nothing = page.text.partition('<div class="card empty">')[2]
    assert 'href="/tasks/add"' in of_nothing
    assert "Сбросить отбор" in of_nothing
