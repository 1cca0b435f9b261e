"""The last classification is withdrawn, and nothing of it stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.abc import Shares
from app.domain.periods import DAY, Period
from app.domain.stages import Parameters
from app.domain.words import AbcClass
from app.errors import Refused
from app.models.classes import AbcRecord, StageRecord
from app.models.counterparties import Counterparty
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification import drafts, holds, why
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from app.services.classification.withdrawing import withdraw
from tests.conftest import user_named
from tests.services.classification.test_holds import classify, filled, hold, one, session, stands

pytestmark = pytest.mark.slow

__all__ = ["filled", "one", "session"]
JULY = Period(date(2026, 7, 1), date(2026, 7, 31))
TODAY = date(2026, 8, 10)
TRACKS = pytest.mark.parametrize("track", [ABC_TRACK, STAGE_TRACK], ids=["abc", "stages"])


@pytest.fixture(autouse=True)
def language(app: Flask) -> Any:
    with app.test_request_context():
        yield


def last(session: Session, track: AnyTrack) -> Any:
    run = track.run
    return session.scalars(select(run).order_by(run.on.desc(), run.id.desc())).first()


def told(session: Session) -> list[Any]:
    """Where everybody stands on every tenth day, and what his history says."""
    session.expire_all()
    days = [date(2026, 1, 5) + 10 * n * DAY for n in range(30)]
    buyers = session.scalars(select(Counterparty).order_by(Counterparty.id)).all()
    return [
        [[stands(session, buyer, day) for day in days], why.history_of(session, buyer.id, days[-1])] for buyer in buyers
    ]


def again(session: Session, track: AnyTrack) -> Any:
    if track is ABC_TRACK:
        return classify_abc(session, JULY, today=TODAY)
    return classify_stages(session, Parameters(JULY.last, count=6), today=TODAY)


@TRACKS
def test_everybody_is_where_he_was(session: Session, one: Counterparty, track: AnyTrack) -> None:
    hold(session, one)
    classify(session, 4)
    before = told(session)
    run = again(session, track)
    assert told(session) != before
    number, moves = run.id, run.moves
    withdraw(session, track, number)
    assert told(session) == before
    assert session.scalar(select(func.count()).where(track.record.run_id == number)) == 0
    assert again(session, track).moves == moves


def test_the_run_of_the_same_day_before_it_counts_again(session: Session, one: Counterparty) -> None:
    first = classify_abc(session, JULY, today=TODAY)
    before = told(session)
    second = classify_abc(session, JULY, today=TODAY, shares=Shares(1, 1, 98))
    assert second is not first
    withdraw(session, ABC_TRACK, second.id)
    assert told(session) == before


@TRACKS
def test_only_the_last_one(session: Session, one: Counterparty, track: AnyTrack) -> None:
    early = last(session, track).id
    again(session, track)
    for number in (early, 999_999):
        with pytest.raises(Refused):
            withdraw(session, track, number)


@TRACKS
def test_what_was_set_by_hand_since_goes_on_from_it(session: Session, one: Counterparty, track: AnyTrack) -> None:
    number = again(session, track).id
    hold(session, one, until=TODAY, today=TODAY)
    with pytest.raises(Refused) as refusal:
        withdraw(session, track, number)
    assert "1" in str(refusal.value)
    assert session.scalar(select(func.count()).select_from(AbcRecord)) > 0
    assert session.scalar(select(func.count()).select_from(StageRecord)) > 0


def test_what_was_set_by_hand_before_stays(session: Session, one: Counterparty) -> None:
    vera = user_named(session, "vera")
    holds.hold_class(session, one, AbcClass.C, until=TODAY, reason="Спор", by=vera, today=JULY.first)
    run = classify_abc(session, JULY, today=TODAY)
    withdraw(session, ABC_TRACK, run.id)
    assert stands(session, one, JULY.last)[0] is AbcClass.C


def test_a_draft_made_from_it_is_dropped_first(session: Session, one: Counterparty) -> None:
    run = classify_abc(session, Period(date(2026, 6, 1), date(2026, 6, 30)), today=TODAY)
    draft = drafts.draft_classes(session, JULY, Shares(70, 20, 10), today=TODAY, by=user_named(session, "vera"))
    with pytest.raises(Refused):
        withdraw(session, ABC_TRACK, run.id)
    drafts.drop(session, draft)
    withdraw(session, ABC_TRACK, run.id)


def test_stages_wait_for_the_classes_given_by_them(session: Session, one: Counterparty) -> None:
    classify(session, 6)
    stages, classes = last(session, STAGE_TRACK).id, last(session, ABC_TRACK).id
    with pytest.raises(Refused) as refusal:
        withdraw(session, STAGE_TRACK, stages)
    assert "30.06.2026" in str(refusal.value)
    withdraw(session, ABC_TRACK, classes)
    withdraw(session, STAGE_TRACK, stages)
