"""Who came first by what, and who of them bought: golden figures, by source, responsible, month and client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState, Direction
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, InformationSource
from app.models.histories import SourceRecord
from app.services.contacts.contacts import set_prospect_phone
from reports.contacts.attraction import Attraction
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.reports.trade import shipped

TODAY = date(2026, 5, 10)
SPRING = {"period": "2026-03-01..2026-04-30"}


@pytest.fixture
def inquiries(app: Flask, session: Session) -> Iterator[None]:
    """March: Anna got two clients by the paper, Boris a prospect who called twice by the site; April: one of Boris."""
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    paper, site = (added(session, InformationSource(name=name)) for name in ("Газета", "Сайт фирмы"))

    def came(day: date, whom: Counterparty | None, manager: Any, **more: Any) -> None:
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        told = {"direction": Direction.IN, "state": ContactState.DONE, "manager": manager, **more}
        contact = Contact(counterparty=whom, starts_at=at, ends_at=at + timedelta(minutes=5), **told)
        set_prospect_phone(contact)
        added(session, contact)

    bought, silent, early, april = (buyer(session, name) for name in ("Купил", "Молчит", "Раньше", "Апрель"))
    for client, manager in ((bought, anna), (silent, anna), (early, anna), (april, boris)):
        client.manager = manager
    came(date(2026, 3, 2), bought, anna, source=paper)
    came(date(2026, 3, 3), bought, boris, source=site)
    came(date(2026, 3, 5), silent, anna, source=paper)
    came(date(2026, 2, 10), early, anna, source=paper)
    came(date(2026, 3, 10), early, anna, source=paper)
    prospect = {"prospect": "Уют", "source": site}
    came(date(2026, 3, 7), None, boris, prospect_phone="+7 846 215-20-67", **prospect)
    came(date(2026, 3, 9), None, boris, prospect_phone="8 (846) 2152067", **prospect)
    came(date(2026, 3, 8), None, boris, prospect="Исходящий", direction=Direction.OUT)
    came(date(2026, 3, 8), None, boris, prospect="Отменен", state=ContactState.CANCELLED)
    came(date(2026, 3, 8), buyer(session, "Завод", is_buyer=False), boris)
    added(session, SourceRecord(counterparty=april, on=date(2026, 3, 31), source=site))
    came(date(2026, 4, 1), april, boris)
    shipped(session, bought, 100, date(2026, 3, 20), cost=60)
    shipped(session, bought, -20, date(2026, 4, 20), cost=-12)
    shipped(session, april, 50, date(2026, 4, 10), cost=20)
    shipped(session, silent, 999, date(2026, 5, 11))  # after the day of the report
    for client in (silent, april):
        shipped(session, client, 70, date(2026, 4, 11)).reversed_on = date(2026, 4, 12)
    session.flush()
    with app.test_request_context():
        yield


def table(session: Session, **asked: str) -> ReportTable:
    (made,) = Attraction().tables(session, asked, today=TODAY, limit=100)
    return made


FIGURES = ("prospects", "registered", "won", "percent", "revenue", "profit")


def figures(row: Any) -> list[Any]:
    return [round(Decimal(row[name]), 2) for name in FIGURES]


@pytest.mark.usefixtures("inquiries")
def test_a_month_by_source(session: Session) -> None:
    found = table(session, period="2026-03")
    assert {row["source"]: figures(row) for row in found.rows} == {
        "Газета": [2, 2, 1, 50, 80, 32],
        "Сайт фирмы": [1, 0, 0, 0, 0, 0],
    }
    assert figures(found.total) == [3, 2, 1, Decimal("33.33"), 80, 32]


@pytest.mark.usefixtures("inquiries")
def test_two_months_by_responsible_and_by_month(session: Session) -> None:
    by_responsible = {row["responsible"]: figures(row) for row in table(session, by="responsible", **SPRING).rows}
    assert by_responsible == {"Анна Петрова": [2, 2, 1, 50, 80, 32], "Борис Ёлкин": [2, 1, 1, 50, 50, 30]}
    months = {row["month"]: (row["month_text"], *figures(row)) for row in table(session, by="month", **SPRING).rows}
    assert months == {
        date(2026, 3, 1): ("2026-03", 3, 2, 1, Decimal("33.33"), 80, 32),
        date(2026, 4, 1): ("2026-04", 1, 1, 1, 100, 50, 30),
    }


@pytest.mark.usefixtures("inquiries")
def test_a_row_leads_to_those_it_is_made_of(session: Session) -> None:
    found = table(session, by="client", source="Сайт фирмы", **SPRING)
    assert [(row["on"], row["who"], row["won"]) for row in found.rows] == [
        (date(2026, 4, 1), "Апрель", 1),
        (date(2026, 3, 7), "Уют", 0),
    ]
    assert table(session, period="2026-03", by="client", manager="anna").count == 2


@pytest.mark.usefixtures("inquiries")
def test_a_manager_sees_his_own_alone(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN}, ["Sales manager"])
    found = {row["who"] for row in table(session, by="client", **SPRING).rows}
    assert {"Уют", "Апрель"} <= found
    assert "Молчит" not in found
