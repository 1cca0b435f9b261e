"""Whatever grouping, whoever reads: the totals of every exit, and of the rows behind a figure, are one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.closing import ClosingReason
from app.services.classification.abc import classify_abc
from app.services.sales.closing import close_orders
from reports import CATALOGUE
from reports.kit.columns import Date
from reports.kit.conditions import written_conditions
from reports.kit.grouping import DateUnit
from reports.kit.paper import to_pdf
from reports.kit.plain import json_pieces, to_csv, to_text
from reports.kit.recorded import Recording
from reports.kit.report import TableSet
from reports.kit.setup import Shape
from reports.kit.table import LineKind, ReportTable
from reports.kit.xlsx import HEAD_ROW, to_xlsx
from tests import deals
from tests.conftest import user_named
from tests.reports.test_abc_buyers import MARCH, TODAY, company

pytestmark = pytest.mark.slow

Texts = dict[str, str]


@pytest.fixture
def trade(app: Flask, session: Session) -> Iterator[None]:
    """Buyers with classes, orders, shipments, payments and closings; two of them are Anna's."""
    with app.test_request_context(), force_locale("en"):
        buyers = company(session)
        classify_abc(session, MARCH, today=TODAY)
        reason = session.scalars(select(ClosingReason).limit(1)).one()
        for number, one in enumerate(buyers.values(), 1):
            goods = {deals.item(session, 10): number + 2}
            done = deals.order(session, one, goods, MARCH.first, manager_id=one.manager_id)
            deals.shipped(session, done, dict.fromkeys(goods, 2), on=deals.DAY)
            deals.paid(session, one, number * 7, on=deals.DAY)
            if number % 2:
                close_orders(session, {done.id: reason.id}, on=MARCH.last, by_id=None)
        yield


def recorded(report: TableSet, session: Session, texts: Texts) -> list[Sequence[ReportTable]]:
    """The first screen as it is read, and as a recording of that has it."""
    recording, found = Recording(), []
    for way in (recording.begin, lambda own: Recording.read(recording.written()).play(own)):
        with Session(session.connection(), info=dict(session.info)) as own:
            way(own)
            found.append(report.tables(own, texts, today=TODAY, limit=500))
    return found


def args_of(report: TableSet) -> Texts:
    return {"period": "2026-03"} if "period" in {param.name for param in report.params} else {}


def setups(shape: Shape) -> list[Texts]:
    """No groups; all that the report declares, two at once, dates by month, no rows; the last ones with rows too."""
    dates = [f"{column.name}.{DateUnit.MONTH}" for column in shape.columns if isinstance(column, Date)]
    groups = [*shape.groups, *dates[:1]]
    pairs = [groups[max(0, end - 2) : end] for end in range(len(groups), 0, -2)][::-1]
    folded = [{"group": ",".join(pair), "detail": str(len(pair))} for pair in pairs]
    return [{}, *folded, *({"group": ",".join(pair)} for pair in pairs[-1:])]


def kept(table: ReportTable) -> ReportTable:
    """With its stream in hand, for several exits."""
    return replace(table, rows=list(table.rows))


def figures(table: ReportTable) -> dict[str, str]:
    return {c.name: str(c.to_json(table.total[c.name])) for c in table.columns if c.has_total}


def of_json(table: ReportTable) -> dict[str, str]:
    (told,) = json.loads("".join(json_pieces([table])))
    return {name: str(total) for name, total in told["totals"].items()}


