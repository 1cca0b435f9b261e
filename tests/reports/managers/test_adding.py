"""What docs/adding-a-report.md says is run."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

import app.queries.managers.indicators as indicators
import reports.managers.columns as columns
import reports.managers.managers as managers
from config import ROOT
from reports.kit.plain import json_pieces, to_csv
from reports.kit.report import Report
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import buyer
from tests.managers_world import TODAY, company
from tests.reports.trade import shipped

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "adding-a-report.md").read_text(encoding="utf-8"), re.S)


@pytest.fixture(autouse=True)
def language(app: Flask) -> Any:
    with app.test_request_context(), force_locale("en"):
        yield


def test_the_file_of_the_example_is_a_report(session: Session) -> None:
    made: dict[str, Any] = {}
    exec(compile(EXAMPLES[0], "debtors.py", "exec"), made)
    report: Report = made["Debtors"]()
    for name, amount, login in (("Роза", 70, "anna"), ("Дуб", 30, "anna"), ("Клен", 500, "boris"), ("Ива", 0, "boris")):
        shipped(session, buyer(session, name, manager=user_named(session, login)), amount, date(2026, 3, 1))

    def tables(**asked: str) -> Sequence[ReportTable]:
        return report.tables(session, asked, today=date(2026, 3, 9))

    (told,) = json.loads("".join(json_pieces(tables())))
    assert [(row["buyer"], row["debt"]) for row in told["rows"]] == [
        ("Клен", "500.00"),
        ("Роза", "70.00"),
        ("Дуб", "30.00"),
    ]
    assert told["totals"] == {"debt": "600.00"}
    out = io.StringIO()
    to_csv(tables(group="manager", detail="1", manager="anna"), out)
    assert out.getvalue().splitlines()[1].endswith(",100.00")
    assert tables(on="2026-02-28")[0].count == 0


def test_the_line_of_the_example_is_an_indicator(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    added = eval(EXAMPLES[2].strip(), vars(indicators) | {"Formula": indicators.Formula})
    for reader in (managers, columns):
        monkeypatch.setattr(reader, "INDICATORS", (*indicators.INDICATORS, added))
    company(session)
    asked = {"period": "2026-09", "columns": "manager,minutes_per_contact"}
    (table,) = managers.Managers().tables(session, asked, today=TODAY)
    assert next(iter(table.rows))["minutes_per_contact"] == 45
