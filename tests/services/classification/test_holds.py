"""By hand and it holds: runs keep what the head set, say what they would have said, and after the day it returns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import Period, end_of_month
from app.domain.stages import Parameters, Stage, Standing, XyzClass
from app.domain.words import AbcClass
from app.errors import Refused
from app.models.classes import AbcRecord, Hold, StageRecord
from app.models.counterparties import Counterparty
from app.queries.classification.classes import abc_on
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK
from app.services.classification import holds, why
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from tests.conftest import filled_once, user_named
from tests.factories import buyer
from tests.reports.trade import shipped

A, B, C = AbcClass
X, Y, Z = (Standing(Stage.REGULAR, xyz) for xyz in XyzClass)
APRIL = date(2026, 4, 10)
MAY = date(2026, 5, 31)


def classify(session: Session, month: int) -> None:
    first = date(2026, month, 1)
    period = Period(first, end_of_month(first))
    classify_stages(session, Parameters(period.last, count=3), today=period.last)
    classify_abc(session, period, today=period.last)


def fill(session: Session) -> int:
    """Of March to July he is B and X beside a greater one; classified in March."""
    who, big = buyer(session, "Один"), buyer(session, "Большой")
    for month in range(1, 8):
        shipped(session, who, 20, date(2026, month, 5))
        shipped(session, big, 80, date(2026, month, 5))
    classify(session, 3)
    return who.id


filled, session = filled_once(fill)


@pytest.fixture
def one(session: Session, filled: tuple[Session, int]) -> Counterparty:
    return session.get_one(Counterparty, filled[1])


def stands(session: Session, who: Counterparty, day: date) -> tuple[AbcClass | None, Standing]:
    found = session.execute(
        select(abc_on(day, Counterparty.id), stage_on(day, Counterparty.id), xyz_on(day, Counterparty.id)).where(
            Counterparty.id == who.id
        )
    ).one()
    return found[0], Standing(found[1], found[2])


def hold(session: Session, who: Counterparty, until: date = MAY, today: date = APRIL) -> None:
    vera = user_named(session, "vera")
    holds.hold_class(session, who, A, until=until, reason="Важный человек", by=vera, today=today)
    holds.hold_stage(session, who, Z, until=until, reason="Обещал уйти", by=vera, today=today)


def test_it_counts_from_today_on(session: Session, one: Counterparty) -> None:
    assert stands(session, one, APRIL) == (B, X)
    hold(session, one)
    assert stands(session, one, date(2026, 4, 9)) == (B, X)
    assert stands(session, one, APRIL) == (A, Z)


@pytest.mark.slow
def test_later_runs_keep_it_and_say_what_they_would_have_said(session: Session, one: Counterparty) -> None:
    hold(session, one)
    for month in (4, 5):
        classify(session, month)
        assert stands(session, one, end_of_month(date(2026, month, 1))) == (A, Z)
    abc = session.scalars(select(AbcRecord).where(AbcRecord.counterparty == one).order_by(AbcRecord.id.desc())).first()
    stage = session.scalars(
        select(StageRecord).where(StageRecord.counterparty == one).order_by(StageRecord.id.desc())
    ).first()
    assert abc
    assert stage
    assert (abc.abc, abc.computed, abc.held_until, abc.old) == (A, B, MAY, A)
    assert (stage.stage, stage.xyz, stage.computed_stage, stage.computed_xyz) == ("regular", "Z", "regular", "X")


def test_after_the_day_it_returns_at_once_and_in_the_next_run(session: Session, one: Counterparty) -> None:
    hold(session, one)
    classify(session, 4)
    assert stands(session, one, MAY) == (A, Z)
    assert stands(session, one, date(2026, 6, 1)) == (B, X)
    classify(session, 6)
    assert stands(session, one, date(2026, 6, 30)) == (B, X)
    latest = session.scalars(
        select(AbcRecord).where(AbcRecord.counterparty == one).order_by(AbcRecord.id.desc())
    ).first()
    assert latest
    assert (latest.hold_id, latest.old, latest.computed) == (None, B, None)


def test_a_run_of_the_same_day_is_what_the_next_one_goes_on_from(session: Session) -> None:
    """He is held on that day alone, and buys no more by the next run."""
    who, day = buyer(session, "Один"), date(2026, 3, 31)
    for month in (1, 2, 3):
        shipped(session, who, 20, date(2026, month, 5))
    hold(session, who, until=day, today=day)
    classify(session, 3)
    classify(session, 7)
    record = session.scalars(select(StageRecord).order_by(StageRecord.id.desc())).first()
    assert record
    assert (record.old_stage, record.old_xyz, record.stage) == ("regular", "X", "lost")
    assert session.scalars(select(AbcRecord.old).order_by(AbcRecord.id.desc())).first() == A


def test_a_run_of_a_day_before_is_not_held(session: Session, one: Counterparty) -> None:
    hold(session, one)
    first = date(2026, 2, 1)
    run = classify_abc(session, Period(first, end_of_month(first)), today=APRIL)
    record = session.scalars(select(AbcRecord).where(AbcRecord.run == run, AbcRecord.counterparty == one)).one()
    assert (record.abc, record.hold_id) == (B, None)
    assert stands(session, one, APRIL) == (A, Z)


def test_a_later_decision_replaces_the_first(session: Session, one: Counterparty) -> None:
    hold(session, one)
    vera = user_named(session, "vera")
    holds.hold_class(session, one, C, until=date(2026, 4, 20), reason="Передумали", by=vera, today=date(2026, 4, 12))
    assert [stands(session, one, date(2026, 4, day))[0] for day in (11, 12, 20, 21)] == [A, C, C, B]
    classify(session, 4)
    assert stands(session, one, date(2026, 4, 30))[0] == B


def test_it_is_released(session: Session, one: Counterparty) -> None:
    hold(session, one)
    today = date(2026, 4, 15)
    for each in session.scalars(select(Hold)).all():
        holds.release(session, each, today=today)
    assert stands(session, one, date(2026, 4, 14)) == (A, Z)
    assert stands(session, one, today) == (B, X)
    with pytest.raises(Refused, match="Nothing is held here any more"):
        holds.release(session, session.scalars(select(Hold)).first(), today=today)


def test_a_regular_one_without_a_class_is_z_and_others_have_none(session: Session, one: Counterparty) -> None:
    vera = user_named(session, "vera")
    for asked, kept in ((Standing(Stage.REGULAR), Z), (Standing(Stage.LOST, XyzClass.X), Standing(Stage.LOST))):
        holds.hold_stage(session, one, asked, until=MAY, reason="так", by=vera, today=APRIL)
        assert stands(session, one, APRIL)[1] == kept


def test_a_buyer_whom_no_run_has_seen(session: Session) -> None:
    new = buyer(session, "Новый")
    hold(session, new)
    assert stands(session, new, APRIL) == (A, Z)
    classify(session, 4)
    assert stands(session, new, MAY) == (A, Z)
    assert stands(session, new, date(2026, 6, 1)) == (C, Standing(Stage.POTENTIAL))


@pytest.mark.parametrize(
    ("until", "reason", "field"),
    [(date(2026, 4, 9), "так", "until"), (MAY, "  ", "reason"), (date(2036, 1, 1), "так", "until")],
)
def test_a_reason_and_a_day_to_come_are_needed(
    session: Session, one: Counterparty, until: date, reason: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        holds.hold_class(session, one, A, until=until, reason=reason, by=user_named(session, "vera"), today=APRIL)
    assert refused.value.field == field


def test_a_one_time_buyer_is_told_to_be_lost_by_the_window_that_the_rule_went_by(app: Flask, session: Session) -> None:
    """The rule goes by what the runs say, whatever is held."""
    who, vera = buyer(session, "Разовый"), user_named(session, "vera")
    shipped(session, who, 20, date(2026, 1, 5))
    for month in (3, 4, 5):
        day = end_of_month(date(2026, month, 1))
        classify_stages(session, Parameters(day, count=3, lost_after=4), today=day)
        if month == 3:
            holds.hold_stage(session, who, Z, until=MAY, reason="Обещал", by=vera, today=APRIL)
    record = why.latest(session, STAGE_TRACK, who.id, MAY)
    assert (record.old_stage, record.computed_stage) == ("regular", "lost")
    with app.test_request_context():
        assert "× 4" in why.of_stage(session, record)


def test_history_tells_it_in_one_statement(app: Flask, session: Session, one: Counterparty, sql: list[str]) -> None:
    hold(session, one)
    classify(session, 4)
    sql.clear()
    with app.test_request_context():
        history = why.history_of(session, one.id, date(2026, 5, 1))
    assert len(sql) == 1
    held = history.hold("abc")
    assert held
    assert (held.now, held.computed, held.reason, held.author) == ("A", "B", "Важный человек", "Вера Орлова")
    assert [(e.kind, e.by_hand) for e in history.moves] == [
        ("abc", True),
        ("stages", True),
        ("abc", False),
        ("stages", False),
    ]


@pytest.mark.slow
def test_a_class_and_a_stage_explain_themselves_with_numbers(app: Flask, session: Session, one: Counterparty) -> None:
    hold(session, one)
    classify(session, 4)
    with app.test_request_context():
        abc = why.of_class(session, why.latest(session, ABC_TRACK, one.id, MAY))
        stage = why.of_stage(session, why.latest(session, STAGE_TRACK, one.id, MAY))
    for number in ("B", "20", "80", "100", "90"):
        assert number in abc
    assert "X" in stage
    assert "3" in stage
    assert Decimal(0) == why.latest(session, STAGE_TRACK, one.id, MAY).variation
