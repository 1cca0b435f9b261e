"""Debts by age: golden figures, the same debt and overdue as everywhere else, documents behind every figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sales.settlements import balances, overdue
from reports.kit.conditions import written_conditions
from reports.kit.table import ReportTable
from reports.sales.debts import Debts
from tests.conftest import user_named
from tests.factories import added, buyer, numbers
from tests.reports.trade import shipped

TODAY = date(2026, 5, 31)
AGES = ("age_1", "age_2", "age_3", "age_4")


def paid(session: Session, by: Counterparty, amount: int, on: date) -> None:
    added(session, Payment(number=f"П-{next(numbers)}", date=on, counterparty=by, amount=Decimal(amount)))


@pytest.fixture(autouse=True)
def market(app: Flask, session: Session) -> Iterator[None]:
    """Роза pays in ten days, Дуб got money back, Клен paid ahead, Ясень owes later for what he took first."""
    anna, boris = (user_named(session, name) for name in ("anna", "boris"))
    rose = buyer(session, "Роза", manager=anna, allowed_days=10)
    oak, maple, ash = (buyer(session, name, manager=boris) for name in ("Дуб", "Клен", "Ясень"))
    for amount, day in ((100, date(2026, 3, 1)), (200, date(2026, 4, 20)), (50, date(2026, 5, 10))):
        shipped(session, rose, amount, day)
    shipped(session, rose, 40, date(2026, 5, 25))
    shipped(session, rose, -30, date(2026, 5, 12))
    shipped(session, rose, 999, date(2026, 6, 1))
    paid(session, rose, 120, date(2026, 5, 1))
    shipped(session, oak, 100, date(2026, 4, 10))
    paid(session, oak, 100, date(2026, 4, 15))
    paid(session, oak, -5, date(2026, 4, 29))
    paid(session, maple, 70, date(2026, 5, 2))
    order = BuyerOrder(number="З-1", date=date(2026, 5, 1), counterparty=ash, pay_by=date(2026, 6, 30))
    shipped(session, ash, 100, date(2026, 5, 1)).order = added(session, order)
    shipped(session, ash, 60, date(2026, 5, 10))
    paid(session, ash, 60, date(2026, 5, 20))
    session.flush()
    with app.test_request_context(), force_locale("en"):
        yield


def table(session: Session, **asked: str) -> ReportTable:
    (made,) = Debts().tables(session, asked, today=TODAY, limit=100)
    return made


def test_money_repays_the_oldest_documents(session: Session) -> None:
    rows = {
        (row["buyer"], row["age"]): [row["debt"], row["overdue"] or 0] for row in table(session, detail="rows").rows
    }
    assert rows == {
        ("Роза", 41): [150, 150],
        ("Роза", 21): [50, 50],
        ("Роза", 6): [40, 0],
        ("Дуб", 32): [5, 5],
        ("Ясень", 30): [40, 0],
        ("Ясень", 21): [60, 0],  # what he paid was due for this one, so nothing is overdue
    }


def test_it_opens_by_client_and_every_figure_leads_to_its_documents(session: Session) -> None:
    found = table(session)
    assert [(row["buyer"], row["debt"], row["overdue"], *(row[age] for age in AGES)) for row in found.rows] == [
        ("Роза", 240, 200, 40, 50, 150, 0),
        ("Ясень", 100, 0, 0, 100, 0, 0),
        ("Дуб", 5, 5, 0, 0, 5, 0),
    ]
    for line in found.lines(""):
        behind = table(session, detail="rows", where=written_conditions(found.behind(line)))
        assert {name: behind.total[name] for name in ("debt", "overdue", *AGES)} == {
            name: line.cells[name] for name in ("debt", "overdue", *AGES)
        }


def test_debt_and_overdue_are_those_of_cards_and_settlements(session: Session) -> None:
    for day in (date(2026, 4, 12), date(2026, 5, 12), TODAY, date(2026, 7, 1)):
        owed = {row["counterparty_id"]: (row["debt"], row["overdue"]) for row in table(session, on=f"{day}").rows}
        balance = {row.id: row.debt for row in session.execute(balances(on=day)) if row.debt > 0}
        late = {row.id: row.overdue for row in session.execute(overdue(day)) if row.id in balance}
        assert owed == {number: (debt, late.get(number, 0)) for number, debt in balance.items()}


def test_ages_are_cut_where_the_reader_says(session: Session) -> None:
    found = table(session, days="30")
    assert [(row["buyer"], row["age_1"], row["age_2"]) for row in found.rows] == [
        ("Роза", 90, 150),
        ("Ясень", 100, 0),
        ("Дуб", 0, 5),
    ]
    by_age = table(session, group="bucket", detail="1")
    assert [(by_age.columns[0].show(row["bucket"]), row["debt"]) for row in by_age.rows] == [
        ("Up to 15 days", 40),
        ("16–30 days", 150),
        ("31–45 days", 155),
    ]


@pytest.mark.parametrize("days", ["30,15", "x", "1,2,3,4,5,6,7,8,9", "15,15", "99999"])
def test_bounds_that_make_no_ages_are_refused_at_their_field(session: Session, days: str) -> None:
    with pytest.raises(Refused) as refused:
        table(session, days=days)
    assert refused.value.field == "days"


def test_a_manager_sees_the_debts_of_his_clients(session: Session) -> None:
    def names(**asked: Any) -> list[str]:
        return [row["buyer"] for row in table(session, **asked).rows]

    assert names(manager="anna") == ["Роза"]
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    assert names() == ["Ясень", "Дуб"]