def added_up_in_csv(table: ReportTable) -> dict[str, Decimal]:
    out = io.StringIO()
    to_csv([table], out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    return {c.name: sum((Decimal(row[c.name] or 0) for row in rows), Decimal(0)) for c in table.columns if c.is_summed}


def of_xlsx(table: ReportTable) -> dict[str, Any]:
    out = io.BytesIO()
    to_xlsx([table], out)
    sheet = openpyxl.load_workbook(io.BytesIO(out.getvalue()), data_only=True).worksheets[0]
    last = next(row for row in sheet.iter_rows(min_row=HEAD_ROW + 2, values_only=True) if row[0] == "Total")
    return {c.name: last[place] for place, c in enumerate(table.printed) if c.has_total}


def missing_in_text(table: ReportTable) -> set[str]:
    """Totals that the command line does not print."""
    out = io.StringIO()
    to_text([table], out)
    last = out.getvalue().splitlines()[-1 - len(table.foot)]
    return {
        c.show(table.total[c.name]) for c in table.printed if c.has_total and c.show(table.total[c.name]) not in last
    }


def missing_on_paper(table: ReportTable) -> set[str]:
    """Totals that the paper does not show."""
    out = io.BytesIO()
    to_pdf([table], out)
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(out).pages)
    totals = {"".join(c.show(table.total[c.name]).split()) for c in table.printed if c.has_total}
    return {total for total in totals if total not in text}


def behind(
    report: TableSet, session: Session, texts: Texts, table: ReportTable, known: dict[str, Mapping[str, Any]]
) -> list[str]:
    """Groups whose figures are not the totals of the rows that they lead to: of the last one, where what has no value
    stands, and of the first one where groups are within groups. Rows that another setup led to are `known`.
    """
    heads = {LineKind.GROUP, LineKind.ROW} if table.setup.detail else {LineKind.GROUP}
    lines = [line for line in table.lines("") if line.kind in heads]
    wrong = []
    several = len(table.setup.groups) > 1
    for line in (lines[:1] if several else []) + lines[-1:]:
        where = written_conditions(table.behind(line))
        if where not in known:
            asked = {name: text for name, text in texts.items() if name not in {"group", "detail"}} | {"where": where}
            (found,) = report.tables(session, asked, today=TODAY, limit=500)
            known[where] = found.total
        summed = [c.name for c in table.columns if c.has_total]
        if [known[where][name] for name in summed] != [line.cells[name] for name in summed]:
            wrong.append(where)
    return wrong


@pytest.mark.usefixtures("trade")
@pytest.mark.parametrize("reader", [None, "anna"])
def test_every_exit_and_every_drill_gives_the_same_totals(session: Session, reader: str | None) -> None:
    if reader:
        session.info["viewer"] = Viewer.of(user_named(session, reader).id, {Sees.OWN})
    wrong: list[Any] = []
    seen = 0
    for report in CATALOGUE:
        first = report.tables(session, args_of(report), today=TODAY, limit=1)
        if len(first) != 1:
            continue  # a board: the choices are about one table, and the others have none
        ways = setups(first[0].shape)
        known: dict[str, Mapping[str, Any]] = {}
        with_and_without_rows = [ways[0], *ways[-2:]]  # a workbook differs by nothing else of a setup
        for setup in ways if not reader else ways[-1:]:
            texts = args_of(report) | setup
            (page,) = report.tables(session, texts, today=TODAY, limit=500)
            if not setup:
                (read,), (again,) = recorded(report, session, texts)
                if (list(again.rows), again.totals, again.foot) != (list(read.rows), read.totals, read.foot):
                    wrong.append((report.slug, "recorded"))
            whole = kept(report.tables(session, texts, today=TODAY)[0])
            expected = figures(page)
            told = {"stream": figures(whole), "json": of_json(whole)}
            wrong += [(report.slug, setup, exit, got) for exit, got in told.items() if got != expected]
            for name, total in added_up_in_csv(whole).items():
                if abs(total - Decimal(expected[name])) > Decimal("0.01"):
                    wrong.append((report.slug, setup, "csv", name, total, expected[name]))
            numbers = {c.name: c.to_excel(page.total[c.name]) for c in page.columns if c.has_total}
            if setup in with_and_without_rows and (got := of_xlsx(whole)) != numbers:
                wrong.append((report.slug, setup, "xlsx", got, numbers))
            if missing := missing_in_text(whole):
                wrong.append((report.slug, setup, "text", missing))
            if setup == ways[-1] and (missing := missing_on_paper(whole)):
                wrong.append((report.slug, setup, "pdf", missing))
            wrong += [(report.slug, setup, "behind", where) for where in behind(report, session, texts, page, known)]
            seen += page.count
    assert wrong == []
    assert seen > (100 if not reader else 10)
