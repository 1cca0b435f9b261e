"""Plans of contacts: what the rule of a cell gives, twice none twice, and taken back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, time, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.stages import Stage, XyzClass
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass, ContactKind, ContactState, Direction, Importance
from app.domain.work_plan import Cell, Terms
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.models.work_plan import WorkdayException, WorkPlan, WorkPlanRule
from app.queries.contacts.work_plan import clients_due, clients_of, rule_of
from app.services.contacts.work_plan import PLAN_LOCK, Arrangement, PlanRequest, arrange, first_day, make, undo
from tests.cells import AX, CLASSIFIED, MOSCOW, client, talked
from tests.conftest import user_named
from tests.rules.work_plan import judge

TODAY = date(2026, 11, 26)
FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def asked(session: Session, cell: Cell = AX, by: str = "vera", **more: Any) -> PlanRequest:
    terms = Terms(more.pop("first", FRIDAY), **{name: more.pop(name) for name in ("weeks", "most") if name in more})
    return PlanRequest(cell, TODAY, terms, user_named(session, by).id, **more)


def proposed(session: Session, **more: Any) -> Arrangement:
    return arrange(session, asked(session, **more), zone=MOSCOW)


def names(found: Arrangement) -> list[str]:
    return [place.client.name for place in found.places]


def test_every_cell_of_the_matrix_has_a_rule(session: Session) -> None:
    cells = {rule.cell for rule in session.scalars(select(WorkPlanRule))}
    standings = [(Stage.REGULAR, xyz) for xyz in XyzClass] + [(s, None) for s in Stage if s is not Stage.REGULAR]
    assert cells == {Cell(abc, *standing) for abc in (*AbcClass, None) for standing in standings}


def test_the_clients_of_the_cell_and_nobody_else(session: Session) -> None:
    anna = user_named(session, "anna")
    client(session, "Мелкий", value=1)
    client(session, "Крупный", value=9, manager=anna)
    client(session, "Другой класс", Cell(AbcClass.B, Stage.REGULAR, XyzClass.X))
    client(session, "Другая стадия", Cell(AbcClass.A, Stage.ONE_TIME))
    talked(session, client(session, "Запланирован"), date(2026, 9, 1), ContactState.PLANNED)
    talked(session, client(session, "Недавно"), date(2026, 12, 11))
    talked(session, client(session, "Скоро"), date(2026, 11, 16))
    found = proposed(session)
    vera = user_named(session, "vera")
    assert [(p.client.name, p.client.manager_id, p.day, p.at) for p in found.places] == [
        ("Крупный", anna.id, FRIDAY, time(9)),
        ("Мелкий", vera.id, FRIDAY, time(9)),
        ("Скоро", vera.id, MONDAY, time(9)),
    ]
    assert (found.already, found.recent, found.unfit) == (1, 1, 0)
    assert list(found.managers.values()) == ["Вера Орлова", "Анна Петрова"]


def test_a_client_without_an_abc_class_is_in_a_cell_too(session: Session) -> None:
    client(session, "Ушёл", lost := Cell(None, Stage.LOST))
    client(session, "Ушёл с классом", Cell(AbcClass.C, Stage.LOST))
    assert names(proposed(session, cell=lost)) == ["Ушёл"]


def test_the_day_of_the_classes_counts(session: Session) -> None:
    client(session, "Был иным")
    before = PlanRequest(AX, CLASSIFIED - timedelta(days=1), Terms(FRIDAY), user_named(session, "vera").id)
    assert arrange(session, before, zone=MOSCOW).places == []


@pytest.mark.slow
def test_the_sql_judges_as_the_rule_does(session: Session) -> None:
    """Whatever was talked and is planned, by the days of the company's own time zone."""
    random, period = Random(7), Terms(FRIDAY, weeks=2).period
    expected = {}
    for n in range(60):
        one = client(session, f"К{n}", value=n)
        days = [TODAY - timedelta(days=random.randint(-25, 40)) for _ in range(random.randint(0, 3))]
        for day in days:
            talked(session, one, day)
        is_open = random.random() < 0.2
        if is_open:
            talked(session, one, TODAY, ContactState.PLANNED)
        talked(session, one, TODAY, ContactState.CANCELLED)
        expected[one.id] = judge(is_open=is_open, last_on=max(days, default=None), every_days=14, period=period)
    clients = clients_of(AX, TODAY, MOSCOW)
    query = clients_due(clients, every_days=14, period=period, planner_id=1, most=100)
    rows = session.execute(query).all()
    due = {row.id: (row.verdict, row.due) for row in rows if row.verdict == "due"}
    assert due == {number: (v.value, day) for number, (v, day) in expected.items() if v == "due"}
    totals = {row.verdict: row.total for row in rows}
    assert totals == {v: sum(one.value == v for one, _ in expected.values()) for v in ("due", "open", "recent")}


def test_who_does_not_fit_is_counted_and_not_read(session: Session) -> None:
    for n in range(30):
        client(session, f"К{n:02}", value=n)
    found = proposed(session, weeks=1, most=2)
    assert names(found) == [f"К{n:02}" for n in range(29, 19, -1)]
    assert [len(found.days), found.unfit] == [5, 20]


