"""Runs of stages: twelve clients over six month-ends, worked out by hand; what runs refuse and leave."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.domain.periods import Period, end_of_month
from app.domain.stages import (
    Parameters,
    Periodicity,
    Stage,
    StageMeasure,
    StageMoves,
    Standing,
    Thresholds,
    XyzClass,
    change,
)
from app.domain.words import AbcClass
from app.errors import Refused
from app.extensions import db
from app.models.classes import AbcRecord, StageRecord, StageRun
from app.models.counterparties import Counterparty
from app.queries.classification.tracks import STAGE_TRACK
from app.services.classification.abc import classify_abc
from app.services.classification.runs import run_summary
from app.services.classification.stages import classify_stages, from_params, next_parameters, to_params
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 11, 23)
P, O, L = Stage.POTENTIAL, Stage.ONE_TIME, Stage.LOST  # noqa: E741 - as on paper
NAMES = {"P": Standing(P), "O": Standing(O), "L": Standing(L), "R": Standing(Stage.REGULAR)} | {
    xyz.value: Standing(Stage.REGULAR, xyz) for xyz in XyzClass
}

# Sales by month from January to August ("a+b" are two shipments, a negative one a return), and what is
# written at the ends of March to August with N = 3; "." is nothing.
CLIENTS = {
    "Ровный": ("100 100 100 100 100 100 100 100", "XXXXXX"),
    "Почти ровный": ("100 110 90 100 120 80 100 100", "XXXXXX"),
    "Растущий": ("100 200 300 400 500 600 0 0", "YYYXZZ"),
    "Разовый": ("50 0 0 0 0 0 0 0", "OOOOOO"),
    "Два раза": ("50 0 50 0 0 0 0 0", "OOOOOO"),
    "Набрал": ("10 10 0 30 0 0 0 0", "OOOOOO"),
    "Сразу трое": ("0 0 1+1+1 0 0 0 1 0", "ZZZLZZ"),
    "Молчит": ("0 0 0 0 0 0 0 0", "PPPPPP"),
    "Проснулся": ("0 0 0 0 0 7 0 0", "PPPOOO"),
    "Ушёл": ("100 100 100 0 0 0 0 0", "XZZL.."),
    "Вернулся": ("100 100 100 0 0 0 0 300", "XZZL.Z"),
    "Вернул всё": ("100 100 100 0 0 0 50-50 0", "XZZLLL"),
}


def sales(session: Session) -> dict[str, Counterparty]:
    found = {}
    for name, (months, _) in CLIENTS.items():
        found[name] = buyer(session, name)
        for month, text_ in enumerate(months.split(), 1):
            for amount in text_.replace("-", "+-").split("+"):
                if Decimal(amount):
                    shipped(session, found[name], amount, date(2026, month, 10))
    return found


def run(session: Session, month: int, **more: object) -> StageRun:
    end = end_of_month(date(2026, month, 1))
    return classify_stages(session, Parameters(end, count=3), today=TODAY, **more)


def records(session: Session, made: StageRun) -> dict[str, StageRecord]:
    rows = session.execute(
        select(Counterparty.name, StageRecord).join(StageRecord.counterparty).where(StageRecord.run == made)
    )
    return dict(rows.all())


def test_twelve_clients_over_six_month_ends(session: Session) -> None:
    sales(session)
    found = dict.fromkeys(CLIENTS, "")
    letters = {standing: letter for letter, standing in NAMES.items()}
    before: dict[str, Standing] = {}
    for month in range(3, 9):
        made = run(session, month)
        written = records(session, made)
        for name in CLIENTS:
            record = written.get(name)
            found[name] += letters[Standing(record.stage, record.xyz)] if record else "."
            if record:
                assert Standing(record.old_stage, record.old_xyz) == before.get(name, Standing())
                before[name] = Standing(record.stage, record.xyz)
        moves = StageMoves.from_json(made.moves)
        assert moves.total == len(written)
        arrows = [change(Standing(r.old_stage, r.old_xyz), Standing(r.stage, r.xyz)) for r in written.values()]
        assert (moves.up, moves.down) == (arrows.count(1), arrows.count(-1))
    assert found == {name: expected for name, (_, expected) in CLIENTS.items()}


def test_a_record_says_its_numbers(session: Session) -> None:
    sales(session)
    record = records(session, run(session, 3))["Растущий"]
    assert (record.purchases, record.value, round(record.variation, 2)) == (3, 600, Decimal("40.82"))
    assert record.on == date(2026, 3, 31)


def test_a_second_run_of_the_day_adds_nothing(session: Session) -> None:
    who = sales(session)
    first = run(session, 3)
    assert run(session, 3) is first
    assert run(session, 4) is not first
    assert session.scalar(select(func.count()).select_from(StageRun)) == 2
    assert session.scalar(select(func.count()).select_from(StageRecord)) == 24
    shipped(session, who["Молчит"], 5, date(2026, 3, 1))
    again = run(session, 3)
    assert again is not first
    assert records(session, again)["Молчит"].stage == O
    assert session.scalar(select(func.count()).select_from(StageRecord)) == 36


def test_other_thresholds_make_another_run(session: Session) -> None:
    sales(session)
    run(session, 3)
    strict = Parameters(date(2026, 3, 31), count=3, limits=Thresholds(1, 5, Decimal(5), Decimal(9), Decimal(99)))
    made = classify_stages(session, strict, today=TODAY)
    assert records(session, made)["Ровный"].stage == O
    assert next_parameters(session, date(2026, 4, 30)) == Parameters(date(2026, 4, 30), count=3, limits=strict.limits)


def test_everyone_with_sales_takes_part_and_suppliers_do_not(session: Session) -> None:
    buyer(session, "Поставщик", is_buyer=False, is_supplier=True)
    bought = buyer(session, "Поставщик, который купил", is_buyer=False, is_supplier=True)
    shipped(session, bought, 5, date(2026, 3, 1))
    assert set(records(session, run(session, 3))) == {"Поставщик, который купил"}


def test_the_day_is_today_while_the_window_lasts(session: Session) -> None:
    assert classify_stages(session, Parameters(TODAY), today=TODAY).on == TODAY
    march = Parameters(date(2026, 3, 5))
    assert classify_stages(session, march, today=TODAY).on == date(2026, 3, 31)
    assert classify_stages(session, march, today=TODAY, on=date(2026, 4, 2)).on == date(2026, 4, 2)
    with pytest.raises(Refused, match="has not begun yet"):
        classify_stages(session, Parameters(date(2026, 12, 1)), today=TODAY)


def test_parameters_survive_the_way_to_a_worker() -> None:
    asked = Parameters(
        TODAY, Periodicity.DECADE, 9, StageMeasure.INTERVALS, Thresholds(2, 4, Decimal("7.5"), Decimal(8), Decimal(9))
    )
    assert from_params(to_params(asked)) == asked
    silent = replace(asked, lost_after=11)
    assert from_params(to_params(silent)) == silent


def test_a_one_time_buyer_is_lost_after_as_many_periods_as_the_head_says(session: Session) -> None:
    sales(session)
    found = dict.fromkeys(("Разовый", "Два раза", "Набрал", "Молчит", "Ровный"), "")
    letters = {standing: letter for letter, standing in NAMES.items()}
    for month in range(3, 9):
        asked = Parameters(end_of_month(date(2026, month, 1)), count=3, lost_after=4)
        written = records(session, classify_stages(session, asked, today=TODAY))
        for name in found:
            found[name] += letters[Standing(written[name].stage, written[name].xyz)] if name in written else "."
    assert found == {
        "Разовый": "OOL...",  # January was the last
        "Два раза": "OOOOL.",
        "Набрал": "OOOOOL",
        "Молчит": "PPPPPP",
        "Ровный": "XXXXXX",
    }
    assert next_parameters(session, TODAY).lost_after == 4


def test_who_is_lost_has_no_class_and_without_a_class_before_is_left_out(app: Flask, session: Session) -> None:
    lost, rich = buyer(session, "Ушёл"), buyer(session, "Богатый")
    new, other = buyer(session, "Ушёл без класса"), buyer(session, "Прочий")
    shipped(session, lost, 60, date(2026, 3, 1))
    shipped(session, rich, 40, date(2026, 3, 1))
    march, april = (Period(date(2026, m, 1), end_of_month(date(2026, m, 1))) for m in (3, 4))
    before = classify_abc(session, march, today=TODAY)
    session.query(AbcRecord).filter_by(counterparty_id=new.id).delete()
    for one in (lost, new):
        session.add(StageRecord(counterparty_id=one.id, on=date(2026, 4, 1), stage=L))
    for one, amount in ((lost, 50), (rich, 30), (new, 1000), (other, 20)):
        shipped(session, one, amount, date(2026, 4, 5))
    made = classify_abc(session, april, today=TODAY)
    rows = session.execute(
        select(Counterparty.name, AbcRecord.abc).join(AbcRecord.counterparty).where(AbcRecord.run == made)
    )
    # of 100: A to 70, so 50 (emptied) and 30 (from 50) are A, 20 (from 80) is B
    assert dict(rows.all()) == {"Ушёл": None, "Богатый": AbcClass.A, "Прочий": AbcClass.B}
    # what is told of the run counts everybody, him too
    for language, told in (
        ("ru", "Классифицировано 3 покупателя: A – 1, B – 1, C – 0, без класса – 1."),
        ("en", "3 buyers are classified: A – 1, B – 1, C – 0, no class – 1."),
    ):
        with app.test_request_context(), force_locale(language):
            assert run_summary(made).startswith(told)
            assert run_summary(before).count("–") == 3  # a run that leaves nobody without a class says nothing of it


def test_of_two_runs_at_once_the_second_is_refused(committed: Flask) -> None:
    with committed.app_context():
        sales(db.session())
        db.session.commit()
    begun, go_on = threading.Event(), threading.Event()

    def first_run() -> None:
        with committed.app_context():
            run(db.session(), 3)
            begun.set()
            go_on.wait(30)
            db.session.commit()

    thread = threading.Thread(target=first_run)
    thread.start()
    try:
        assert begun.wait(30)
        with committed.app_context(), pytest.raises(Refused, match="Уже идет другая классификация"):
            run(db.session(), 3)
    finally:
        go_on.set()
        thread.join()
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(StageRecord)) == 12


def test_a_run_killed_in_the_middle_leaves_nothing(committed: Flask) -> None:
    with committed.app_context():
        sales(db.session())
        db.session.commit()
        run(db.session(), 3)
        pid = db.session.scalar(select(func.pg_backend_pid()))
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError):
            db.session.commit()
        db.session.rollback()
        for model in (StageRun, StageRecord):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
        here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        held = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND {here}"
        assert db.session.scalar(text(held), {"key": STAGE_TRACK.lock}) == 0


def test_a_company_of_any_size_takes_the_same_few_statements(session: Session, sql: list[str]) -> None:
    sales(session)
    run(session, 3)
    sql.clear()
    run(session, 4)
    assert len(sql) <= 6, sql
