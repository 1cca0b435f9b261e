"""Control of work plans: golden figures by employee, day and event, and who sees whose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.tasks import Task
from app.services.contacts import verbs
from app.services.planning import tasks
from reports.kit.table import ReportTable
from reports.planning.work_plan import WorkPlanReport
from tests.conftest import user_named
from tests.factories import added, buyer

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WEEK = {"period": "2026-11-23..2026-11-29"}
FIGURES = ("planned", "done", "overdue", "cancelled", "moved", "hours_planned", "hours_spent")


@pytest.fixture
def week(app: Flask, session: Session) -> Iterator[None]:
    """Anna: three contacts and two tasks on Monday and Tuesday, one moved to Friday twice; Boris: one task."""
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    client = buyer(session, manager=anna)

    def contact(day: date, minutes: int, state: ContactState) -> Contact:
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        length = timedelta(minutes=minutes)
        made = {"starts_at": at, "ends_at": at + length, "state": state, "subject": state.value}
        return added(session, Contact(counterparty=client, manager=anna, **made))

    def task(who: Any, day: date, **more: Any) -> Task:
        return added(session, Task(text="Дело", author=anna, executor=who, due_on=day, **more))

    with app.test_request_context():
        monday, tuesday = TODAY - 2 * DAY, TODAY - DAY
        contact(monday, 30, ContactState.DONE)
        contact(monday, 45, ContactState.PLANNED)
        contact(tuesday, 60, ContactState.CANCELLED)
        task(anna, monday, minutes=60, spent_minutes=90, done_on=monday)
        put_off = task(anna, tuesday, minutes=15)
        tasks.move(session, put_off, TODAY + DAY, today=TODAY)
        tasks.move(session, put_off, TODAY + 2 * DAY, today=TODAY, reason="Нет данных")
        late = contact(TODAY + DAY, 30, ContactState.PLANNED)
        verbs.move(session, late, late.starts_at + DAY, now=NOW, reason="Клиент занят")
        task(boris, tuesday)
        task(boris, TODAY + 30 * DAY)
        yield


def table(session: Session, **asked: str) -> ReportTable:
    (made,) = WorkPlanReport().tables(session, {**WEEK, **asked}, today=TODAY, limit=100)
    return made


def figures(row: Any) -> list[Any]:
    return [round(Decimal(row[name]), 2) for name in FIGURES]


D = Decimal


@pytest.mark.usefixtures("week")
def test_by_employee_and_day_with_totals(session: Session) -> None:
    found = table(session)
    assert {(row["login"], row["day_text"]): figures(row) for row in found.rows} == {
        ("anna", "2026-11-23"): [3, 2, 1, 0, 0, D("2.25"), 2],
        ("anna", "2026-11-24"): [1, 0, 0, 1, 0, 0, 0],
        ("anna", "2026-11-27"): [2, 0, 0, 0, 3, D("0.75"), 0],
        ("boris", "2026-11-24"): [1, 0, 1, 0, 0, 0, 0],
    }
    assert figures(found.total) == [7, 2, 2, 1, 3, 3, 2]
    reasons = next(row["why"] for row in found.rows if row["day_text"] == "2026-11-27")
    assert set(reasons.split("; ")) == {"Нет данных", "Клиент занят"}


@pytest.mark.usefixtures("week")
def test_what_a_figure_is_made_of_stands_in_its_rows(session: Session) -> None:
    by_employee = {row["login"]: figures(row) for row in table(session, by="employee").rows}
    assert by_employee == {"anna": [6, 2, 1, 1, 3, 3, 2], "boris": [1, 0, 1, 0, 0, 0, 0]}
    found = table(session, by="event", employee="anna", period="2026-11-27")
    assert sorted((bool(row["contact_id"]), row["moved"]) for row in found.rows) == [(False, 2), (True, 1)]
    assert figures(found.total) == [2, 0, 0, 0, 3, D("0.75"), 0]


@pytest.mark.usefixtures("week")
def test_one_sees_his_own_work_and_whoever_leads_people_everybodys(session: Session) -> None:
    def seen(name: str, **more: Any) -> set[str]:
        session.info["viewer"] = Viewer.of(user_named(session, name).id, {Sees.ALL}, **more)
        return {row["login"] for row in table(session, by="employee").rows}

    assert seen("boris") == {"boris"}
    assert seen("maria") == set()
    assert seen("vera", leads=True) == {"anna", "boris"}


@pytest.mark.usefixtures("week")
def test_it_opens_with_the_last_week_that_has_anything_planned_for_it(session: Session) -> None:
    def opens(today: date) -> str:
        return WorkPlanReport().texts(session, {}, today=today)["period"]

    assert opens(TODAY - 2 * DAY) == "this-week"
    assert opens(TODAY + 29 * DAY) == "this-week"  # it is planned for tomorrow
    assert opens(TODAY + 14 * DAY) == WEEK["period"]
    assert opens(TODAY - 7 * DAY) == "this-week"  # there has been nothing yet
