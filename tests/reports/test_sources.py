"""What each source brought: golden figures, percents of the company and of the source, who sees whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.vat import VatRate
from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState, Direction
from app.models.counterparties import Counterparty, InformationSource
from app.models.histories import SourceRecord
from app.models.movements import ShipmentLine
from app.models.products import Item
from reports.contacts.sources import Sources
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.reports.test_contacts import talk
from tests.reports.trade import shipped

TODAY = date(2026, 5, 10)


@pytest.fixture(autouse=True)
def market(app: Flask, session: Session) -> Iterator[None]:
    """Роза came by the paper and since 15.04 counts for the site; Дуб by the site; nobody asked Клен."""
    paper, site = (added(session, InformationSource(name=name)) for name in ("Газета", "Сайт фирмы"))
    rose, oak = (buyer(session, name, manager=user_named(session, "anna")) for name in ("Роза", "Дуб"))
    maple = buyer(session, "Клен", manager=user_named(session, "boris"))
    for client, source, day in (
        (rose, paper, date(2025, 1, 1)),
        (rose, site, date(2026, 4, 15)),
        (oak, site, date(2025, 1, 1)),
    ):
        added(session, SourceRecord(counterparty=client, on=day, source=source))
    shipped(session, rose, 300, date(2026, 4, 14), cost=200)
    shipped(session, rose, 100, date(2026, 4, 15), cost=70)
    shipped(session, oak, 500, date(2026, 4, 1), cost=400)
    shipped(session, oak, -100, date(2026, 4, 30), cost=-80)
    shipped(session, maple, 200, date(2026, 4, 2), cost=150)
    shipped(session, maple, 999, date(2026, 3, 31))
    came: dict[str, Any] = {"direction": Direction.IN}
    talk(session, date(2026, 4, 14), 5, counterparty=rose, **came)
    talk(session, date(2026, 4, 20), 5, counterparty=maple, source=paper, **came)  # registered by it from that day
    talk(session, date(2026, 4, 21), 5, prospect="Уют", source=site, manager=user_named(session, "boris"), **came)
    talk(session, date(2026, 4, 22), 5, prospect="уют", source=site, manager=user_named(session, "anna"), **came)
    talk(session, date(2026, 4, 23), 5, counterparty=oak, state=ContactState.CANCELLED, **came)
    talk(session, date(2026, 4, 24), 5, counterparty=oak)
    with app.test_request_context(), force_locale("en"):
        yield


FIGURES = ("revenue", "profit", "sales", "contacts")


def table(session: Session, **asked: str) -> ReportTable:
    (made,) = Sources().tables(session, {"period": "2026-04", **asked}, today=TODAY, limit=100)
    return made


def test_sales_and_contacts_belong_to_the_source_of_their_day(session: Session) -> None:
    rows = {(row["source"], row["buyer"]): [row[name] for name in FIGURES] for row in table(session).rows}
    assert rows == {
        ("Газета", "Роза"): [300, 100, 1, 1],
        ("Газета", "Клен"): [0, 0, 0, 1],
        ("Сайт фирмы", "Роза"): [100, 30, 1, 0],
        ("Сайт фирмы", "Дуб"): [400, 80, 1, 0],
        ("Сайт фирмы", "Уют"): [0, 0, 0, 2],
        ("No source", "Клен"): [200, 50, 1, 0],
    }


def test_by_item_the_money_of_each_source_is_the_same(session: Session) -> None:
    oak = session.scalars(select(Counterparty).where(Counterparty.name == "Дуб")).one()
    goods = [added(session, Item(code=f"Т-{name}", name=name, group="Садовое")) for name in ("Грабли", "Лопата")]
    document = shipped(session, oak, 300, date(2026, 4, 3), cost=100)
    for place, (item, amount, cost) in enumerate(((goods[0], 180, 100), (goods[1], 120, 0))):
        line = {"quantity": 2, "price": amount / 2, "amount": amount, "cost_amount": cost, "vat": VatRate.TWENTY}
        added(session, ShipmentLine(shipment=document, position=place, item=item, **line))
    found = table(session, by="item", group="source", where="buyer:in:Дуб", columns="item,revenue,net,profit,sales")
    figures = {
        row["item"]: [row[name] for name in ("revenue", "net", "profit", "sales", "quantity")] for row in found.rows
    }
    assert figures == {"Грабли": [180, 150, 80, 1, 2], "Лопата": [120, 100, 120, 1, 2]}
    assert (found.total["revenue"], found.total["profit"], "sales" in found.total) == (300, 200, False)
    whole = table(session, by="item", group="item_group")
    assert {row["item"] for row in whole.rows if row["contacts"]} == {None}


def test_percents_are_of_all_and_of_the_source(session: Session) -> None:
    found = table(session, group="source")
    shares = {total.get("source"): round(total["revenue_share"], 2) for total in found.totals.values()}
    assert shares == {None: 100, "Газета": 30, "Сайт фирмы": 50, "No source": 20}
    oak = next(row for row in found.rows if row["buyer"] == "Дуб")
    assert (oak["revenue_share"], oak["revenue_part"]) == (40, 80)
    assert round(oak["profit_part"], 2) == Decimal("72.73")


def test_a_manager_sees_his_buyers_with_the_percents_of_the_company(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN}, ["Sales manager"])
    rows = {(row["source"], row["buyer"]): row["revenue_share"] for row in table(session).rows}
    assert rows == {("Газета", "Клен"): 0, ("Сайт фирмы", "Уют"): 0, ("No source", "Клен"): 20}
