"""The plan of contacts of a cell in the browser: seen first, made by who may, taken back by who made it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.models.contacts import Contact
from app.models.work_plan import WorkdayException, WorkPlan, WorkPlanRule
from app.queries.contacts.work_plan import rule_of
from tests.cells import AX, client, talked
from tests.conftest import user_named

Login = Callable[..., FlaskClient]
CELL = {"abc": "A", "stage": "regular", "xyz": "X"}
ADDRESS = "/work-plan/?abc=A&stage=regular&xyz=X"


@pytest.fixture
def today(app: Flask) -> date:
    with app.app_context():
        return clock.today()


@pytest.fixture(autouse=True)
def company(session: Session, today: date) -> None:
    """In the cell AX: two of Anna's, one of Boris; one of Anna's was talked to long ago."""
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    talked(session, client(session, "Анин первый", value=9, manager=anna), date(2026, 1, 15))
    client(session, "Анин второй", manager=anna)
    client(session, "Борисов", manager=boris)
    session.commit()


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.get_data(as_text=True))


def count(session: Session, model: type = Contact) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def tiles(page: str) -> list[str]:
    return re.findall(r'tile[^"]*">\s*<b>(\d+)</b>', page)


def test_the_list_of_a_cell_offers_the_plan_and_other_lists_do_not(login: Login) -> None:
    def offered(username: str, asked: str) -> bool:
        return "/work-plan/?" in text_of(login(username).get(f"/reports/xyz-buyers/?{asked}"))

    assert offered("anna", "abc=A&stage=regular&xyz=X")
    assert offered("vera", "abc=A&xyz=X&on=2026-11-01")
    assert offered("vera", "abc=none&stage=lost")
    for some in ("", "abc=A", "abc=A&stage=regular", "stage=lost", "abc=A&stage=none", "abc=A&stage=lost&xyz=X"):
        assert not offered("vera", some), some


def test_the_plan_is_seen_before_it_is_made(login: Login, session: Session) -> None:
    page = text_of(login("vera").get(ADDRESS))
    assert tiles(page) == ["3", "0", "0", "0"]
    assert "раз в 14 дней, важность: высокая" in page
    assert "последний контакт 15.01.2026, раз в 14 дней" in page
    assert page.count("контактов еще не было") == 2
    assert "Анна Петрова" in page
    assert count(session) == 1


def test_pressing_makes_the_contacts_and_pressing_again_none(login: Login, session: Session) -> None:
    vera = login("vera")
    page = text_of(vera.post("/work-plan/", data=CELL, follow_redirects=True))
    assert "Запланированы 3 контакта." in page
    assert tiles(page) == ["0", "3", "0", "0"]
    plan = session.scalars(select(WorkPlan)).one()
    assert f"/work-plan/{plan.id}/undo" in page
    assert (plan.made, count(session)) == (3, 4)
    page = text_of(vera.post("/work-plan/", data=CELL, follow_redirects=True))
    assert "Планировать контакты не с кем." in page
    assert (count(session), count(session, WorkPlan)) == (4, 1)


def test_undo_is_for_the_author_and_for_directors(login: Login, session: Session) -> None:
    login("anna").post("/work-plan/", data=CELL)
    plan = session.scalars(select(WorkPlan)).one()
    assert plan.made == 2
    for number in (plan.id, 10**12):
        assert login("boris").post(f"/work-plan/{number}/undo").status_code == 404
    assert login("boris").get(f"/work-plan/plans?page={10**20}").status_code == 200
    assert login("maria").post(f"/work-plan/{plan.id}/undo").status_code == 403
    assert "/undo" not in text_of(login("maria").get("/work-plan/plans"))
    assert "Петрова" not in text_of(login("boris").get("/work-plan/plans"))
    assert count(session) == 3
    page = text_of(login("anna").post(f"/work-plan/{plan.id}/undo", follow_redirects=True))
    assert "Удалены 2 контакта." in page
    assert "/undo" not in page
    login("anna").post("/work-plan/", data=CELL)
    again = session.scalars(select(WorkPlan.id).order_by(WorkPlan.id.desc())).first()
    assert f"/work-plan/{again}/undo" in text_of(login("vera").get("/work-plan/plans"))
    assert login("vera").post(f"/work-plan/{again}/undo").status_code == 302
    assert count(session) == 1


def test_a_manager_sees_and_plans_his_own(login: Login, session: Session) -> None:
    page = text_of(login("anna").get(ADDRESS))
    assert "Анин первый" in page
    assert "Борис" not in page
    assert tiles(page)[0] == "2"
    login("boris").post("/work-plan/", data=CELL | {"manager": "anna"})
    assert count(session) == 1
    login("boris").post("/work-plan/", data=CELL)
    assert session.scalars(select(Contact.manager_id).where(Contact.work_plan_id.is_not(None))).all() == [
        user_named(session, "boris").id
    ]


def test_who_may_not_write_contacts_plans_none(login: Login, session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    role.permissions = [
        right
        for right in role.permissions
        if (right.permission.name, right.view_menu.name) != ("can_write", "Contacts")
    ]
    session.commit()
    for username in ("anna", "pavel"):
        assert login(username).get(ADDRESS).status_code == 403
        assert login(username).post("/work-plan/", data=CELL).status_code == 403
    assert "/work-plan/?" not in text_of(login("anna").get("/reports/xyz-buyers/?abc=A&stage=regular&xyz=X"))
    assert count(session) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("first", "2026-11-01"),
        ("first", "2099-01-01"),
        ("first", "soon"),
        ("weeks", "0"),
        ("weeks", "13"),
        ("weeks", "1.5"),
        ("most", "17"),
        ("most", "много"),
        ("manager", "nobody"),
        ("on", "never"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(login: Login, session: Session, name: str, text: str) -> None:
    page = text_of(login("vera").get("/work-plan/", query_string=CELL | {name: text}), 400)
    assert 'role="alert"' in page
    if name in ("first", "weeks", "most"):
        assert f'id="{name}-error"' in page
        assert f'value="{text}"' in page
    page = text_of(login("vera").post("/work-plan/", data=CELL | {name: text}, follow_redirects=True), 400)
    assert 'role="alert"' in page
    assert count(session) == 1


def test_an_address_that_names_no_cell_leads_to_the_matrix(login: Login) -> None:
    for some in ("", "?abc=Q&stage=lost", "?abc=A&stage=regular"):
        assert login("vera").get(f"/work-plan/{some}").location == "/reports/abc-xyz/"
    assert login("vera").post("/work-plan/", data={"abc": "A"}).status_code == 403


def test_a_cell_without_a_rule_offers_to_make_one(login: Login, session: Session) -> None:
    session.delete(session.scalars(rule_of(AX)).one())
    session.commit()
    page = text_of(login("vera").get(ADDRESS), 400)
    add = re.search(r'href="(/work-plan-rules/add\?[^"]+)"', page)
    assert add
    form = text_of(login("vera").get(add[1].replace("&amp;", "&")))
    assert '<option selected value="A">' in form
    assert "/work-plan-rules/add" not in text_of(login("anna").get(ADDRESS), 400)


def test_directors_set_the_rules_and_managers_read_them(login: Login, session: Session) -> None:
    rule = session.scalars(rule_of(AX)).one()
    data = CELL | {"every_days": "7", "kind": "meeting", "importance": "normal", "subject": "Обход"}
    assert login("anna").get("/work-plan-rules/list/").status_code == 200
    assert login("anna").post(f"/work-plan-rules/edit/{rule.id}", data=data).status_code == 403
    assert login("vera").post(f"/work-plan-rules/edit/{rule.id}", data=data).status_code == 302
    session.expire_all()
    assert (rule.every_days, rule.subject) == (7, "Обход")
    assert "раз в 7 дней" in text_of(login("anna").get(ADDRESS))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({}, "stage"), ({"xyz": ""}, "xyz"), ({"stage": "lost"}, "xyz"), ({"abc": "B", "every_days": "0"}, "every_days")],
)
def test_a_wrong_rule_is_refused_at_its_field(
    login: Login, session: Session, wrong: dict[str, str], field: str
) -> None:
    before = count(session, WorkPlanRule)
    data = CELL | {"every_days": "7", "kind": "call", "importance": "normal", "subject": ""} | wrong
    page = text_of(login("vera").post("/work-plan-rules/add", data=data))
    assert f'id="{field}-error"' in page
    assert count(session, WorkPlanRule) == before


def test_an_exception_of_the_calendar_moves_the_plan(login: Login, session: Session, today: date) -> None:
    page = text_of(login("vera").get(ADDRESS))
    first = re.search(r'name="first" value="([\d-]+)"', page)
    assert first
    day = date.fromisoformat(first[1])
    data = {"day": day.isoformat(), "comment": "Переезд"}
    assert login("anna").post("/workday-exceptions/add", data=data).status_code == 403
    assert login("vera").post("/workday-exceptions/add", data=data).status_code == 302
    assert session.scalars(select(WorkdayException)).one().works is False
    assert f'name="first" value="{day}"' not in text_of(login("vera").get(ADDRESS))
    assert day <= today + timedelta(days=60)


def test_the_page_and_the_plan_cost_ten_statements(login: Login, session: Session, sql: list[str]) -> None:
    vera = login("vera")
    vera.get(ADDRESS)
    for ask in (lambda: vera.get(ADDRESS), lambda: vera.post("/work-plan/", data=CELL)):
        sql.clear()
        assert ask().status_code < 400
        assert len(sql) <= 10, "\n".join(sql)
    sql.clear()
    vera.get("/work-plan/plans")
    assert len(sql) <= 6, "\n".join(sql)
