"""Classes and stages that nobody asked for by hand."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, months_from
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun, Withdrawal
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from app.services.classification.abc import classify_abc
from app.services.classification.withdrawing import withdraw
from jobs.classification import classify_month
from tests.conftest import user_named
from tests.factories import buyer


def test_the_month_before_is_classified_once(app: Flask, session: Session) -> None:
    buyer(session, "Один")
    with app.app_context():
        assert not any(classify_month(session) for _ in range(2))
        first_of_month = clock.today().replace(day=1)
    stages, classes = session.scalars(select(StageRun)).one(), session.scalars(select(AbcRun)).one()
    assert stages.on == classes.on == stages.end == classes.end
    assert classes.end < first_of_month
    for model in (AbcRecord, StageRecord):
        assert session.scalar(select(func.count()).select_from(model)) == 1


@pytest.mark.parametrize("track", [ABC_TRACK, STAGE_TRACK], ids=["abc", "stages"])
def test_what_was_withdrawn_is_not_made_again_by_the_clock(app: Flask, session: Session, track: AnyTrack) -> None:
    buyer(session, "Один")
    vera = user_named(session, "vera")
    with app.test_request_context():
        classify_month(session)
        if track is STAGE_TRACK:  # the classes were given by the stages
            withdraw(session, ABC_TRACK, session.scalars(select(AbcRun.id)).one(), by=vera)
        number = session.scalars(select(track.run.id)).one()
        withdraw(session, track, number, by=vera)
        for _night in range(2):
            classify_month(session)
        assert session.scalars(select(track.run)).all() == []
        taken_back = select(Withdrawal).where(Withdrawal.kind == track.kind)
        assert session.scalars(taken_back).one().by_id == vera.id
        # The other classification, which nobody took back, stays; by hand the month may be classified all the same.
        assert len(session.scalars(select(StageRun)).all()) == (track is ABC_TRACK)
        month = months_from(clock.today().replace(day=1) - DAY, 1)
        classify_abc(session, month, today=clock.today())
        assert session.scalars(select(AbcRun)).one().on == month.last
