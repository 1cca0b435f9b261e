"""The report of managers: the golden table, another period beside it, rights, and the rows behind figures."""

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
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.targets import Target
from app.queries.managers import facts
from app.queries.managers.indicators import INDICATORS
from reports import report_named
from reports.kit.chart import Grouped, chart_spec
from reports.kit.plain import json_pieces
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx
from tests.factories import added
from tests.managers_world import TODAY, Company, company

SEPTEMBER, OCTOBER = "2026-09", "2026-10"
EVERYTHING = ",".join(("manager", *(name for one in INDICATORS for name in (one.name, one.percent_name) if name)))


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.fixture
def world(session: Session) -> Company:
    return company(session)


def table(session: Session, slug: str = "managers", **asked: str) -> ReportTable:
    report = report_named(slug)
    assert report
    (made,) = report.tables(session, asked, today=TODAY, limit=100)
    return made


def printed(made: ReportTable) -> Any:
    return json.loads("".join(json_pieces([made])))[0]


def test_programs_get_the_golden_table(session: Session, world: Company) -> None:
    told = printed(table(session, period=SEPTEMBER))
    assert [row["manager"] for row in told["rows"]] == ["Анна Петрова", "Борис Ёлкин", "Глеб Серов"]
    anna, _boris, gleb = told["rows"]
    assert (anna["revenue"], anna["revenue_pct"], anna["contacts"], anna["minutes"]) == ("150.00", "55.5556", 2, 90)
    assert (anna["stage_change"], anna["stage_change_pct"]) == (-1, "-33.3333")
    assert (anna["orders_done"], anna["orders_done_pct"], anna["retention"]) == (1, "33.3333", "0.0000")
    assert (gleb["completeness"], gleb["contacts"]) == ("25.0000", 0)
    totals = told["totals"]
    assert (totals["revenue"], totals["completeness"], totals["stage_change_pct"]) == ("270.00", "43.0556", "22.2222")
    own, nobody, mean = told["foot"]
    assert mean["manager"] == "On average per manager"
    assert [mean[name] for name in ("revenue", "revenue_pct", "completeness")] == ["90.00", "33.3333", "43.0556"]
    assert [mean[name] for name in ("contacts", "minutes")] == ["1.333", "41.667"]
    assert (own["manager"], own["completeness"], own["revenue"]) == ("The company itself", "42.8571", "270.00")
    assert (nobody["manager"], nobody["revenue"], nobody["contacts"]) == ("Without a manager", "5.00", 1)
    october = printed(table(session, period=OCTOBER))
    assert october["totals"]["retention"] == "11.1111"
    assert [foot["retention"] for foot in october["foot"]] == ["14.2857", None, "11.1111"]


def test_the_reader_chooses_indicators_and_their_order(session: Session, world: Company) -> None:
    made = table(session, period=SEPTEMBER, columns="manager,payments,revenue", sort="-payments")
    assert [column.name for column in made.columns] == ["manager", "payments", "revenue"]
    assert [row["payments"] for row in made.rows] == [120, 80, 45]
    assert {column.name for column in table(session, period=SEPTEMBER, show="absolute").columns} >= {
        "revenue",
        "minutes",
    }
    percents = {column.name for column in table(session, period=SEPTEMBER, show="percent").columns}
    assert "revenue_pct" in percents
    assert "revenue" not in percents
    assert "retention" in percents


def test_a_period_stands_beside_another(session: Session, world: Company) -> None:
    made = table(session, period=OCTOBER, beside="previous", columns="manager,revenue,completeness")
    names = [column.name for column in made.columns]
    assert names[:4] == ["manager", "revenue", "revenue_before", "revenue_diff"]
    _anna, boris, _gleb = made.rows
    assert (boris["revenue_before"], boris["revenue_diff"]) == (80, 15)
    assert round(boris["completeness_diff"], 4) == Decimal("4.1667")
    assert made.total["revenue_before"] == 270
    september = table(session, period=SEPTEMBER, beside="previous", columns="manager,revenue,completeness")
    first = next(iter(september.rows))
    assert (first["revenue_before"], first["revenue_diff"], first["completeness_before"]) == (0, None, None)


def test_what_is_not_over_stands_beside_as_many_days(session: Session, world: Company) -> None:
    made = table(session, period="this-month", beside="previous")
    assert ("Beside", "01.10.2026 – 05.10.2026") in made.note


