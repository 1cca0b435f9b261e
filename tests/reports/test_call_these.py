"""Кому позвонить: who is in it, in what order, and what is told of each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.periods import end_of_month, months_from
from app.domain.stages import Parameters
from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from reports.classification.call_these import CallThese
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx
from tests.conftest import filled_once, user_named
from tests.deals import paid
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 11, 26)


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def table(session: Session, limit: int | None = None, **asked: str) -> ReportTable:
    (found,) = CallThese().tables(session, asked, today=TODAY, limit=limit)
    return found


def rows(session: Session, **asked: str) -> dict[str, dict[str, Any]]:
    return {row["buyer"]: dict(row) for row in table(session, **asked).rows}


def fill(session: Session) -> None:
    """One of every sign, one of all three, and one in order; Anna has the first one."""
    names = ("Всё сразу", "Молчит", "Упал", "Должен", "В порядке")
    all_three, silent, fallen, debtor, fine = (buyer(session, name, allowed_days=0) for name in names)
    all_three.manager = user_named(session, "anna")
    for days in (164, 134, 104, 74):
        shipped(session, all_three, 1000, TODAY - timedelta(days=days))
        shipped(session, silent, 50, TODAY - timedelta(days=days))
    paid(session, all_three, 2900, on=TODAY - timedelta(days=100))
    paid(session, all_three, 500, on=TODAY - timedelta(days=70))
    paid(session, silent, 200, on=TODAY - timedelta(days=70))
    for one, amount, month in ((fallen, 400, 8), (fallen, 5, 10), (fine, 9000, 10), (debtor, 5000, 10)):
        shipped(session, one, amount, date(2026, month, 20))
        paid(session, one, amount, on=date(2026, month, 25))
    for month in (8, 10):
        classify_abc(session, months_from(date(2026, month, 1), 1), today=TODAY)
    shipped(session, debtor, 320, TODAY)


filled, session = filled_once(fill)


def test_most_signs_first_then_the_greatest_revenue(session: Session) -> None:
    found = rows(session)
    assert list(found) == ["Всё сразу", "Должен", "Упал", "Молчит"]
    assert [row["signs"] for row in found.values()] == [3, 1, 1, 1]
    assert [row["revenue"] for row in found.values()] == [4000, 5320, 405, 200]


def test_every_sign_is_told_with_its_numbers(session: Session) -> None:
    with force_locale("en"):
        found = rows(session)
    assert {name: row["why"] for name, row in found.items()} == {
        "Всё сразу": "Silent for 74 days, usually 30 (×\u00a02.5); ABC: A → C since 31.10.2026; "
        "debt grew by 500.00 to 600.00, 600.00 of it overdue",
        "Должен": "A debt of 320.00 appeared",
        "Упал": "ABC: A → C since 31.10.2026",
        "Молчит": "Silent for 74 days, usually 30 (×\u00a02.5)",
    }
    with force_locale("ru"):
        why = rows(session)["Всё сразу"]["why"].replace("\xa0", " ")
    assert why == (
        "Молчит 74 дня при обычных 30 (× 2,5); ABC: A → C с 31.10.2026; "
        "долг вырос на 500,00 до 600,00, из них просрочено 600,00"
    )


def test_a_row_has_the_figures_of_the_buyer(session: Session) -> None:
    row = rows(session)["Всё сразу"]
    assert (row["last_on"], row["rhythm"], row["silent"]) == (date(2026, 9, 13), 30, 74)
    assert (row["expected"], row["abc"], row["debt"], row["overdue"]) == (date(2026, 10, 13), "C", 600, 600)
    assert row["kinds"] == "silent,class,debt"
    expected = next(column for column in table(session, columns="buyer,expected").columns if column.name == "expected")
    with force_locale("en"):
        assert expected.show(row["expected"]) == "13.10.2026"
        assert expected.show(rows(session)["Должен"]["expected"]) == "too little data"


def test_the_choices(session: Session) -> None:
    assert list(rows(session, sign="silent")) == ["Всё сразу", "Молчит"]
    assert list(rows(session, sign="class")) == ["Всё сразу", "Упал"]
    assert list(rows(session, sign="debt")) == ["Всё сразу", "Должен"]
    assert list(rows(session, manager="anna")) == ["Всё сразу"]
    assert list(rows(session, k="2.5", sign="silent")) == []  # 74 days are fewer than 75
    assert list(rows(session, k="2,4", sign="silent")) == ["Всё сразу", "Молчит"]
    assert list(rows(session, days="26", sign="class")) == []  # the 31st of October is 26 days ago
    assert list(rows(session, days="27", sign="class")) == ["Всё сразу", "Упал"]
    assert list(rows(session, on="2026-08-31")) == ["Всё сразу", "Молчит"]  # they owed then; nobody was silent
    assert {row["kinds"] for row in rows(session, on="2026-08-31").values()} == {"debt"}


@pytest.mark.parametrize(
    ("name", "text"), [("k", "0"), ("k", "many"), ("k", "NaN"), ("days", "0"), ("days", "1.5"), ("days", "4000")]
)
def test_a_number_out_of_bounds_is_refused_by_its_field(session: Session, name: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        table(session, **{name: text})
    assert refused.value.field == name
    assert text in str(refused.value)


def test_the_head_counts_every_sign_also_of_rows_that_are_not_shown(session: Session) -> None:
    with force_locale("en"):
        for limit in (None, 500, 1):
            note = dict(table(session, limit=limit).note)
            assert (note["Silent"], note["Class or stage fell"], note["Debt grew"]) == ("2", "2", "2")


def test_the_workbook_draws_how_many_have_which_sign(session: Session) -> None:
    out = io.BytesIO()
    with force_locale("en"):
        to_xlsx([table(session, columns="buyer,expected,debt")], out)
    rows_sheet, chart_sheet = openpyxl.load_workbook(io.BytesIO(out.getvalue())).worksheets
    assert [[cell.value for cell in row] for row in chart_sheet.iter_rows()] == [
        ["Sign", "Buyers"],
        ["Silent", 2],
        ["Class or stage fell", 2],
        ["Debt grew", 2],
    ]
    assert len(chart_sheet._charts) == 1
    head = [cell.value for cell in rows_sheet[4]]
    assert "Kinds of signs" not in head
    by_name = {row[0].value: row for row in rows_sheet.iter_rows(min_row=5)}
    expected, debt = head.index("Expected purchase"), head.index("Debt")
    assert by_name["Всё сразу"][expected].is_date
    assert by_name["Должен"][expected].value == "too little data"
    assert (by_name["Всё сразу"][debt].value, by_name["Всё сразу"][debt].number_format) == (600, "#,##0.00")


def test_columns_that_stand_aside_are_shown_to_whoever_asks(session: Session) -> None:
    assert "kinds" not in [column.name for column in table(session).columns]
    asked = table(session, columns="buyer,kinds,has_fallen")
    assert [column.name for column in asked.columns] == ["buyer", "kinds", "has_fallen"]
    grouped = table(session, group="kinds")
    assert grouped.totals["silent,class,debt",]["is_silent"] == 1


def test_a_manager_sees_his_own_alone(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    assert list(rows(session)) == ["Всё сразу"]
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    assert rows(session) == {}


def test_a_lost_client_falls_out_of_the_classes(session: Session) -> None:
    lost = buyer(session, "Ушёл")
    for month in range(1, 7):
        shipped(session, lost, 900, date(2026, month, 5))
    paid(session, lost, 5400, on=TODAY - timedelta(days=100))
    for month in (6, 10):
        classify_stages(session, Parameters(end_of_month(date(2026, month, 1)), count=3), today=TODAY)
        classify_abc(session, months_from(date(2026, month, 1), 1), today=TODAY)
    with force_locale("en"):
        why = rows(session, sign="class")["Ушёл"]["why"]
    assert "ABC: A → no class since 31.10.2026; " in why
    assert why.endswith("stage: Regular client (X) → Lost client since 31.10.2026")
