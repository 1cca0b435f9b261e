"""What a reader sets up: conditions of every kind, groups of dates, order and detail, as one text each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from reports import report_named
from reports.kit.comparing import How
from reports.kit.conditions import Condition
from reports.kit.table import LineKind, ReportTable
from tests import deals
from tests.conftest import filled_once, user_named
from tests.factories import buyer

TODAY = date(2026, 5, 20)


@pytest.fixture(autouse=True)
def in_english(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


def fill(session: Session) -> None:
    """Orders of Rose (Anna's): 100 in March, 300 and 500 in April; of Oak (nobody's): 700 in May."""
    anna = user_named(session, "anna")
    rose, oak = buyer(session, "Rose", manager=anna), buyer(session, "Oak; 100%")
    for of, quantity, on in (
        (rose, 1, date(2026, 3, 31)),
        (rose, 3, date(2026, 4, 1)),
        (rose, 5, date(2026, 4, 30)),
        (oak, 7, date(2026, 5, 20)),
    ):
        deals.order(session, of, {deals.item(session, 100): quantity}, on, manager_id=of.manager_id)


filled, session = filled_once(fill)


def table(session: Session, limit: int | None = 100, **texts: str) -> ReportTable:
    report = report_named("deals")
    assert report
    (found,) = report.tables(session, texts, today=TODAY, limit=limit)
    return found


def amounts(session: Session, where: str) -> list[int]:
    return [int(row["amount"]) for row in table(session, where=where, sort="amount").rows]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("amount:ge:500", [500, 700]),
        ("amount:le:300", [100, 300]),
        ("amount:between:300,500", [300, 500]),
        ("amount:in:100,700", [100, 700]),
        ("amount:not:100,700", [300, 500]),
        ("date:in:2026-04", [300, 500]),
        ("date:in:last-month,2026-05", [300, 500, 700]),
        ("date:not:last-month", [100, 700]),
        ("date:ge:2026-04-30", [500, 700]),
        ("date:le:last-month", [100, 300, 500]),
        ("date:between:2026-03-31,2026-04-01", [100, 300]),
        ("buyer:in:Rose", [100, 300, 500]),
        ("buyer:has:oak%3B 100%25", [700]),
        ("buyer:not:Rose", [700]),
        ("manager:in:anna", [100, 300, 500]),
        ("manager:empty", [700]),
        ("manager:filled;date:in:2026-03", [100]),
        ("kind:not:order", []),
    ],
)
def test_rows_are_narrowed_by_any_column(session: Session, where: str, found: list[int]) -> None:
    assert amounts(session, where) == found
    assert table(session, where=where).total["amount"] == sum(found)


@pytest.mark.parametrize(
    "where", ["status:in:nothing-such", "amount:ge:1,2", "date:in:soon", "amount:has:1", "nothing:empty", "amount"]
)
def test_what_means_nothing_is_refused(session: Session, where: str) -> None:
    with pytest.raises(Refused) as refused:
        amounts(session, where)
    assert refused.value.field == "where"


def test_me_is_whoever_reads(session: Session) -> None:
    with pytest.raises(Refused):
        amounts(session, "manager:in:me")
    for name, found in (("anna", [100, 300, 500]), ("boris", [])):
        session.info["viewer"] = Viewer.of(user_named(session, name).id, {Sees.ALL})
        assert amounts(session, "manager:in:me") == found


@pytest.mark.parametrize("values", [("7", "9"), ("a;b:c,d", "%"), ("",)])
def test_a_condition_is_read_as_it_was_written(values: tuple[str, ...]) -> None:
    condition = Condition("manager", How.NOT, values)
    assert Condition.read(str(condition)) == condition
    assert ";" not in str(condition)


@pytest.mark.parametrize(
    ("unit", "months", "labels"),
    [
        ("month", 3, ["March 2026", "April 2026", "May 2026"]),
        ("quarter", 2, ["1st quarter 2026", "2nd quarter 2026"]),
        ("year", 1, ["2026"]),
        ("week", 3, ["30.03.2026 – 05.04.2026", "27.04.2026 – 03.05.2026", "18.05.2026 – 24.05.2026"]),
        ("day", 4, ["31.03.2026", "01.04.2026", "30.04.2026", "20.05.2026"]),
    ],
)
def test_dates_are_gathered_by_their_units(session: Session, unit: str, months: int, labels: list[str]) -> None:
    found = table(session, group=f"date.{unit}", detail="1")
    column = found.printed[0]
    assert [column.show(row[column.name]) for row in found.rows] == labels
    assert found.length == months == len(labels)
    assert found.total["amount"] == 1600


def lines(found: ReportTable) -> list[tuple[Any, ...]]:
    return [(line.depth, line.label or "", int(line.cells["amount"])) for line in found.lines("All")]


@pytest.mark.parametrize("limit", [100, None])
def test_groups_come_by_the_total_of_what_is_sorted_by(session: Session, limit: int | None) -> None:
    found = table(session, limit, group="buyer,date.month", sort="-amount", columns="amount")
    assert lines(found) == [
        (0, "Counterparty: Rose", 900),
        (1, "Date by month: April 2026", 800),
        (2, "", 500),
        (2, "", 300),
        (1, "Date by month: March 2026", 100),
        (2, "", 100),
        (0, "Counterparty: Oak; 100%", 700),
        (1, "Date by month: May 2026", 700),
        (2, "", 700),
        (0, "All", 1600),
    ]
    short = table(session, limit, group="buyer,date.month", sort="-amount", columns="amount", detail="2")
    assert [line for line in lines(short) if line[0] < 2 and line[1]] == [
        (0, "Counterparty: Rose", 900),
        (0, "Counterparty: Oak; 100%", 700),
        (0, "All", 1600),
    ]
    assert [line.kind for line in short.lines("")].count(LineKind.ROW) == 3


def test_buyers_of_one_name_are_two_groups(session: Session) -> None:
    deals.order(session, buyer(session, "Rose"), {deals.item(session, 100): 1}, date(2026, 5, 2))
    found = table(session, group="buyer", detail="1", sort="-amount")
    assert [(row["buyer"], int(row["amount"])) for row in found.rows] == [
        ("Rose", 900),
        ("Oak; 100%", 700),
        ("Rose", 100),
    ]
    behind = [str(found.behind(line)[0]) for line in found.lines("") if line.kind is LineKind.ROW]
    assert [int(table(session, where=where).total["amount"]) for where in behind] == [900, 700, 100]


def test_a_page_begins_where_the_one_before_it_ends(session: Session) -> None:
    pages = [table(session, 3, sort="amount", page=page) for page in ("1", "2")]
    assert [[int(row["amount"]) for row in page.rows] for page in pages] == [[100, 300, 500], [700]]
    assert [int(page.total["amount"]) for page in pages] == [1600, 1600]
    groups = [table(session, 2, group="date.day", detail="1", page=page) for page in ("1", "2")]
    assert [len([*page.rows]) for page in groups] == [2, 2]


def test_of_groups_alone_no_row_is_read(session: Session, sql: list[str]) -> None:
    sql.clear()
    table(session, group="manager", detail="1")
    assert [statement for statement in sql if "ORDER BY found.date" in statement or "LIMIT" in statement] == []
    assert len([statement for statement in sql if "ROLLUP" in statement]) == 1
