"""ABC-анализ покупателей: what it shows, to whom, and that every exit says the same."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.viewer import Sees, Viewer
from app.domain.words import Measure
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.settings import Policy
from app.services import own_fields
from app.services.classification.abc import classify_abc
from reports import report_named
from reports.kit.chart import chart_spec
from reports.kit.plain import json_pieces
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import noise, shipped

TODAY = date(2026, 11, 23)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture(autouse=True)
def language(app: Flask) -> Any:
    with app.test_request_context(), force_locale("en"):
        yield


def company(session: Session) -> dict[str, Counterparty]:
    """In March: 500, 250, 150, 100, a return of 20, and one who bought nothing; Anna manages two of them."""
    anna = user_named(session, "anna")
    buyers = {name: buyer(session, name) for name in ("Первый", "Второй", "Третий", "Четвёртый", "Возврат")}
    for one, amount in zip(buyers.values(), (500, 250, 150, 100, -20), strict=True):
        shipped(session, one, amount, date(2026, 3, 31), cost=amount // 2)
    for name in ("Второй", "Третий"):
        buyers[name].manager_id = anna.id
    session.flush()
    return buyers | {"Шум": noise(session)}


def table(session: Session, limit: int | None = None, **args: str) -> ReportTable:
    report = report_named("abc-buyers")
    assert report
    (found,) = report.tables(session, {"period": "2026-03", **args}, today=TODAY, limit=limit)
    return found


def as_json(session: Session, **args: str) -> Any:
    (found,) = json.loads("".join(json_pieces([table(session, **args)])))
    return found


def book(found: ReportTable) -> Any:
    out = io.BytesIO()
    to_xlsx([found], out)
    return openpyxl.load_workbook(io.BytesIO(out.getvalue()), data_only=True)


def brief(found: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in found["rows"]]


def test_shows_every_buyer_with_the_class_assigned_to_him(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    assert brief(as_json(session), "buyer", "revenue", "share", "running", "abc", "change") == [
        ("Первый", "500.00", "50.0000", "50.0000", "A", 1),
        ("Второй", "250.00", "25.0000", "75.0000", "A", 1),
        ("Третий", "150.00", "15.0000", "90.0000", "B", 1),
        ("Четвёртый", "100.00", "10.0000", "100.0000", "C", 1),
        ("Шум", "0.00", "0.0000", None, "C", 1),
        ("Возврат", "-20.00", "0.0000", None, "C", 1),
    ]


def test_never_computes_a_class_itself(session: Session) -> None:
    company(session)
    assert {row["abc"] for row in as_json(session)["rows"]} == {None}
    classify_abc(session, MARCH, today=TODAY)
    # sales after the run change the order of values, not the classes
    shipped(session, session.scalars(select(Counterparty).filter_by(name="Четвёртый")).one(), 9000, MARCH.first)
    by_name = {row["buyer"]: row for row in as_json(session)["rows"]}
    assert (by_name["Четвёртый"]["revenue"], by_name["Четвёртый"]["abc"]) == ("9100.00", "C")


def test_classes_are_of_the_last_day_of_the_period(session: Session) -> None:
    buyers = company(session)
    classify_abc(session, MARCH, today=TODAY)
    april = Period(date(2026, 4, 1), date(2026, 4, 30))
    shipped(session, buyers["Четвёртый"], 10**9, date(2026, 4, 2))
    classify_abc(session, april, today=TODAY)
    now = {row["buyer"]: (row["abc"], row["change"]) for row in as_json(session, period="2026-04")["rows"]}
    assert (now["Четвёртый"], now["Первый"]) == (("A", 1), ("C", -1))
    then = {row["buyer"]: (row["abc"], row["change"]) for row in as_json(session)["rows"]}
    assert (then["Четвёртый"], then["Первый"]) == (("C", 1), ("A", 1))
    # a period that lasts shows the classes of today
    assert {r["buyer"]: r["abc"] for r in as_json(session, period="this-year")["rows"]}["Четвёртый"] == "A"


def test_opens_on_the_period_classified_last_in_the_order_of_money(session: Session) -> None:
    buyers = company(session)
    classify_abc(session, MARCH, today=TODAY)
    shipped(session, buyers["Четвёртый"], 10**6, date(2026, 11, 2))
    found = as_json(session, period="")
    assert brief(found, "buyer", "abc")[0] == ("Первый", "A")
    assert {"label": "Period", "value": "March 2026"} in found["note"]
    assert "Given by the classification of" not in {line["label"] for line in found["note"]}
    now = as_json(session, period="this-month")
    assert brief(now, "buyer", "abc")[0] == ("Четвёртый", "C")
    assert {"label": "Given by the classification of", "value": "31.03.2026 (March 2026)"} in now["note"]


def test_the_chart_names_classes_and_draws_their_borders(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY, shares=Shares(Decimal(50), Decimal(30), Decimal(20)))
    shown = table(session, limit=10)
    assert shown.chart
    spec = chart_spec(shown.chart, shown.shape.columns)
    assert (spec["borders"], list(spec["kinds"])) == ([50, 80], ["A", "B", "C"])
    assert spec["bars"]["kinds"] == ["A", "B", "B", "C"]


def test_shows_profit_where_the_company_measures_by_profit(session: Session) -> None:
    company(session)
    session.scalars(select(Policy)).one().abc_measure = Measure.PROFIT
    found = as_json(session)
    assert "revenue" not in {c["name"] for c in found["columns"]}
    assert brief(found, "buyer", "profit")[:2] == [("Первый", "250.00"), ("Второй", "125.00")]
    assert found["totals"]["profit"] == "490.00"


def test_a_manager_sees_his_own_buyers_and_their_shares_of_the_company(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    found = as_json(session)
    assert brief(found, "buyer", "share", "running", "abc") == [
        ("Второй", "25.0000", "75.0000", "A"),
        ("Третий", "15.0000", "90.0000", "B"),
    ]
    assert found["totals"] == {"revenue": "400.00", "share": "40.0000"}
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    assert as_json(session)["rows"] == []
    assert brief(as_json(session, group="abc"), "buyer") == []


def test_filters_narrow_the_rows_and_leave_the_shares(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    anna = user_named(session, "anna")
    assert brief(as_json(session, abc="B"), "buyer", "share") == [("Третий", "15.0000")]
    assert as_json(session, abc="none")["rows"] == []
    for text in ("anna", str(anna.id)):
        assert brief(as_json(session, manager=text), "buyer", "share", "manager") == [
            ("Второй", "25.0000", "Анна Петрова"),
            ("Третий", "15.0000", "Анна Петрова"),
        ]


def test_columns_sorting_and_groups_are_the_reader_s(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    found = as_json(session, columns="buyer,revenue", sort="revenue")
    assert [c["name"] for c in found["columns"]] == ["buyer", "revenue"]
    assert brief(found, "buyer")[:2] == [("Возврат",), ("Шум",)]
    lines = [
        (line.kind, line.depth, line.label or line.cells["buyer"], line.cells["revenue"])
        for line in table(session, group="manager,abc", sort="-buyer").lines("Total")
    ]
    assert lines == [
        ("group", 0, "Responsible manager: Анна Петрова", 400),
        ("group", 1, "Class: A", 250),
        ("row", 2, "Второй", 250),
        ("group", 1, "Class: B", 150),
        ("row", 2, "Третий", 150),
        ("group", 0, "Responsible manager: —", 580),
        ("group", 1, "Class: A", 500),
        ("row", 2, "Первый", 500),
        ("group", 1, "Class: C", 80),
        ("row", 2, "Шум", 0),
        ("row", 2, "Четвёртый", 100),
        ("row", 2, "Возврат", -20),
        ("total", 0, "Total", 980),
    ]


def test_totals_are_of_all_rows_however_few_are_shown(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    for group in ("", "abc", "manager,abc"):
        whole = table(session, limit=100, group=group)
        some = table(session, limit=2, group=group)
        assert (len(list(some.rows)), some.hidden, some.count, whole.hidden) == (2, 4, 6, 0)
        assert {k: dict(v)["revenue"] for k, v in whole.totals.items()} == {
            k: dict(v)["revenue"] for k, v in some.totals.items()
        }
        assert whole.chart
        assert some.chart
        assert [row["buyer"] for row in some.chart.rows] == [row["buyer"] for row in whole.chart.rows]


def test_an_empty_base_gives_an_empty_report(session: Session) -> None:
    found = as_json(session)
    assert (found["rows"], found["totals"]) == ([], {"revenue": "0.00", "share": "0.0000"})
    assert table(session, limit=10).chart is None
    assert book(table(session)).sheetnames == ["ABC analysis of buyers"]


def test_the_head_says_how_the_report_was_made(session: Session) -> None:
    note = dict(table(session, abc="A", sort="-share", group="manager").note)
    assert note == {
        "Period": "March 2026",
        "Class": "A class",
        "Made on": "23.11.2026",
        "Distributed by": "Revenue",
        "Classes on": "31.03.2026",
        "Sums": "in RUB",
        "Counted for": "the manager who has the client now",
        "Grouped by": "Responsible manager",
        "Sorted by": "Share of the company, % ↓",
    }


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"period": "soon"}, "period"),
        ({"period": "2026-03-31..2026-03-01"}, "period"),
        ({"period": "2026-02-30"}, "period"),
        ({"abc": "D"}, "abc"),
        ({"manager": "nobody"}, "manager"),
        ({"manager": "99999999"}, "manager"),
        ({"sort": "-price"}, "sort"),
        ({"columns": "buyer,price"}, "columns"),
        ({"group": "revenue"}, "group"),
        ({"group": "buyer.month"}, "group"),
        ({"group": "abc", "detail": "whole"}, "detail"),
        ({"where": "price:ge:1"}, "where"),
        ({"where": "revenue:ge:much"}, "where"),
        ({"where": "revenue:like:1"}, "where"),
        ({"where": "revenue:between:1"}, "where"),
        ({"where": "buyer:ge:1"}, "where"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_choice_that_means_nothing_is_refused_with_its_name(
    session: Session, args: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        table(session, **args)
    assert refusal.value.field == field


def test_the_workbook_has_real_numbers_a_frozen_head_a_filter_and_a_chart(session: Session) -> None:
    buyers = company(session)
    buyers["Первый"].name = "=1+1"
    session.flush()
    classify_abc(session, MARCH, today=TODAY)
    workbook = book(table(session))
    sheet, chart_sheet = workbook.worksheets
    assert sheet["A1"].value == "ABC analysis of buyers"
    assert "Period: March 2026" in sheet["A2"].value
    head = [cell.value for cell in sheet[4]]
    assert head == [
        "Code",
        "Buyer",
        "Responsible manager",
        "Revenue",
        "Share of the company, %",
        "Running share, %",
        "Class",
        "Change",
        "Stage",
        "XYZ class",
    ]
    first = sheet[5]
    assert [cell.value for cell in first] == [buyers["Первый"].code, "=1+1", None, 500, 0.5, 0.5, "A", 1, None, None]
    assert first[1].data_type == "s"
    assert [cell.number_format for cell in first[3:6]] == ["#,##0.00", "0.00%", "0.00%"]
    assert [cell.data_type for cell in first[3:6]] == ["n", "n", "n"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B5", "A4:J10")
    total = sheet[11]
    assert (total[0].value, total[3].value, total[4].value, total[5].value) == ("Total", 980, 1, None)
    assert len(chart_sheet._charts) == 1
    assert [cell.value for cell in chart_sheet["B"]] == ["Revenue", 500, 250, 150, 100]


def test_groups_of_the_workbook_fold(session: Session) -> None:
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    sheet = book(table(session, group="abc")).worksheets[0]
    assert [(sheet.cell(row, 1).value, sheet.row_dimensions[row].outlineLevel) for row in (5, 6, 8)][0::2] == [
        ("Class: A", 0),
        ("Class: B", 0),
    ]
    assert sheet.row_dimensions[6].outlineLevel == 1
    assert sheet["D5"].value == 750


def test_a_page_takes_three_statements(session: Session, sql: list[str]) -> None:
    company(session)
    session.info[own_fields.STAMP] = str(uuid4())  # as in a request: own fields are kept from an earlier one
    list(table(session, limit=500).lines("Total"))
    session.expire_all()
    sql.clear()
    list(table(session, limit=500).lines("Total"))
    assert len(sql) == 3, sql  # the policy, the run, the rows
