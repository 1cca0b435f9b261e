"""The director's report: its figures, what stands beside them, the rows behind them, and who sees whose."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.viewer import Sees, Viewer
from app.models.closing import ClosingReason
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.targets import Target
from app.queries.managers import facts
from app.queries.managers.indicators import OF_COMPANY
from app.services.sales.closing import close_orders
from app.views.managers.reports import FigureTile
from reports import report_named
from reports.kit.plain import json_pieces, to_csv
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx
from tests.factories import added
from tests.managers_world import TODAY, Company, company

OCTOBER = "2026-10"
EVERY = ",".join(OF_COMPANY)


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.fixture
def world(session: Session) -> Company:
    return company(session)


def tables(session: Session, slug: str = "director", **asked: str) -> list[ReportTable]:
    report = report_named(slug)
    assert report
    return list(report.tables(session, asked, today=TODAY, limit=200))


def figures(session: Session, **asked: str) -> dict[str, Any]:
    return {row["name"]: row for row in tables(session, **asked)[0].rows}


def test_the_figures_are_of_the_whole_company(session: Session, world: Company) -> None:
    found = figures(session, period=OCTOBER, tiles=EVERY)
    assert (found["revenue"]["value"], found["revenue"]["before"]) == (262, 275)
    assert round(found["revenue"]["before_diff"], 4) == Decimal("-4.7273")
    assert found["profit"]["value"] == Decimal("60.5")
    assert round(found["margin"]["value"], 4) == Decimal("23.0916")
    assert found["payments"]["value"] == 230
    assert (found["contacts"]["value"], found["minutes"]["value"]) == (5, 185)
    # at the end of September K1, K2, K4, K5, K6 were buyers; in October K7 came back and K4 was lost
    assert (found["attraction"]["value"], found["attrition"]["value"]) == (40, 20)
    assert found["retention_net"]["value"] == 20
    assert (found["orders_left"]["value"], found["orders_left"]["before"]) == (3, 3)
    assert found["late_shipments"]["value"] is None  # what is late was not kept by day


def test_of_suppliers_what_is_awaited_and_what_is_late_is_of_today(session: Session, world: Company) -> None:
    rows = ((1, 10, TODAY - DAY), (1, 0, TODAY), (0, 0, TODAY - DAY), (0, 10, TODAY - DAY))
    of_supplier = {"date": date(2026, 10, 1), "counterparty_id": world.clients["K1"].id, "amount": 10}
    for number, (rest, paid, day) in enumerate(rows):
        left = {"rest_quantity": rest, "paid_amount": paid, "receive_on": day, "pay_by": day}
        session.execute(insert(SupplierOrder).values(number=str(number), **of_supplier, **left))
    for period, told in (("this-month", [2, 1, 1]), (OCTOBER, [None] * 3)):
        found = figures(session, period=period, tiles="supplies_left,late_receipts,late_supplier_payments")
        assert [row["value"] for row in found.values()] == told


def test_an_unfinished_period_stands_beside_as_many_days(session: Session, world: Company) -> None:
    note = dict(tables(session, period="this-month", same="year")[0].note)
    assert note["Period"] == "November 2026"
    assert note["Analogous period"] == "01.11.2025 – 05.11.2025"
    assert note["Beside"] == "01.10.2026 – 05.10.2026"


def test_the_plan_is_of_all_managers(session: Session, world: Company) -> None:
    for name, value in (("anna", 100), ("boris", 162)):
        one = world.people[name]
        added(session, Target(manager_id=one.id, month=date(2026, 10, 1), indicator="revenue", value=value))
        added(session, Target(manager_id=one.id, month=date(2026, 10, 1), indicator="retention", value=value / 10))
    found = figures(session, period=OCTOBER, tiles="revenue,retention,profit")
    assert (found["revenue"]["plan"], found["revenue"]["plan_pct"]) == (262, 100)
    assert found["retention"]["plan"] == Decimal("13.1")
    assert found["profit"]["plan"] is None


def test_the_reader_chooses_figures_and_their_order(session: Session, world: Company) -> None:
    assert list(figures(session, period=OCTOBER, tiles="payments,debt,revenue")) == ["payments", "debt", "revenue"]


@pytest.mark.parametrize("reader", [None, "anna"])
def test_the_rows_behind_every_figure_have_its_total(session: Session, world: Company, reader: str | None) -> None:
    if reader:
        session.info["viewer"] = Viewer.of(world.people[reader].id, {Sees.OWN}, ["Sales manager"])
    counted = 0
    for period in (OCTOBER, "this-month"):
        for name, row in figures(session, period=period, tiles=EVERY).items():
            one = OF_COMPANY[name]
            if one.source is facts.COMPLETENESS_MONTHS:
                continue
            (behind,) = tables(session, "director-rows", period=period, indicator=name)
            total = behind.total["quotient" if one.formula.per else one.name]
            assert (name, total or 0) == (name, row["value"] or 0)
            counted += bool(total)
    assert counted > 10


def test_a_manager_has_the_figures_of_his_own_clients(session: Session, world: Company) -> None:
    session.info["viewer"] = Viewer.of(world.people["anna"].id, {Sees.OWN}, ["Sales manager"])
    found = figures(session, period=OCTOBER, tiles="revenue,payable,contacts")
    assert {name: row["value"] for name, row in found.items()} == {"revenue": 80, "contacts": 1}
    assert [one.title for one in tables(session)][-1] == "Why orders were closed"
    assert {row["manager"] for row in tables(session, period=OCTOBER)[2].rows} <= {"Анна Петрова"}


def test_the_months_and_the_best_stand_below(session: Session, world: Company) -> None:
    reason = session.scalars(select(ClosingReason).limit(1)).one()
    order = session.scalars(select(BuyerOrder).where(BuyerOrder.closed_on.is_(None)).limit(1)).one()
    close_orders(session, {order.id: reason.id}, on=date(2026, 10, 20), by_id=None)
    _figures, months, _rating, reasons, _sources = tables(session, period=OCTOBER)
    assert [(row["month"], row["revenue"], row["payments"]) for row in months.rows if row["revenue"]] == [
        (date(2026, 9, 1), 275, 245),
        (date(2026, 10, 1), 262, 230),
    ]
    assert [row["place"] for row in tables(session, period="2026-09")[2].rows] == [1, 2, 3]
    assert [(row["reason"], row["orders"]) for row in reasons.rows] == [(reason.name, 1)]


def test_every_exit_has_the_same_figures(session: Session, world: Company) -> None:
    made = tables(session, period=OCTOBER)
    told = json.loads("".join(json_pieces(made)))
    assert [one["title"] for one in told][:2] == ["Director's report", "Sales and payments"]
    shown = {row["indicator"]: row["value"] for row in told[0]["rows"]}
    assert shown["Revenue"] == "262.00"
    out = io.StringIO()
    to_csv(made, out)
    assert "262.00" in out.getvalue().split("\n\n")[0]
    book = io.BytesIO()
    to_xlsx(made, book)
    sheets = openpyxl.load_workbook(book).worksheets
    assert {"Director s report", "Rating of the best managers"} <= {sheet.title for sheet in sheets}
    printed = {row[0]: row[1] for row in sheets[0].iter_rows(values_only=True)}
    assert (printed["Revenue"], printed["Payments"]) == (262, 230)


def test_the_board_costs_few_statements(session: Session, world: Company, sql: list[str]) -> None:
    sql.clear()
    tables(session, period="this-month", tiles=EVERY, same="year")
    assert len(sql) <= 24, [one[:150] for one in sql]


def test_a_tile_says_percent_once() -> None:
    made = {one.name: FigureTile(one, {}, "", []).name for one in OF_COMPANY.values()}
    assert made["completeness"] == "Completeness: buyers"
    assert not [name for name in made.values() if "%" in name]
