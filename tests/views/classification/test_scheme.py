"""The scheme of stages: boxes with today's counts, arrows with the moves of a period, each leads to its clients."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, end_of_month
from app.domain.stages import Parameters, Stage, Standing
from app.services.classification import holds
from app.services.classification.stages import classify_stages
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import shipped

Login = Callable[..., FlaskClient]
ARROW = re.compile(
    r'<a href="([^"]+)" class="move [^"]*move-([\w-]+) [^"]*"><span class="sr-only">[^<]*</span><b>(\d+)'
)
BOX = re.compile(r'class="stage stage-(\w+)" href="([^"]+)"><span [^>]*>[^<]*</span>\s+<b>(\d+)')


@pytest.fixture
def today(app: Flask) -> date:
    with app.app_context():
        return clock.today()


@pytest.fixture
def company(session: Session, today: date) -> None:
    """In the month before all were potential or regular; this month two woke up, one of Anna's, and one was lost."""
    before = today.replace(day=1) - DAY
    woken = [buyer(session, "Анин", manager=user_named(session, "anna")), buyer(session, "Чужой")]
    regular, lost = buyer(session, "Верный"), buyer(session, "Ушёл")
    for one in (regular, lost):
        for _ in range(3):
            shipped(session, one, 10, before)
    classify_stages(session, Parameters(before, count=1), today=today)
    for _ in range(3):
        shipped(session, woken[0], 10, today)
    shipped(session, woken[1], 10, today)
    shipped(session, regular, 10, today)
    classify_stages(session, Parameters(today, count=1), today=today)
    session.commit()


def page_of(client: FlaskClient, query: str = "", status: int = 200) -> str:
    response = client.get(f"/classification/stages{query}")
    assert response.status_code == status
    return response.get_data(as_text=True)


def arrows(page: str) -> dict[str, tuple[str, int]]:
    return {name: (html.unescape(address), int(count)) for address, name, count in ARROW.findall(page)}


def clients(client: FlaskClient, address: str) -> set[str]:
    page = client.get(address).get_data(as_text=True)
    return {name for name in ("Анин", "Чужой", "Верный", "Ушёл", "Решили") if f">{name}<" in page}


@pytest.mark.usefixtures("company")
def test_boxes_and_arrows_count_and_lead_to_their_clients(login: Login) -> None:
    client = login("vera")
    page = page_of(client)
    assert {name: (count, clients(client, html.unescape(at))) for name, at, count in BOX.findall(page)} == {
        "none": ("0", set()),
        "potential": ("0", set()),
        "one_time": ("1", {"Чужой"}),
        "regular": ("2", {"Анин", "Верный"}),
        "x": ("2", {"Анин", "Верный"}),
        "y": ("0", set()),
        "z": ("0", set()),
        "lost": ("1", {"Ушёл"}),
    }
    assert {name: (count, clients(client, address)) for name, (address, count) in arrows(page).items()} == {
        "potential-one_time": (1, {"Чужой"}),
        "potential-regular": (1, {"Анин"}),
        "regular-lost": (1, {"Ушёл"}),
    }
    assert "Другие переходы" not in page


def test_opens_on_the_month_of_the_last_run(login: Login, session: Session, today: date) -> None:
    long_ago = end_of_month(date(today.year - 1, 5, 1))
    buyer(session, "Анин")
    classify_stages(session, Parameters(long_ago, count=1), today=today)
    session.commit()
    assert {name: count for name, (_address, count) in arrows(page_of(login("vera"))).items()} == {"none-potential": 1}


@pytest.mark.usefixtures("company")
def test_another_period_shows_its_own_moves(login: Login) -> None:
    found = arrows(page_of(login("vera"), "?period=last-month"))
    assert {name: count for name, (_address, count) in found.items()} == {"none-potential": 2, "none-regular": 2}
    last = page_of(login("vera"), "?period=2020-01-05..2020-01-09")
    assert arrows(last) == {}
    assert '<option value="2020-01-05..2020-01-09" selected>' in last


@pytest.mark.usefixtures("company")
def test_moves_that_rules_do_not_make_are_told_beside(login: Login, session: Session, today: date) -> None:
    one, vera = buyer(session, "Решили"), user_named(session, "vera")
    until: dict[str, Any] = {"until": end_of_month(today), "reason": "так", "by": vera, "today": today}
    holds.hold_stage(session, one, Standing(Stage.LOST), **until)
    session.commit()
    client = login("vera")
    page = page_of(client)
    beside = re.search(r'Другие переходы.*?<a href="([^"]+)">([^<]+)<b>1</b>', page, re.DOTALL)
    assert beside
    assert beside[2] == "Стадия не задана → Потерянный клиент: "
    assert clients(client, html.unescape(beside[1])) == {"Решили"}


@pytest.mark.usefixtures("company")
def test_a_manager_reads_his_own_and_is_told_so(login: Login) -> None:
    page = page_of(login("anna"))
    assert {name: count for name, (_address, count) in arrows(page).items()} == {"potential-regular": 1}
    assert "Учтены только ваши клиенты" in page
    assert "Учтены все клиенты" in page_of(login("vera"))


@pytest.mark.parametrize("period", ["soon", "2099"])
def test_a_bad_period_is_told_beside_it(login: Login, period: str) -> None:
    page = page_of(login("vera"), f"?period={period}", 400)
    assert 'role="alert"' in page
    assert f'value="{period}" selected' in page


@pytest.mark.usefixtures("company")
def test_the_scheme_costs_few_statements(login: Login, sql: list[str]) -> None:
    client = login("vera")
    page_of(client)
    sql.clear()
    page_of(client)
    assert len(sql) <= 10, sql
