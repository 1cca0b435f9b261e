"""Runs on real connections: killed while they write, and while others post shipments."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import Parameters, Periodicity
from app.extensions import db
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.models.counterparties import Counterparty
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from tests.factories import buyer
from tests.reports.trade import shipped
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 23)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
CLIENTS = 2_000  # who bought nothing: with them a run takes longer than posting
TIMES, ENOUGH = 50, 3  # tries, and how many of them shall meet with postings
MODELS = (AbcRun, AbcRecord, StageRun, StageRecord)
Classify = Callable[[Session], Any]
RUNS: dict[str, tuple[Any, Classify]] = {
    "classes by months": (AbcRecord, lambda session: classify_abc(session, MARCH, today=TODAY)),
    "classes by documents": (
        AbcRecord,
        lambda session: classify_abc(session, Period(MARCH.first, date(2026, 3, 30)), today=TODAY),
    ),
    "stages by months": (StageRecord, lambda session: classify_stages(session, Parameters(MARCH.last), today=TODAY)),
    "stages by documents": (
        StageRecord,
        lambda session: classify_stages(session, Parameters(MARCH.last, Periodicity.WEEK, 5), today=TODAY),
    ),
}
every_run = pytest.mark.parametrize("name", RUNS)


@pytest.fixture
def pair(committed: Flask) -> tuple[int, int]:
    """Two clients among many, each with the same shipment in March."""
    with committed.app_context():
        session = db.session()
        session.execute(
            text(
                "INSERT INTO counterparty (code, name, is_buyer, is_supplier) "
                "SELECT 'М' || n, 'Молчит', true, false FROM generate_series(1, :count) n"
            ),
            {"count": CLIENTS},
        )
        two = buyer(session, "Один"), buyer(session, "Другой")
        post(session, two)
        session.commit()
        return two[0].id, two[1].id


def post(session: Session, two: Any) -> None:
    for one in two:
        shipped(session, one, 1, date(2026, 3, 10))


def counted(session: Session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(model)) or 0 for model in MODELS]


@every_run
def test_a_run_killed_while_it_writes_leaves_no_half_of_a_history(
    committed: Flask, pair: tuple[int, int], name: str
) -> None:
    _record, classify = RUNS[name]
    with committed.app_context():
        classify(db.session())
        db.session.commit()
        post(db.session(), db.session.scalars(select(Counterparty).where(Counterparty.id.in_(pair))))
        db.session.commit()
        before = counted(db.session())
        db.session.rollback()
    pids: list[int] = []
    ended: list[Exception] = []

    def run() -> None:
        with committed.app_context():
            pids.append(db.session.scalar(select(func.pg_backend_pid())) or 0)
            try:
                classify(db.session())
                db.session.commit()
            except OperationalError as killed:
                ended.append(killed)
                db.session.rollback()

    with committed.app_context(), db.engine.connect() as other, db.engine.connect() as watch:
        # The records are written, and the run waits to see that the last client is still there.
        other.execute(text("SELECT FROM counterparty WHERE id = :id FOR UPDATE"), {"id": pair[1]})
        thread = threading.Thread(target=run)
        thread.start()
        waits = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'")
        until(lambda: pids and watch.execute(waits, {"pid": pids[0]}).scalar())
        watch.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pids[0]})
        thread.join(PATIENCE)
        other.rollback()
        watch.rollback()
        assert len(ended) == 1
        assert counted(db.session()) == before
        run_again = classify(db.session())  # no lock is left either
        assert sum(run_again.moves.values()) == CLIENTS + 2
        db.session.rollback()


@every_run
def test_a_run_sees_all_of_a_posting_or_nothing_of_it(committed: Flask, pair: tuple[int, int], name: str) -> None:
    record, classify = RUNS[name]
    stop, posted = threading.Event(), [1]

    def go_on_posting() -> None:
        with committed.app_context():
            two = [db.session.get_one(Counterparty, pk) for pk in pair]
            while not stop.is_set():
                post(db.session(), two)
                db.session.commit()
                posted.append(posted[-1] + 1)

    thread = threading.Thread(target=go_on_posting)
    thread.start()
    overlapped = 0
    try:
        with committed.app_context():
            for _ in range(TIMES):
                known = posted[-1]
                until(lambda known=known: posted[-1] > known or not thread.is_alive())
                least = posted[-1]
                run = classify(db.session())
                most = posted[-1] + 1  # one more may be committed and not yet counted
                db.session.commit()
                rows = db.session.scalars(
                    select(record).where(record.run_id == run.id, record.counterparty_id.in_(pair))
                )
                values = {(row.value, getattr(row, "purchases", row.value)) for row in rows}
                (only,) = values
                assert least <= only[0] == only[1] <= most
                overlapped += most > least + 1
                if overlapped == ENOUGH:
                    break
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert overlapped == ENOUGH
