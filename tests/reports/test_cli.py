"""`report` and `classify` on the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.periods import end_of_month
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import noise, shipped

Run = Callable[..., Result]
ABC = ("report", "abc-buyers", "period=2026-03")


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    def command(*arguments: str) -> Result:
        return app.test_cli_runner().invoke(args=arguments)

    return command


@pytest.fixture
def company(session: Session) -> None:
    noise(session)
    shipped(session, buyer(session, "Ромашка", manager=user_named(session, "anna")), 850, date(2026, 3, 9))
    shipped(session, buyer(session, "Лютик"), 150, date(2026, 3, 9))


@pytest.mark.usefixtures("company")
def test_every_format_gives_the_same_rows(run: Run, tmp_path: Path) -> None:
    run("classify", "abc", "--period", "2026-03")
    (table,) = json.loads(run(*ABC, "--format", "json").stdout)
    assert [(r["buyer"], r["revenue"], r["abc"]) for r in table["rows"]] == [
        ("Ромашка", "850.00", "A"),
        ("Лютик", "150.00", "B"),
        ("Шум", "0.00", "C"),
    ]
    rows = list(csv.DictReader(io.StringIO(run(*ABC, "--format", "csv").stdout)))
    assert [r["revenue"] for r in rows] == [r["revenue"] for r in table["rows"]]
    path = tmp_path / "abc.xlsx"
    assert run(*ABC, "--format", "xlsx", "-o", str(path)).exit_code == 0
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    assert [cell.value for cell in sheet["D"][4:]] == [850, 150, 0, 1000]
    text = run(*ABC).stdout
    assert "Ромашка" in text
    assert "1\xa0000,00" in text


@pytest.mark.usefixtures("company")
def test_a_user_s_rows_and_rights(run: Run) -> None:
    (table,) = json.loads(run(*ABC, "--as", "anna", "--format", "json").stdout)
    assert [r["buyer"] for r in table["rows"]] == ["Ромашка"]
    for name in ("pavel", "nobody"):  # without the right, and without an account
        refused = run(*ABC, "--as", name)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert name in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "abc"),
        ("report", "abc-buyers", "period=soon"),
        ("report", "abc-buyers", "period"),
        ("report", "abc-buyers", "colour=red"),
        ("report", "abc-buyers", "--format", "docx"),
        ("report", "abc-buyers", "-o", "/no/such/folder/x.txt"),
        ("classify", "abc", "--period", "soon"),
        ("classify", "abc", "--period", "2099-01"),
        ("classify", "abc", "--on", "2026-02-30"),
        ("classify", "stages", "--period", "soon"),
        ("classify", "stages", "--period", "2099-01"),
        ("classify", "def"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run: Run, session: Session, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 0


@pytest.mark.usefixtures("company")
def test_classify_prints_who_moved_where(run: Run, session: Session) -> None:
    printed = run("classify", "abc", "--period", "2026-03", "--dry-run").stdout
    assert "без класса → A      1" in printed
    assert session.scalar(select(func.count()).select_from(AbcRecord)) == 0
    assert run("classify", "abc", "--period", "2026-03").exit_code == 0
    assert session.scalar(select(func.count()).select_from(AbcRecord)) == 3
    assert session.scalars(select(AbcRun)).one().on == date(2026, 3, 31)
    run("classify", "abc", "--period", "2026-04", "--on", "2026-05-02")
    moved = run("classify", "abc", "--period", "2026-04", "--on", "2026-05-02").stdout
    assert "C → A      1" in moved
    assert "A → C      1" in moved


def test_classify_without_a_period_takes_the_month_that_lasts_first(run: Run, session: Session) -> None:
    assert run("classify", "abc").exit_code == 0
    assert run("classify", "abc").exit_code == 0
    made = session.scalars(select(AbcRun)).one()  # the second time adds nothing
    assert (made.start.day, made.end) == (1, end_of_month(made.start))


@pytest.mark.usefixtures("company")
def test_classify_stages_prints_who_moved_where(run: Run, session: Session) -> None:
    asked = ("classify", "stages", "--period", "2026-03")
    printed = run(*asked, "--dry-run").stdout
    assert "01.10.2025 – 31.03.2026" in printed
    assert session.scalar(select(func.count()).select_from(StageRecord)) == 0
    assert run(*asked).exit_code == 0
    assert run(*asked).exit_code == 0
    assert session.scalars(select(StageRun)).one().on == date(2026, 3, 31)
    assert session.scalar(select(func.count()).select_from(StageRecord)) == 3
    later = run("classify", "stages", "--on", "2026-09-30").stdout.splitlines()
    assert any(" → " in line and line.endswith("  1") for line in later), later
