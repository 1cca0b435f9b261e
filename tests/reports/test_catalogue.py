"""What every report promises."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.closing import ClosingReason
from app.models.counterparties import Counterparty
from app.services.classification.abc import classify_abc
from app.services.sales.closing import close_orders
from reports import CATALOGUE, report_named
from reports.kit.columns import Percent, UserName
from reports.kit.plain import json_pieces
from reports.kit.report import TableSet
from tests import deals
from tests.conftest import user_named
from tests.reports.test_abc_buyers import MARCH, TODAY, company

every_report = pytest.mark.parametrize("report", CATALOGUE, ids=lambda report: report.slug)


@pytest.fixture(autouse=True)
def language(app: Flask) -> Any:
    with app.test_request_context(), force_locale("en"):
        yield


def args_of(report: TableSet) -> dict[str, str]:
    return {"period": "2026-03"} if "period" in names_of(report) else {}


def names_of(report: TableSet) -> set[str]:
    return {param.name for param in report.params}


@every_report
def test_a_manager_without_buyers_sees_nobody_s_name(session: Session, report: TableSet) -> None:
    names = company(session)
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    told = "".join(json_pieces(report.tables(session, args_of(report), today=TODAY)))
    assert [name for name in names if name in told] == []


@every_report
def test_a_report_by_managers_says_whose_the_figures_are(session: Session, report: TableSet) -> None:
    args = args_of(report)
    columns = report.tables(session, args, today=TODAY, limit=1)[0].shape.columns
    managers = [c.name for c in columns if isinstance(c, UserName) and str(c.label).startswith("Responsible")]
    for name in names_of(report).intersection(managers):
        for by in ({"columns": name}, {name: "boris"}):
            assert "Counted for" in dict(report.tables(session, args | by, today=TODAY, limit=1)[0].note)


RELIED_ON = {  # by programs and by whoever works with the files
    "abc-buyers": {"code", "buyer", "revenue", "share", "abc", "change"},
    "xyz-buyers": {"code", "buyer", "stage", "xyz", "purchases", "variation", "change"},
    "settlements": {"document", "date", "shipped", "paid", "returned", "debt"},
    "sources": {"source", "code", "buyer", "revenue", "profit", "sales", "quantity", "contacts"},
    "campaigns": {"campaign", "source", "revenue", "profit", "cost", "roi"},
    "attraction": {"source", "prospects", "won", "percent"},
    "order-closing": {"reason", "order", "buyer", "manager", "closed_amount", "order_amount"},
}


@pytest.mark.parametrize("slug", RELIED_ON)
def test_columns_that_programs_read_stand_in_the_report_unasked(session: Session, slug: str) -> None:
    report = report_named(slug)
    assert report is not None
    table = report.tables(session, args_of(report), today=TODAY, limit=1)[0]
    assert RELIED_ON[slug] - {column.name for column in table.columns} == set()


def percents_of(report: TableSet, session: Session) -> set[str]:
    shape = report.tables(session, args_of(report), today=TODAY, limit=1)[0].shape
    if shape.opens:
        return set()  # it opens by groups: their percents are quotients of what the reader sees
    return {column.name for column in shape.columns if isinstance(column, Percent)}


@every_report
def test_percents_are_of_the_company_whoever_reads(session: Session, report: TableSet) -> None:
    percents = percents_of(report, session)
    if not percents:
        return
    company(session)
    classify_abc(session, MARCH, today=TODAY)
    reason = session.scalars(select(ClosingReason).limit(1)).one()
    for one in session.scalars(select(Counterparty).order_by(Counterparty.id)).all():
        it = deals.order(session, one, {deals.item(session, 10): one.id}, MARCH.first, manager_id=one.manager_id)
        close_orders(session, {it.id: reason.id}, on=MARCH.last, by_id=None)

    def rows(limit: int | None, **args: str) -> list[dict[str, Any]]:
        (found,) = report.tables(session, args_of(report) | args, today=TODAY, limit=limit)
        return [dict(row) for row in found.rows if any(row[name] is not None for name in percents)]

    everything = rows(100)
    if not everything:  # nothing was kept yet
        return
    for limit in (100, 1, None):
        session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
        for own in (rows(limit), rows(limit, **{"manager": "anna"} if "manager" in names_of(report) else {})):
            assert [row for row in own if row not in everything] == []
            assert own or report.group == "Suppliers"
            assert len(own) < len(everything)
        (found,) = report.tables(session, args_of(report), today=TODAY, limit=limit)
        for column in found.columns:
            if isinstance(column, Percent) and column.is_summed:
                mine = {row["id"] for row in rows(None)}
                part = sum(row[column.name] for row in everything if row["id"] in mine)
                assert 0 < round(found.total[column.name], 9) == round(part, 9) < 100
        del session.info["viewer"]


@every_report
def test_an_empty_base_has_nothing_to_show(session: Session, report: TableSet) -> None:
    for table in json.loads("".join(json_pieces(report.tables(session, {}, today=date(2026, 11, 23))))):
        assert table["rows"] == []
