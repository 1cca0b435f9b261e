"""Tasks: who may what with them, how they are moved, and what reminds of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.viewer import Sees, Viewer
from app.domain.words import TaskState
from app.errors import Refused
from app.models.tasks import Task, TaskMove
from app.queries.planning.tasks import TaskStanding, standing
from app.services import undoing
from app.services.bell import reminders
from app.services.journal import act_of
from app.services.planning import tasks
from tests import deals
from tests.conftest import user_named
from tests.factories import added, buyer

TODAY = date(2026, 11, 23)
MOSCOW = ZoneInfo("Europe/Moscow")
Given = Callable[..., Task]


@pytest.fixture
def given(session: Session) -> Given:
    """A task that Vera gave to Anna."""

    def give(**more: Any) -> Task:
        author, executor = (user_named(session, name) for name in ("vera", "anna"))
        made = {"text": "Выслать образцы", "author": author, "executor": executor, "due_on": TODAY, **more}
        return added(session, Task(**made))

    return give


def look_as(session: Session, name: str, **more: Any) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, name).id, {Sees.OWN}, **more)


def test_a_done_task_says_when_and_what_came_of_it_and_is_done_once(session: Session, given: Given) -> None:
    task = given(result="Звонил")
    tasks.finish(session, task, text=" Выслал ", minutes=20, today=TODAY)
    assert (task.state, task.done_on, task.result, task.spent_minutes) == (TaskState.DONE, TODAY, "Звонил\nВыслал", 20)
    for verb in (
        lambda: tasks.finish(session, task, text="", today=TODAY),
        lambda: tasks.move(session, task, TODAY + DAY, today=TODAY),
        lambda: tasks.hand_over(session, task, user_named(session, "boris")),
        lambda: tasks.cancel(session, task, today=TODAY),
    ):
        with pytest.raises(Refused, match="not to be done any more"):
            verb()


@pytest.mark.parametrize(("minutes", "is_right"), [(-1, False), (0, True), (60_000, True), (60_001, False)])
def test_a_task_takes_no_more_than_a_thousand_hours(
    session: Session, given: Given, minutes: int, is_right: bool
) -> None:
    with nullcontext() if is_right else pytest.raises(Refused):
        tasks.finish(session, given(), text="", minutes=minutes, today=TODAY)


def test_nothing_is_given_to_whoever_has_left(session: Session, given: Given) -> None:
    task, boris = given(), user_named(session, "boris")
    boris.active = False
    with pytest.raises(Refused, match="no longer works"):
        tasks.hand_over(session, task, boris)
    with pytest.raises(Refused, match="no longer works"):
        tasks.complete(session, Task(text="Выслать", executor=boris, due_on=TODAY), today=TODAY)


def test_the_third_move_asks_why_and_every_move_is_kept(session: Session, given: Given) -> None:
    task = given()
    for days in (1, 2):
        tasks.move(session, task, TODAY + days * DAY, today=TODAY)
    with pytest.raises(Refused) as refused:
        tasks.move(session, task, TODAY + 3 * DAY, today=TODAY)
    assert refused.value.field == "reason"
    task.due_on = TODAY + 3 * DAY
    with pytest.raises(Refused) as refused:
        tasks.complete(session, task, today=TODAY)
    assert refused.value.field == "due_on"
    session.refresh(task)
    tasks.move(session, task, TODAY + 3 * DAY, today=TODAY, reason="Ждём склад")
    moves = session.scalars(select(TaskMove).order_by(TaskMove.id)).all()
    assert [(move.was, move.now, move.reason) for move in moves] == [
        (TODAY, TODAY + DAY, ""),
        (TODAY + DAY, TODAY + 2 * DAY, ""),
        (TODAY + 2 * DAY, TODAY + 3 * DAY, "Ждём склад"),
    ]
    with pytest.raises(Refused) as refused:
        tasks.move(session, task, TODAY - DAY, today=TODAY, reason="Назад")
    assert refused.value.field == "on"
    tasks.move(session, task, TODAY, today=TODAY, reason="Назад")
    assert task.due_on == TODAY


def test_a_reminder_of_a_task_goes_with_its_day_and_to_whoever_does_it(session: Session, given: Given) -> None:
    task, boris = given(), user_named(session, "boris")
    reminder = reminders.remind(session, task, task.executor_id, zone=MOSCOW, minutes=60)
    session.flush()
    session.refresh(reminder)
    assert reminder.due_at == datetime(2026, 11, 23, 5, tzinfo=UTC)
    tasks.move(session, task, TODAY + DAY, today=TODAY)
    tasks.hand_over(session, task, boris)
    session.refresh(reminder)
    assert (reminder.due_at, reminder.user_id) == (datetime(2026, 11, 24, 5, tzinfo=UTC), boris.id)
    tasks.finish(session, task, text="", today=TODAY)
    session.refresh(reminder)
    assert reminder.is_live is False


def test_undoing_a_move_brings_the_day_and_the_reminder_back_and_leaves_no_move(session: Session, given: Given) -> None:
    task = given()
    reminder = reminders.remind(session, task, task.executor_id, zone=MOSCOW, minutes=0)
    session.commit()
    tasks.move(session, task, TODAY + DAY, today=TODAY)
    act = act_of(session)
    session.commit()
    assert act is not None
    undoing.undo(session, act)
    session.commit()
    session.refresh(reminder)
    assert task.due_on == TODAY
    assert reminder.due_at == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert session.scalars(select(TaskMove)).all() == []


def test_the_executor_does_it_and_the_author_alone_says_what_it_is(session: Session, given: Given) -> None:
    task = given()
    look_as(session, "anna")
    task.text = "Ничего не высылать"
    with pytest.raises(Refused) as refused:
        tasks.complete(session, task, today=TODAY)
    assert refused.value.field == "text"
    session.refresh(task)
    with pytest.raises(Refused):
        tasks.cancel(session, task, today=TODAY)
    look_as(session, "vera")
    tasks.cancel(session, task, today=TODAY)
    assert task.state is TaskState.CANCELLED


def test_a_task_is_seen_by_its_two_people_and_by_whoever_leads_them(session: Session, given: Given) -> None:
    given()

    def seen_by(name: str, **more: Any) -> int:
        look_as(session, name, **more)
        return len(session.scalars(select(Task)).all())

    assert (seen_by("anna"), seen_by("vera"), seen_by("boris")) == (1, 1, 0)
    assert seen_by("boris", leads=True) == 1
    session.info["viewer"] = Viewer.of(user_named(session, "maria").id, {Sees.ALL})
    assert session.scalars(select(Task)).all() == []


def test_where_a_task_stands_is_seen_from_today(session: Session, given: Given) -> None:
    made = {
        **{"late": given(due_on=TODAY - DAY), "today": given(), "ahead": given(due_on=TODAY + DAY)},
        **{"done": given(done_on=TODAY), "off": given(cancelled_on=TODAY)},
    }
    found = {each: session.scalars(select(Task).where(standing(each, TODAY))).all() for each in TaskStanding}
    told = {each: [name for name, task in made.items() if task in rows] for each, rows in found.items()}
    assert [*told.values()] == [["late", "today", "ahead"], ["late", "today"], ["late"], ["done"], ["off"]]


def test_a_task_is_about_the_client_of_its_order_and_of_no_other(session: Session, given: Given) -> None:
    client = buyer(session)
    order = deals.order(session, client, {deals.item(session): 1})
    task = Task(text="Проверить", executor=user_named(session, "anna"), due_on=TODAY, order=order)
    look_as(session, "anna")
    tasks.complete(session, task, today=TODAY)
    session.add(task)
    session.flush()
    assert (task.counterparty_id, task.author_id) == (client.id, user_named(session, "anna").id)
    task.counterparty = buyer(session, "Другой")
    with pytest.raises(Refused) as refused:
        tasks.complete(session, task, today=TODAY)
    assert refused.value.field == "order"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"done_on": TODAY + DAY}, "done_on"),
        ({"done_on": TODAY, "cancelled_on": TODAY}, "cancelled_on"),
    ],
)
def test_what_no_task_can_be_is_told_at_its_field(session: Session, values: dict[str, Any], field: str) -> None:
    anna = user_named(session, "anna")
    with pytest.raises(Refused) as refused:
        tasks.complete(session, Task(text="Дело", author=anna, executor=anna, due_on=TODAY, **values), today=TODAY)
    assert refused.value.field == field