def test_without_a_choice_it_opens_with_the_last_month_that_has_sales(session: Session, world: Company) -> None:
    for slug in ("managers", "managers-rating", "managers-rows", "director"):
        report = report_named(slug)
        assert report
        assert report.texts(session, {}, today=date(2026, 10, 31))["period"] == "this-month"
        assert report.texts(session, {}, today=TODAY)["period"] == OCTOBER
        assert report.texts(session, {"period": "this-month"}, today=TODAY)["period"] == "this-month"
    for slug in ("contacts", "sources", "attraction"):  # by the moments of contacts
        report = report_named(slug)
        assert report
        assert report.texts(session, {}, today=date(2026, 10, 31))["period"].startswith("this-")
        assert report.texts(session, {}, today=date(2030, 2, 1))["period"].startswith("2026")


def test_a_manager_sees_himself_with_shares_of_the_company(session: Session, world: Company) -> None:
    anna = world.people["anna"]
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN}, ["Sales manager"])
    made = table(session, period=SEPTEMBER)
    (row,) = made.rows
    assert (row["manager"], round(row["revenue_pct"], 4)) == ("Анна Петрова", Decimal("55.5556"))
    assert (made.total["revenue"], list(made.foot)) == (150, [])
    rows = table(session, "managers-rows", period=SEPTEMBER, indicator="revenue")
    assert {each["manager"] for each in rows.rows} == {"Анна Петрова"}
    given_away = [(each["buyer"], each["buyer_id"]) for each in rows.rows if each["buyer"] == "K2"]
    assert given_away == [("K2", None)]
    assert table(session, "managers-rows", period=SEPTEMBER, indicator="revenue", manager="boris").count == 0


def test_the_rows_behind_a_figure_have_its_total(session: Session, world: Company) -> None:
    made = table(session, period=OCTOBER, columns=EVERYTHING)
    rows, counted = list(made.rows), 0
    for one in INDICATORS:
        if one.source is facts.COMPLETENESS_MONTHS:
            continue
        for row in rows:
            behind = table(session, "managers-rows", period=OCTOBER, indicator=one.name, manager=row["login"])
            total = behind.total["quotient" if one.formula.per else one.name]
            assert (one.name, row["manager"], total or 0) == (one.name, row["manager"], row[one.name] or 0)
            counted += bool(total)
    assert counted > 30


def test_a_workbook_has_the_lines_below_the_total_and_a_chart(session: Session, world: Company) -> None:
    made = table(session, period=SEPTEMBER)
    out = io.BytesIO()
    to_xlsx([made], out)
    book = openpyxl.load_workbook(out)
    names = [row[0].value for row in book.worksheets[0].iter_rows() if row[0].value]
    assert names[-4:] == ["Total", "The company itself", "Without a manager", "On average per manager"]
    assert isinstance(made.chart, Grouped)
    spec = chart_spec(made.chart, made.shape.columns)
    assert [part["name"] for part in spec["grouped"]] == ["Revenue", "Profit", "Payments"]
    contacts = table(session, period=SEPTEMBER, chart="completeness").chart
    assert contacts
    assert len(contacts.drawn) == 3


def test_the_rating_goes_by_the_documents_responsible(session: Session, world: Company) -> None:
    made = table(session, "managers-rating", period=SEPTEMBER)
    rows = [(row["place"], row["manager"], row["revenue"]) for row in made.rows]
    assert rows == [(1, "Борис Ёлкин", 180), (2, "Анна Петрова", 50), (3, "Глеб Серов", 45)]
    assert (made.total["revenue"], round(made.total["share"], 4)) == (275, 100)
    assert ("Counted for", "whoever is responsible for the document, not the client's manager") in made.note
    behind = {"period": SEPTEMBER, "indicator": "revenue", "whose": "responsible", "manager": "boris"}
    assert table(session, "managers-rows", **behind).total["revenue"] == 180
    paid = table(session, "managers-rating", period=SEPTEMBER, criterion="payments", top="1")
    assert [(row["manager"], row["payments"]) for row in paid.rows] == [("Анна Петрова", 120)]
    session.info["viewer"] = Viewer.of(world.people["anna"].id, {Sees.OWN}, ["Sales manager"])
    own = table(session, "managers-rating", period=SEPTEMBER)
    assert [(row["place"], row["manager"], round(row["share"], 4)) for row in own.rows] == [
        (2, "Анна Петрова", Decimal("18.1818"))
    ]


def test_a_figure_stands_beside_its_plan(session: Session, world: Company) -> None:
    for name, value in (("anna", 100), ("boris", 160)):
        added(
            session, Target(manager_id=world.people[name].id, month=date(2026, 9, 1), indicator="revenue", value=value)
        )
    made = table(session, period=SEPTEMBER, beside="plan", columns="manager,revenue")
    assert [column.name for column in made.columns] == ["manager", "revenue", "revenue_plan", "revenue_plan_pct"]
    assert [(row["revenue_plan"], row["revenue_plan_pct"]) for row in made.rows] == [
        (100, 150),
        (160, 50),
        (None, None),
    ]
    assert made.total["revenue_plan"] == 260