def test_what_is_planned_already_takes_room_and_exceptions_take_days(session: Session) -> None:
    vera = user_named(session, "vera")
    for hour in (9, 12):
        other = talked(session, client(session, f"Иной{hour}", Cell(None, Stage.LOST)), FRIDAY, ContactState.PLANNED)
        other.manager, other.starts_at = vera, other.starts_at.replace(hour=hour, minute=0)
        other.ends_at = other.starts_at
    session.add_all([WorkdayException(day=MONDAY), WorkdayException(day=FRIDAY + timedelta(days=1), works=True)])
    session.flush()
    for n in range(2):
        client(session, f"К{n}", value=-n)
    assert [(p.day, p.at) for p in proposed(session, most=3).places] == [
        (FRIDAY, time(14, 20)),
        (FRIDAY + timedelta(days=1), time(9)),
    ]
    assert first_day(session, FRIDAY + timedelta(days=1)) == date(2026, 12, 1)


def test_a_time_without_working_days_plans_nobody(session: Session) -> None:
    client(session, "Ждёт")
    found = proposed(session, first=date(2027, 1, 1), weeks=1)
    assert (found.places, found.unfit) == ([], 1)


def test_a_plan_makes_contacts_as_the_rule_says_and_twice_makes_none_twice(session: Session) -> None:
    one = client(session, "Ровный", manager=user_named(session, "anna"))
    plan = make(session, asked(session), zone=MOSCOW)
    made = session.scalars(select(Contact)).one()
    assert (plan.made, made.work_plan_id, made.counterparty_id) == (1, plan.id, one.id)
    assert (made.kind, made.direction, made.state) == (ContactKind.CALL, Direction.OUT, ContactState.PLANNED)
    assert (made.importance, made.subject) == (Importance.HIGH, "Плановый контакт с постоянным клиентом")
    assert made.starts_at.astimezone(MOSCOW).isoformat() == "2026-11-27T09:00:00+03:00"
    assert made.ends_at - made.starts_at == timedelta(minutes=30)
    assert made.manager == one.manager
    for first in (FRIDAY, MONDAY):
        again = make(session, asked(session, first=first), zone=MOSCOW)
        assert (again.made, again.already, again.id) == (0, 1, None)
    assert session.scalar(select(func.count()).select_from(WorkPlan)) == 1


def test_undoing_removes_what_nobody_has_touched(session: Session) -> None:
    for n in range(3):
        client(session, f"К{n}", value=-n)
    by_hand = talked(session, client(session, "Рука", Cell(None, Stage.LOST)), TODAY, ContactState.PLANNED)
    plan = make(session, asked(session), zone=MOSCOW)
    first, second, _third = session.scalars(select(Contact).where(Contact.work_plan_id == plan.id).order_by(Contact.id))
    first.state = ContactState.DONE
    second.text = "Просил позже"
    session.flush()
    kept = {first.id, second.id, by_hand.id}
    assert undo(session, plan) == 1
    assert set(session.scalars(select(Contact.id))) == kept
    assert (undo(session, plan), plan.undone) == (0, 1)


def test_a_manager_plans_for_his_own_alone(session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    for name, manager in (("Анин", anna), ("Борисов", boris), ("Ничей", None)):
        client(session, name, manager=manager)
    assert sorted(names(proposed(session))) == ["Анин", "Борисов", "Ничей"]
    assert names(proposed(session, manager=boris)) == ["Борисов"]
    session.info["viewer"] = Viewer.of(anna.id, [Sees.OWN])
    assert names(proposed(session, by="anna")) == ["Анин"]
    assert names(proposed(session, by="anna", manager=boris)) == []


def test_a_cell_without_a_rule_is_refused(session: Session) -> None:
    session.delete(session.scalars(rule_of(AX)).one())
    session.flush()
    with pytest.raises(Refused, match="нет правила"):
        proposed(session)


@pytest.mark.slow
def test_a_plan_costs_eight_statements_whatever_the_size(session: Session, sql: list[str]) -> None:
    for n in range(40):
        client(session, f"К{n}", manager=user_named(session, ("anna", "boris")[n % 2]))
    what = asked(session)
    sql.clear()
    assert make(session, what, zone=MOSCOW).made == 40
    assert len(sql) <= 8, "\n".join(sql)


def test_of_two_plans_at_once_the_second_finds_the_contacts_of_the_first(committed: Flask) -> None:
    with committed.app_context():
        for n in range(5):
            client(db.session(), f"К{n}")
        db.session.commit()
    begun, counts = threading.Event(), []

    def second() -> None:
        with committed.test_request_context():
            begun.set()
            counts.append(make(db.session(), asked(db.session()), zone=MOSCOW).made)
            db.session.commit()

    with committed.test_request_context():
        assert make(db.session(), asked(db.session()), zone=MOSCOW).made == 5
        thread = threading.Thread(target=second)
        thread.start()
        try:
            assert begun.wait(30)
            waits = (
                select(func.count()).select_from(text("pg_locks")).where(text(f"objid = {PLAN_LOCK} AND NOT granted"))
            )
            with db.engine.connect() as other:
                while not other.scalar(waits):
                    assert thread.is_alive(), "the second plan did not wait for the first"
        finally:
            db.session.commit()
            thread.join(30)
        assert counts == [0]
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 5
