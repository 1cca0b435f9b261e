"""What campaigns brought: the golden table, both ways of attribution; growth after calls; who sees costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import CampaignKind, ContactState, Direction
from app.models.contacts import Campaign, Contact
from app.models.counterparties import Counterparty, InformationSource
from app.services.contacts import campaigns
from reports.contacts.campaigns import Campaigns
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.reports.trade import shipped

TODAY = date(2026, 12, 31)
# Client: touches (campaign or source, day of October), sales (day, revenue, profit), in thousands.
GOLDEN: dict[str, tuple[list[tuple[str, int]], list[tuple[str, int, int]]]] = {
    "K1": ([("C2", 6)], [("10-20", 40, 10), ("11-20", 30, 8)]),
    "K2": ([("Newspaper", 3), ("C2", 7)], [("10-05", 20, 5), ("10-15", 25, 6), ("11-10", 10, 2)]),
    "K3": ([("C2", 8)], []),
    "K4": ([("C2", 9), ("Magazine", 20)], [("10-25", 50, 15)]),
    "K5": ([], [("10-12", 35, 9)]),
    "K6": ([("Newspaper", 15)], [("10-30", 60, 18), ("11-05", -10, -3)]),
    "K7": ([("Magazine", 12)], [("11-01", 80, 16)]),
    "K8": ([], [("10-10", 90, 20)]),
}


@pytest.fixture(autouse=True)
def language(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


def touch(session: Session, client: Counterparty, day: date, **more: Any) -> None:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    told: dict[str, Any] = {"state": ContactState.DONE, "direction": Direction.OUT, **more}
    added(session, Contact(counterparty=client, starts_at=at, ends_at=at + timedelta(minutes=5), **told))


def held(session: Session, name: str, window: int, costs: dict[int | None, Decimal], **more: Any) -> Campaign:
    campaign = Campaign(name=name, window_days=window, **more)
    campaigns.keep(session, campaign, costs)
    return campaign


@pytest.fixture
def golden(session: Session) -> dict[str, Any]:
    papers = {name: added(session, InformationSource(name=name)) for name in ("Newspaper", "Magazine")}
    days = {"begins": date(2026, 10, 1), "ends": date(2026, 10, 31)}
    costs = {papers["Newspaper"].id: Decimal(20), papers["Magazine"].id: Decimal(30)}
    ad = held(session, "C1", 60, costs, kind=CampaignKind.ADVERTISING, **days)
    calls = held(session, "C2", 30, {None: Decimal(8)}, kind=CampaignKind.CALLS, **days)
    for name, (touches, sales) in GOLDEN.items():
        client = buyer(session, name, manager=user_named(session, "anna" if name < "K5" else "boris"))
        for what, day in touches:
            by = {"campaign": calls} if what == "C2" else {"source": papers[what], "direction": Direction.IN}
            touch(session, client, date(2026, 10, day), **by)
        for on, revenue, profit in sales:
            shipped(session, client, revenue, date.fromisoformat(f"2026-{on}"), cost=revenue - profit)
    late = buyer(session, "K9")
    touch(session, late, date(2026, 10, 1), campaign=calls, state=ContactState.PLANNED)
    touch(session, late, date(2026, 10, 2), campaign=calls, state=ContactState.CANCELLED)
    return {"C1": ad, "C2": calls}


def table(session: Session, **asked: str) -> ReportTable:
    return Campaigns().tables(session, {"period": "2026", **asked}, today=TODAY, limit=100)[0]


def figures(row: Any) -> list[Any]:
    return [row["revenue"], row["profit"], row["cost"], row["roi"] if row["roi"] is None else round(row["roi"], 2)]


@pytest.mark.usefixtures("golden")
def test_the_golden_table(session: Session) -> None:
    found = table(session, group="campaign")
    assert {(row["campaign"], row["source"]): figures(row) for row in found.rows} == {
        ("C1", "Newspaper"): [80, 22, 20, 10],
        ("C1", "Magazine"): [130, 31, 30, Decimal("3.33")],
        ("C2", None): [65, 16, 8, 100],
        ("No campaign", None): [155, 37, None, None],
    }
    assert {total.get("campaign"): figures(total) for total in found.totals.values()} == {
        "C1": [210, 53, 50, 6],
        "C2": [65, 16, 8, 100],
        "No campaign": [155, 37, 0, None],
        None: [430, 106, 58, None],
    }


@pytest.mark.usefixtures("golden")
def test_sales_put_down_to_the_first_touch(session: Session) -> None:
    found = table(session, attribution="first", group="campaign")
    assert {(row["campaign"], row["source"]): figures(row)[:2] for row in found.rows} == {
        ("C1", "Newspaper"): [105, 28],
        ("C1", "Magazine"): [80, 16],
        ("C2", None): [90, 25],
        ("No campaign", None): [155, 37],
    }
    assert figures(found.total)[:3] == [430, 106, 58]
    assert [figures(t)[:2] for t in found.totals.values() if t.get("campaign") == "C1"] == [[185, 44]]


@pytest.mark.usefixtures("golden")
def test_the_best_is_told_by_profit_and_by_roi(session: Session) -> None:
    note = dict(table(session).note)
    assert note["Most profit"].startswith("Magazine (C1)")
    assert note["Best ROI"].startswith("Newspaper (C1)")
    assert note["ROI of all campaigns together"] == "18.97\N{NO-BREAK SPACE}%"


@pytest.mark.usefixtures("golden")
def test_a_campaign_is_measured_over_its_life_and_earlier_ones_stand_in_one_line(session: Session) -> None:
    october = table(session, period="2026-10", group="campaign").totals.values()
    assert {total.get("campaign"): total["revenue"] for total in october} == {
        "C1": 210,
        "C2": 65,
        "No campaign": 125,
        None: 400,
    }
    november = {(row["campaign"], row["source"]): row["revenue"] for row in table(session, period="2026-11").rows}
    assert november == {("Campaigns begun earlier", None): 80, ("No campaign", None): 30}


@pytest.mark.usefixtures("golden")
def test_whoever_sees_his_clients_alone_is_shown_no_costs(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN}, ["Sales manager"])
    found = table(session)
    assert "cost" not in {column.name for column in found.columns}
    assert {(row["campaign"], row["source"], row["cost"]): row["revenue"] for row in found.rows if row["revenue"]} == {
        ("C1", "Newspaper", None): 50,
        ("C1", "Magazine", None): 80,
        ("No campaign", None, None): 125,
    }


def test_growth_after_calls_is_compared_with_that_of_the_others(session: Session) -> None:
    calls = held(session, "Calls", 30, {}, begins=date(2026, 6, 1), ends=date(2026, 6, 10))
    groups = ((True, [(30, 40), (20, 28), (10, 10), (50, 64)]), (False, [(40, 42), (60, 58), (20, 26), (90, 88)]))
    for called, pairs in groups:
        for before, after in pairs:
            client = buyer(session, f"{called} {before}", registered_on=date(2025, 1, 1))
            shipped(session, client, before, date(2026, 5, 31))
            shipped(session, client, 1000, date(2026, 6, 5))  # of the days of calling
            shipped(session, client, after, date(2026, 6, 11))
            if called:
                touch(session, client, date(2026, 6, 2), campaign=calls)
    planned = buyer(session, "planned", registered_on=date(2025, 1, 1))
    touch(session, planned, date(2026, 6, 3), campaign=calls, state=ContactState.PLANNED)
    shipped(session, planned, 777, date(2026, 6, 12))
    buyer(session, "new", registered_on=date(2026, 6, 5))
    asked = {"period": "2026", "campaign": "Calls", "days": "30"}
    _brought, grown, months = Campaigns().tables(session, asked, today=TODAY, limit=100)
    assert [(row["who"], row["clients"], row["before"], row["after"], row["mean"]) for row in grown.rows] == [
        ("Called", 4, 110, 142, 8),
        ("Others", 4, 210, 214, 1),
    ]
    assert [round(row["growth"], 2) for row in grown.rows] == [Decimal("29.09"), Decimal("1.90")]
    note = dict(grown.note)
    assert note["Effect of the calls"] == "7.00 a client, 28.00 in all"
    assert "too little data" in note["Conclusion"]
    assert [(row["first"], row["called"], row["others"]) for row in months.rows][-1] == (
        date(2026, 5, 1),
        Decimal("27.50"),
        Decimal("52.50"),
    )
