"""Expected purchases by week, counted by hand, and what came true of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from reports.classification.forecast import Forecast
from reports.kit.conditions import written_conditions
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 11, 25)  # a Wednesday
ASKED = {"back": "2", "ahead": "2"}


@pytest.fixture(autouse=True)
def market(app: Flask, session: Session) -> Iterator[None]:
    """Роза comes every Tuesday; Дуб came every ten days and is gone; Клен came too seldom to tell."""
    rose = buyer(session, "Роза", manager=user_named(session, "anna"))
    oak, maple = (buyer(session, name, manager=user_named(session, "boris")) for name in ("Дуб", "Клен"))
    for day in (date(2026, 10, 13), date(2026, 10, 20), date(2026, 10, 27)):
        shipped(session, rose, 100, day)
    for day in (date(2026, 11, 3), date(2026, 11, 10), date(2026, 11, 17)):
        shipped(session, rose, 40, day)
        shipped(session, rose, 60, day)
    shipped(session, rose, 150, date(2026, 11, 24))
    shipped(session, rose, -10, date(2026, 11, 24))
    for day in (date(2026, 10, 2), date(2026, 10, 12), date(2026, 10, 22), date(2026, 11, 1)):
        shipped(session, oak, 200, day)
    for day in (date(2026, 10, 1), date(2026, 10, 11), date(2026, 10, 21)):
        shipped(session, maple, 500, day)
    with app.test_request_context(), force_locale("en"):
        yield


def table(session: Session, **asked: str) -> ReportTable:
    (made,) = Forecast().tables(session, ASKED | asked, today=TODAY, limit=100)
    return made


FIGURES = ("expected", "amount", "came", "came_pct", "bought")


def test_weeks_that_have_begun_say_what_came_true(session: Session) -> None:
    found = table(session)
    assert {f"{row['week']:%d.%m}": [row[name] for name in FIGURES] for row in found.rows} == {
        "09.11": [2, 300, 1, 50, 100],
        "16.11": [2, 300, 1, 50, 100],  # Дуб is late, but not yet silent
        "23.11": [1, 100, 1, 100, 150],
        "30.11": [1, 100, None, None, None],
    }
    assert [found.total[name] for name in FIGURES] == [6, 800, 3, 60, 350]


def test_no_week_to_come_is_asked_for(session: Session) -> None:
    weeks = [f"{row['week']:%d.%m}" for row in table(session, ahead="0").rows]
    assert weeks == ["09.11", "16.11", "23.11"]


def test_every_figure_leads_to_its_buyers(session: Session) -> None:
    found = table(session)
    heads = list(found.lines(""))
    behind = table(session, detail="rows", where=written_conditions(found.behind(heads[0])))
    assert [(row["buyer"], row["expected_on"], row["bought"]) for row in behind.rows] == [
        ("Роза", date(2026, 11, 10), 100),
        ("Дуб", date(2026, 11, 11), 0),
    ]
    assert [behind.total[name] for name in FIGURES] == [heads[0].cells[name] for name in FIGURES]


def test_a_manager_sees_his_clients(session: Session) -> None:
    def names(**asked: Any) -> set[str]:
        return {row["buyer"] for row in table(session, detail="rows", **asked).rows}

    assert names(manager="boris") == {"Дуб"}
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    assert names() == {"Роза"}
