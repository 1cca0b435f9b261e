"""A run of ABC classification: what it writes, when it is refused, what it leaves when it fails."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.domain.abc import AbcMoves, Shares
from app.domain.periods import Period
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass, Measure
from app.errors import Refused
from app.extensions import db
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import Counterparty
from app.models.settings import Policy
from app.queries.classification.tracks import ABC_TRACK
from app.services.classification.abc import classify_abc, next_abc_period, next_shares
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import noise, shipped
from tests.rules.abc import DEFAULT

TODAY = date(2026, 11, 23)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))
A, B, C = AbcClass
FLAT = Shares(Decimal(20), Decimal(20), Decimal(60))


def classes(session: Session, run: AbcRun) -> dict[str, AbcClass | None]:
    rows = session.execute(
        select(Counterparty.name, AbcRecord.abc).join(AbcRecord.counterparty).where(AbcRecord.run == run)
    )
    return dict(rows.all())


def company(session: Session) -> list[Counterparty]:
    """Five buyers whose March makes the classes A, A, B, C, C."""
    noise(session)
    buyers = [buyer(session, name) for name in ("Первый", "Второй", "Третий", "Четвёртый", "Возврат")]
    for one, amount in zip(buyers, (500, 250, 150, 100, -20), strict=True):
        shipped(session, one, amount, date(2026, 3, 12), cost=0)
    return buyers


def test_a_run_gives_every_buyer_a_class_and_keeps_what_it_was_by(session: Session) -> None:
    company(session)
    vera = user_named(session, "vera")
    run = classify_abc(session, MARCH, today=TODAY, by=vera)
    found = classes(session, run)
    assert found == {"Первый": A, "Второй": A, "Третий": B, "Четвёртый": C, "Возврат": C, "Шум": C}
    assert (run.on, run.start, run.end, run.measure, run.by) == (
        MARCH.last,
        MARCH.first,
        MARCH.last,
        Measure.REVENUE,
        vera,
    )
    assert (run.share_a, run.share_b, run.share_c) == (70, 20, 10)
    values = dict(session.execute(select(AbcRecord.counterparty_id, AbcRecord.value)).all())
    assert sorted(values.values()) == [-20, 0, 100, 150, 250, 500]
    assert AbcMoves.from_json(run.moves) == AbcMoves({(None, A): 2, (None, B): 1, (None, C): 3})


def test_the_policy_says_by_what_and_with_which_shares(session: Session) -> None:
    first, second = buyer(session, "Оборот"), buyer(session, "Прибыль")
    shipped(session, first, 900, date(2026, 3, 1), cost=890)
    shipped(session, second, 100, date(2026, 3, 1), cost=10)
    policy = session.scalars(select(Policy)).one()
    policy.abc_measure, policy.share_a, policy.share_b, policy.share_c = (
        Measure.PROFIT,
        Decimal(80),
        Decimal(15),
        Decimal(5),
    )
    run = classify_abc(session, MARCH, today=TODAY)
    assert classes(session, run) == {"Прибыль": A, "Оборот": B}
    assert (run.measure, run.share_b) == (Measure.PROFIT, 15)


def test_the_next_run_counts_who_moved_where(session: Session) -> None:
    first, second, *_ = company(session)
    classify_abc(session, MARCH, today=TODAY)
    shipped(session, second, 100_000_000, date(2026, 4, 5))
    shipped(session, first, 1, date(2026, 4, 5))
    run = classify_abc(session, APRIL, today=TODAY)
    moves = AbcMoves.from_json(run.moves)
    assert dict(moves.counts) == {(A, A): 1, (A, C): 1, (B, C): 1, (C, C): 3}
    assert (moves.up, moves.down) == (0, 2)


def test_a_second_run_of_the_day_adds_nothing_until_something_differs(session: Session) -> None:
    first, *_ = company(session)
    one = classify_abc(session, MARCH, today=TODAY)
    assert classify_abc(session, MARCH, today=TODAY) is one
    assert session.scalar(select(func.count()).select_from(AbcRecord)) == 6
    shipped(session, first, 1, date(2026, 3, 13), cost=0)
    two = classify_abc(session, MARCH, today=TODAY)
    assert two is not one
    assert classes(session, one) == classes(session, two)  # only a value differs
    assert one.moves == two.moves  # it counts from the day before
    assert classify_abc(session, MARCH, today=TODAY, shares=FLAT) is not two
    assert session.scalar(select(func.count()).select_from(AbcRecord)) == 18


def test_shares_are_those_of_the_last_run(session: Session) -> None:
    company(session)
    assert next_shares(session) == DEFAULT
    classify_abc(session, MARCH, today=TODAY, shares=FLAT)
    assert next_shares(session) == FLAT
    assert classify_abc(session, APRIL, today=TODAY).share_c == 60


def test_a_run_is_about_the_whole_company_whoever_starts_it(session: Session) -> None:
    buyers = company(session)
    anna = user_named(session, "anna")
    buyers[3].manager_id = anna.id
    session.flush()
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    run = classify_abc(session, MARCH, today=TODAY, by=anna)
    session.info["viewer"] = None
    assert classes(session, run)["Первый"] is A
    assert AbcMoves.from_json(run.moves).total == 6


def test_the_day_of_the_classes_is_the_end_of_the_period_or_today(session: Session) -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    assert classify_abc(session, november, today=TODAY).on == TODAY
    assert classify_abc(session, MARCH, today=TODAY).on == MARCH.last
    assert classify_abc(session, MARCH, today=TODAY, on=date(2026, 4, 2)).on == date(2026, 4, 2)


def test_a_period_that_has_not_begun_is_refused(session: Session) -> None:
    with pytest.raises(Refused) as refusal:
        classify_abc(session, Period(date(2026, 12, 1), date(2026, 12, 31)), today=TODAY)
    assert refusal.value.field == "period"


def test_an_empty_base_gives_an_empty_run(session: Session) -> None:
    run = classify_abc(session, MARCH, today=TODAY)
    assert classes(session, run) == {}
    assert run.moves == {}


def test_periods_follow_one_another(session: Session) -> None:
    assert next_abc_period(session, TODAY) == Period(date(2026, 11, 1), date(2026, 11, 30))
    classify_abc(session, Period(date(2026, 1, 1), date(2026, 3, 15)), today=TODAY)
    assert next_abc_period(session, TODAY) == Period(date(2026, 3, 16), date(2026, 3, 31))
    classify_abc(session, APRIL, today=TODAY)
    assert next_abc_period(session, TODAY) == Period(date(2026, 5, 1), date(2026, 5, 31))
    # the month that lasts is classified again until the next one begins
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    classify_abc(session, november, today=TODAY)
    assert next_abc_period(session, TODAY) == november
    assert next_abc_period(session, date(2026, 12, 1)) == Period(date(2026, 12, 1), date(2026, 12, 31))


def test_of_two_runs_at_once_the_second_is_refused(committed: Flask) -> None:
    with committed.app_context():
        company(db.session())
        db.session.commit()
    begun, go_on = threading.Event(), threading.Event()

    def first_run() -> None:
        with committed.app_context():
            classify_abc(db.session(), MARCH, today=TODAY)
            begun.set()
            go_on.wait(30)
            db.session.commit()

    thread = threading.Thread(target=first_run)
    thread.start()
    try:
        assert begun.wait(30)
        with committed.app_context(), pytest.raises(Refused, match=r"Another|Уже идет"):
            classify_abc(db.session(), MARCH, today=TODAY)
    finally:
        go_on.set()
        thread.join()
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(AbcRun)) == 1
        assert db.session.scalar(select(func.count()).select_from(AbcRecord)) == 6
        classify_abc(db.session(), MARCH, today=TODAY)  # the lock went with the first run
        db.session.rollback()


def test_a_run_killed_in_the_middle_leaves_nothing(committed: Flask) -> None:
    with committed.app_context():
        company(db.session())
        db.session.commit()
        classify_abc(db.session(), MARCH, today=TODAY)
        pid = db.session.scalar(select(func.pg_backend_pid()))
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError):
            db.session.commit()
        db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(AbcRun)) == 0
        assert db.session.scalar(select(func.count()).select_from(AbcRecord)) == 0
        here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        held = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND {here}"
        assert db.session.scalar(text(held), {"key": ABC_TRACK.lock}) == 0
        assert classify_abc(db.session(), MARCH, today=TODAY).moves


def test_a_company_of_any_size_takes_the_same_few_statements(session: Session, sql: list[str]) -> None:
    company(session)
    sql.clear()
    classify_abc(session, MARCH, today=TODAY)
    assert len(sql) <= 9, sql
