"""A report reads one moment of the base, whatever is posted meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from app.domain.viewer import NOBODY
from app.extensions import db
from app.models.counterparties import Counterparty
from app.web.reports.snapshot import TakesLong, read
from config import REPORTS_BIND
from reports.classification.abc_buyers import AbcBuyers
from reports.kit.table import ReportTable
from tests.factories import buyer
from tests.ports import free_port
from tests.reports.trade import shipped

MARCH = {"period": "2026-03"}
TODAY = date(2026, 4, 15)


@pytest.fixture
def company(committed: Flask) -> Iterator[Flask]:
    """Three buyers of 100 each."""
    with committed.test_request_context(), Session(db.engine) as session:
        for name in ("Ромашка", "Василёк", "Лютик"):
            shipped(session, buyer(session, name), 100, date(2026, 3, 9))
        session.commit()
        yield committed


def post_one_more() -> None:
    with Session(db.engine) as other:
        shipped(other, other.query(Counterparty).first(), 1000, date(2026, 3, 10))
        other.commit()


def revenue(row: Any) -> Decimal:
    return Decimal(row["revenue"])


def report(session: Session, limit: int | None = None) -> ReportTable:
    (table,) = AbcBuyers().tables(session, MARCH, today=TODAY, limit=limit)
    return table


def emptied(session: Session) -> None:
    session.execute(text("DELETE FROM shipment_line"))


def test_the_total_of_a_stream_is_of_its_rows_while_somebody_posts(company: Flask) -> None:
    def streamed(session: Session) -> tuple[Decimal, Decimal]:
        table = report(session)
        post_one_more()
        return sum((revenue(row) for row in table.rows), Decimal(0)), revenue(table.total)

    assert read(streamed) == (300, 300)
    assert revenue(read(report).total) == 1300


def test_the_total_of_a_page_is_of_its_rows_while_somebody_posts(company: Flask) -> None:
    posted: list[str] = []

    def post_after_the_rows(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if " LIMIT " in statement and "FROM (SELECT" in statement and not posted:
            posted.append(statement)
            post_one_more()

    event.listen(Engine, "after_cursor_execute", post_after_the_rows)
    try:
        table = read(lambda session: report(session, limit=2))
    finally:
        event.remove(Engine, "after_cursor_execute", post_after_the_rows)
    assert posted
    assert [revenue(row) for row in table.rows] == [100, 100]
    assert (revenue(table.total), table.hidden) == (300, 1)
    assert table.chart
    assert [revenue(row) for row in table.chart.rows] == [100, 100, 100]


def test_a_report_changes_nothing(company: Flask) -> None:
    with pytest.raises(InternalError, match="read-only"):
        read(emptied)


def test_a_report_sees_what_its_viewer_sees(company: Flask) -> None:
    db.session().info["viewer"] = NOBODY
    assert read(report).count == 0


def test_where_a_copy_of_the_base_is_read_the_head_says_of_what_moment_it_is(app: Flask, session: Session) -> None:
    session.info["as_of"] = datetime(2026, 4, 15, 6, 31, tzinfo=UTC)
    with app.test_request_context():
        assert ("Данные на", "15.04.2026 09:31") in report(session).note


COPY_IS_GONE = ("Data", "of the main base: the copy for reports does not answer")


def has_copy(company: Flask, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    monkeypatch.setitem(company.config, "CRM", replace(company.config["CRM"], reports_database_url=str(engine.url)))
    monkeypatch.setitem(db.engines, REPORTS_BIND, engine)


def test_a_copy_that_is_gone_is_passed_over_and_the_head_says_so(
    company: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_copy(company, monkeypatch, create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"))
    with force_locale("en"):
        assert COPY_IS_GONE in read(report).note
        with pytest.raises(InternalError, match="read-only"):
            read(emptied)


def test_a_copy_that_goes_away_in_the_middle_is_passed_over_too(
    company: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_copy(company, monkeypatch, db.engines[REPORTS_BIND])
    asked: list[bool] = []

    def interrupted(session: Session) -> tuple[Decimal, ReportTable]:
        table = report(session)
        is_copy = "as_of" in session.info
        asked.append(is_copy)
        if is_copy:
            with Session(db.engine) as other:
                mine = session.connection().connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
                other.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})
        return sum((revenue(row) for row in table.rows), Decimal(0)), table

    with force_locale("en"):
        summed, table = read(interrupted, within=60)
    assert asked == [True, False]
    assert summed == revenue(table.total) == 300
    assert COPY_IS_GONE in table.note


def test_what_takes_long_is_ended(company: Flask) -> None:
    with pytest.raises(TakesLong):
        read(lambda own: own.execute(text("SELECT pg_sleep(60)")), within=0.05)


def test_the_time_is_of_all_statements_together(company: Flask) -> None:
    def little_by_little(own: Session) -> None:
        for _ in range(100):
            own.execute(text("SELECT pg_sleep(0.04)"))

    with pytest.raises(TakesLong):
        read(little_by_little, within=0.2)
