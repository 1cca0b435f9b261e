"""Settings of reports under names: kept, shared, opened first, put on the first page; and the last one used."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.lists import SavedView
from app.models.users import Role
from tests.reports.test_abc_buyers import company
from tests.views.test_reports import Login, text_of

PAGE = "/reports/abc-buyers/"
MARCH = "period=2026-03&columns=buyer%2Crevenue"


@pytest.fixture(autouse=True)
def trade(session: Session) -> None:
    company(session)


def heads(answer: Any) -> list[str]:
    table = text_of(answer).split("<thead>")[1].split("</thead>")[0]
    return [part.split("<")[0].strip() for part in table.split('data-swap="#report">')[1:]]


def test_a_setting_is_kept_with_its_words_and_opened(session: Session, login: Login) -> None:
    vera = login("vera")
    vera.post(
        PAGE + "views", data={"name": "Мой март", "choice": "period=last-month&columns=buyer&where=manager:in:me"}
    )
    kept = session.scalars(select(SavedView)).one()
    assert kept.choice == {"period": "last-month", "columns": "buyer", "where": "manager:in:me"}
    assert f"kept={kept.id}" in text_of(vera.get(PAGE))


def test_a_setting_opens_first_and_is_shared_with_a_role(session: Session, login: Login) -> None:
    vera = login("vera")
    role = session.scalars(select(Role).where(Role.name == "Commercial director")).one()
    vera.post(PAGE + "views", data={"name": "Мой март", "choice": MARCH, "role": role.id, "first": "1", "home": "1"})
    assert heads(vera.get(PAGE)) == ["Покупатель", "Сумма выручки"]
    assert len(heads(vera.get(PAGE + "?kept=all"))) > 4
    assert "Мой март" in text_of(vera.get("/"))
    anna = login("anna")  # has not the role
    assert "Мой март" not in text_of(anna.get(PAGE))
    assert "Мой март" not in text_of(anna.get("/"))


def test_a_setting_stands_in_the_menu_of_whoever_sees_it_and_may_open_the_report(
    session: Session, login: Login
) -> None:
    vera, anna, pavel = login("vera"), login("anna"), login("pavel")
    role = session.scalars(select(Role).where(Role.name == "Commercial director")).one()

    def menu(client: Any) -> str:
        return text_of(client.get("/contacts/add")).split("</nav>")[0]

    assert "Мой март" not in menu(vera)  # the menu is kept from now on
    vera.post(PAGE + "views", data={"name": "Мой март", "choice": MARCH, "role": role.id, "menu": "1"})
    kept = session.scalars(select(SavedView)).one()
    assert f"{PAGE}?kept={kept.id}&amp;{MARCH.replace('&', '&amp;')}" in menu(vera)
    assert 'aria-current="page"><i class="fa fa-thumbtack"' in text_of(vera.get(f"{PAGE}?kept={kept.id}&{MARCH}"))
    assert "Мой март" not in menu(anna)
    kept.role_id = session.scalars(select(Role.id).where(Role.name == "Purchasing specialist")).one()
    session.flush()
    assert "Мой март" not in menu(pavel)  # he has the role, not the report
    vera.post(f"{PAGE}views/{kept.id}/drop")
    assert "Мой март" not in menu(vera)


def test_what_was_used_last_is_opened_again(session: Session, login: Login) -> None:
    vera = login("vera")
    vera.get(f"{PAGE}?{MARCH}")
    assert len(heads(vera.get(PAGE + "?period=2026-03"))) > 4
    assert "empty" in text_of(vera.get(PAGE))  # by an address of another page nothing is kept
    vera.get(f"{PAGE}?{MARCH}&used=1")
    assert heads(vera.get(PAGE)) == ["Покупатель", "Сумма выручки"]
    assert len(heads(login("anna").get(PAGE + "?period=2026-03"))) > 4


def test_what_is_gone_from_a_report_is_told_and_the_rest_is_shown(session: Session, login: Login) -> None:
    vera = login("vera")
    old = "period=2026-03&columns=buyer,shoe_size,revenue&sort=-shoe_size&where=shoe_size:ge:40;revenue:ge:0&colour=red"
    vera.post(PAGE + "views", data={"name": "Старая", "choice": old})
    kept = session.scalars(select(SavedView)).one()
    answer = vera.get(f"{PAGE}?kept={kept.id}&{old}")
    assert answer.status_code == 200
    assert heads(answer) == ["Покупатель", "Сумма выручки"]
    assert "shoe_size" in text_of(answer).split("alert-warning")[1][:300]
    assert vera.get(f"{PAGE}?{old}").status_code == 400
