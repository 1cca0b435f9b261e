"""Hours and absences of employees, and the question before a day is filled beyond them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.working_days import next_working
from app.models.contacts import Contact
from app.models.tasks import Task
from app.models.work_plan import WorkdayException
from app.models.working_time import Absence, WorkingHours
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]


def test_a_head_says_when_his_people_work_and_nobody_else_does(login: Login, session: Session) -> None:
    anna = user_named(session, "anna")
    typed = {"user": anna.id, "opens": "11:00", "closes": "20:00", "monday": "y", "saturday": "y"}
    assert login("anna").post("/working-hours/add", data=typed).status_code in {302, 403}
    assert session.scalars(select(WorkingHours)).all() == []
    vera = login("vera")
    assert "раньше начала" in vera.post("/working-hours/add", data={**typed, "closes": "10:00"}).text.lower()
    assert vera.post("/working-hours/add", data=typed).status_code == 302
    made = session.scalars(select(WorkingHours)).one()
    assert (made.monday, made.friday, made.saturday, f"{made.opens:%H:%M}") == (True, False, True, "11:00")
    assert "Пн, Сб" in login("anna").get("/working-hours/list/").text
    away = {"user": anna.id, "kind": "vacation", "first_day": "2026-12-01", "last_day": "2026-12-14"}
    assert vera.post("/absences/add", data=away).status_code == 302
    assert session.scalars(select(Absence)).one().kind == "vacation"


@pytest.mark.parametrize("kind", [WorkingHours, Absence, WorkdayException])
def test_working_time_is_asked_for_once_and_again_when_anybodys_changes(
    login: Login, session: Session, sql: list[str], today: date, kind: type
) -> None:
    vera, browser = user_named(session, "vera"), login("anna")

    def asked() -> bool:
        sql.clear()
        assert browser.get("/contacts/add").status_code == 200
        return any("working_hours" in statement for statement in sql)

    asked()
    assert not asked()
    values: dict[type, dict[str, Any]] = {
        WorkingHours: {"user": vera, "opens": time(9), "closes": time(10)},
        Absence: {"user": vera, "first_day": today, "last_day": today},
        WorkdayException: {"day": today, "works": False},
    }
    row = added(session, kind(**values[kind]))
    session.commit()
    assert asked()
    assert not asked()
    session.delete(row)
    session.commit()
    assert asked()


def test_a_day_that_is_full_is_planned_beyond_its_hours_only_when_that_is_confirmed(
    login: Login, session: Session, today: date
) -> None:
    anna, day = user_named(session, "anna"), next_working(today + 2 * DAY)
    added(session, WorkingHours(user=anna, opens=time(9), closes=time(10), saturday=True, sunday=True))
    client = buyer(session, manager=anna)
    session.commit()
    browser = login("anna")

    def plan(minutes: int, **more: Any) -> Any:
        typed = {"counterparty": client.id, "state": "planned", "kind": "call", "direction": "out", "manager": anna.id}
        typed |= {"importance": "normal", "starts_at": f"{day}T09:00", "ends_at": f"{day}T09:{minutes}", **more}
        return browser.post("/contacts/add", data=typed)

    assert plan(40).status_code == 302
    asked = plan(30)
    assert asked.status_code == 200
    assert "1:10 из 1:00" in asked.text
    assert 'name="confirmed"' in asked.text
    assert len(session.scalars(select(Contact)).all()) == 1
    assert plan(30, confirmed="y").status_code == 302

    def give(**more: Any) -> Any:
        typed = {"text": "Дело", "executor": anna.id, "due_on": str(day), "importance": "normal", "minutes": "15"}
        return browser.post("/tasks/add", data={**typed, **more})

    assert "1:25 из 1:00" in give().text
    assert session.scalars(select(Task)).all() == []
    assert give(confirmed="y").status_code == 302
    added(session, Absence(user=anna, first_day=day + DAY, last_day=day + 3 * DAY))
    session.commit()
    assert "отсутствует" in give(due_on=str(day + DAY)).text
