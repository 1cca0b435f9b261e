"""Moves between classes and stages: counted by hand, as everywhere else, and each number opens those who moved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import Parameters, Stage, XyzClass
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass
from app.errors import Refused
from app.models.classes import StageRecord
from app.services.classification import holds
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from reports import report_named
from reports.classification.class_moves import ClassMoves
from reports.classification.xyz_buyers import XyzBuyers
from reports.kit.chart import Stacked, chart_spec
from reports.kit.report import TableSet
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx
from tests.conftest import filled_once, user_named
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 11, 23)
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
KINDS = pytest.mark.parametrize("kind", ["abc", "stages"])


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


def fill(session: Session) -> None:
    """February and March of six buyers: one is A by hand from March on, one is new in March, one goes in March."""
    vera, anna = user_named(session, "vera"), user_named(session, "anna")
    first, second = buyer(session, "Первый", manager=anna), buyer(session, "Второй")
    third, gone, woken = buyer(session, "Третий"), buyer(session, "Ушёл"), buyer(session, "Проснулся")
    for month in (1, 2, 3):
        for half in (5, 15):
            shipped(session, first, 35, date(2026, month, half))
        shipped(session, second, 20 if month < 3 else 300, date(2026, month, 5))
        shipped(session, third, 5, date(2026, month, 5))
    for day in (1, 2, 3):
        shipped(session, gone, 1, date(2026, 2, day))
        shipped(session, woken, 1, date(2026, 3, day))
    classify_stages(session, Parameters(FEBRUARY.last, count=2), today=TODAY)
    classify_abc(session, FEBRUARY, today=TODAY)
    holds.hold_class(session, third, AbcClass.A, until=TODAY, reason="Важный", by=vera, today=MARCH.first)
    buyer(session, "Новый")
    buyer(session, "Поставщик", is_buyer=False, is_supplier=True)
    classify_stages(session, Parameters(MARCH.last, count=1), today=TODAY)
    classify_abc(session, MARCH, today=TODAY)


filled, session = filled_once(fill)


def table(session: Session, **asked: str) -> ReportTable:
    (found,) = ClassMoves().tables(session, {"period": "2026-03", **asked}, today=TODAY, limit=100)
    return found


def moved(found: ReportTable) -> dict[str, dict[str, int]]:
    """By the old place: the numbers that are not zero."""
    return {row["was"]: {k: n for k, n in row.items() if n and k not in ("id", "was")} for row in found.rows}


def test_classes_before_and_after(session: Session) -> None:
    assert moved(table(session)) == {
        "A": {"b": 1, "buyers": 1, "down": 1},
        "B": {"a": 1, "buyers": 1, "up": 1},
        "C": {"a": 1, "c": 1, "none": 1, "buyers": 3, "up": 1, "down": 1, "stayed": 1},
        "none": {"c": 1, "buyers": 1, "up": 1},
    }


def test_stages_before_and_after(session: Session) -> None:
    assert moved(table(session, kind="stages")) == {
        "potential": {"x": 1, "buyers": 1, "up": 1},
        "one_time": {"one_time": 2, "buyers": 2, "stayed": 2},
        "regular X": {"x": 1, "buyers": 1, "stayed": 1},
        "regular Z": {"lost": 1, "buyers": 1, "down": 1},
        "none": {"potential": 1, "buyers": 1, "up": 1},
    }


@KINDS
def test_every_number_opens_the_clients_who_moved(session: Session, kind: str) -> None:
    names = set()
    for manager in ({}, {"manager": "anna"}):
        for asked, count, found in opened(session, table(session, kind=kind, **manager)):
            assert len(found) == count, asked
            names |= set() if manager else {(name, asked["was"]) for name in found}
    assert ("Третий", "C" if kind == "abc" else "one_time") in names
    assert ("Новый", "none") in names


def opened(session: Session, found: ReportTable) -> Iterator[tuple[dict[str, str], int, list[str]]]:
    """For every number of the matrix: what it asks another report, the number, and whom that report shows."""
    for row in found.rows:
        for column in found.columns:
            if column.drill:
                asked = {**column.drill.texts, **{c: row[name] for c, name in column.drill.columns.items()}}
                report = report_named(column.drill.slug)
                assert isinstance(report, TableSet)
                (clients,) = report.tables(session, asked, today=TODAY, limit=100)
                if row[column.name] or asked["was"] != "none":
                    yield asked, row[column.name], [client["buyer"] for client in clients.rows]


def test_a_regular_client_without_a_class_has_a_place_of_his_own(session: Session) -> None:
    boris = user_named(session, "boris")
    one, other = buyer(session, "Один", manager=boris), buyer(session, "Другой", manager=boris)
    for who, standings in ((one, (None, XyzClass.X)), (other, (XyzClass.Z, None))):
        for xyz, day in zip(standings, (FEBRUARY.last, MARCH.last), strict=True):
            session.add(StageRecord(counterparty=who, on=day, stage=Stage.REGULAR, xyz=xyz))
    session.flush()
    found = table(session, kind="stages", manager="boris")
    assert moved(found) == {
        "regular Z": {"regular": 1, "buyers": 1, "stayed": 1},
        "regular none": {"x": 1, "buyers": 1, "up": 1},
    }
    assert [names for _asked, count, names in opened(session, found) if count] == [["Другой"], ["Один"]]
    assert "regular" not in {column.name for column in table(session, kind="stages", period="2026-01").columns}


def test_both_kinds_count_every_buyer(session: Session) -> None:
    buyer(session, "Без класса")
    counted = {kind: table(session, kind=kind) for kind in ("abc", "stages")}
    assert {kind: found.total["buyers"] for kind, found in counted.items()} == {"abc": 7, "stages": 7}
    assert moved(counted["abc"])["none"] == {"none": 1, "c": 1, "buyers": 2, "up": 1, "stayed": 1}


@KINDS
def test_a_manager_counts_his_own_alone(session: Session, kind: str) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    assert table(session, kind=kind).total["buyers"] == 1


def test_while_the_period_lasts_today_counts(session: Session) -> None:
    note = dict(table(session, period="2026").note)
    assert (note["Were on"], note["Are on"]) == ("31.12.2025", "23.11.2026")
    with pytest.raises(Refused) as refusal:
        table(session, period="2027")
    assert refusal.value.field == "period"


@KINDS
def test_the_moves_are_counted_by_one_statement_in_every_exit(session: Session, sql: list[str], kind: str) -> None:
    for limit in (500, None):
        sql.clear()
        (found,) = ClassMoves().tables(session, {"period": "2026-03", "kind": kind}, today=TODAY, limit=limit)
        list(found.lines("Total"))
        assert len([statement for statement in sql if "_record" in statement]) == 1


def test_the_chart_is_stacked_on_the_page_and_in_the_workbook(session: Session) -> None:
    found = table(session, kind="stages")
    assert isinstance(found.chart, Stacked)
    spec = chart_spec(found.chart, found.shape.columns)
    assert spec["labels"][1:4] == ["One-time client", "Regular client (X)", "Regular client (Z)"]
    parts = {part["kind"]: part["values"] for part in spec["parts"]}
    assert (parts["lost"], parts["x"]) == ([0, 0, 0, 1, 0], [1, 0, 1, 0, 0])
    out = io.BytesIO()
    to_xlsx([found], out)
    _sheet, charted = openpyxl.load_workbook(out).worksheets
    (chart,) = charted._charts
    assert (chart.tagname, chart.grouping, len(chart.series)) == ("barChart", "percentStacked", 7)
    assert [cell.value for cell in charted["A"]][1] == "Potential client"
    assert [cell.value for cell in charted["G"]] == ["Lost client", 0, 0, 0, 1, 0]


def test_a_stage_before_needs_its_day(session: Session) -> None:
    with pytest.raises(Refused) as refusal:
        XyzBuyers().tables(session, {"was": "lost"}, today=TODAY)
    assert refusal.value.field == "was_on"
