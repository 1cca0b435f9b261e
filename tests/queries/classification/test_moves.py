"""Where everybody stood on a day, all at once, is what every buyer's own history says."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.stages import Periodicity, Stage, StageMeasure, XyzClass
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.models.counterparties import Counterparty
from app.queries.classification.classes import abc_on
from app.queries.classification.history import run_before, standings
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK, AnyTrack
from tests.factories import buyer

pytestmark = pytest.mark.slow

FIRST = date(2026, 1, 1)
DAYS = 40


def random_history(session: Session, dice: random.Random) -> None:
    """Runs that leave some out, decisions by hand on their days and between them, in any order of writing."""
    buyers = [buyer(session, f"К{n}") for n in range(12)]
    for _ in range(12):
        day = FIRST + dice.randrange(DAYS) * DAY
        runs = make_runs(session, day) if dice.random() < 0.5 else (None, None)
        for one in buyers:
            if dice.random() < (0.8 if runs[0] else 0.2):
                until = day + dice.randrange(20) * DAY if dice.random() < 0.4 else None
                write(session, dice, one, day, until, runs)
        session.flush()


def make_runs(session: Session, day: date) -> tuple[AbcRun, StageRun]:
    days: dict[str, Any] = {"on": day, "start": day, "end": day}
    shares = {"share_a": Decimal(70), "share_b": Decimal(20), "share_c": Decimal(10)}
    limits = {"one_time_from": 1, "one_time_to": 2, "x_to": 20, "y_to": 50, "z_to": 1000}
    how = {"periodicity": Periodicity.MONTH, "count": 6, "measure": StageMeasure.REVENUE}
    runs = AbcRun(measure=Measure.REVENUE, **shares, **days), StageRun(**how, **limits, **days)
    session.add_all(runs)
    session.flush()
    return runs


def write(
    session: Session, dice: random.Random, one: Counterparty, day: date, until: date | None, runs: tuple[Any, Any]
) -> None:
    def stage() -> tuple[Stage, XyzClass | None]:
        found = dice.choice([*Stage])
        return found, dice.choice([*XyzClass]) if found is Stage.REGULAR else None

    common: dict[str, Any] = {"counterparty": one, "on": day, "held_until": until}
    (now, xyz), (said, said_xyz) = stage(), stage()
    held = {"computed_stage": said, "computed_xyz": said_xyz} if until else {}
    abc = [*AbcClass, None]
    computed = dice.choice(abc) if until else None
    session.add(AbcRecord(run=runs[0], abc=dice.choice(abc), computed=computed, value=0, **common))
    session.add(StageRecord(run=runs[1], stage=now, xyz=xyz, **held, **common))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 5))])
def test_all_at_once_and_one_by_one_say_the_same(session: Session, seed: int) -> None:
    dice = random.Random(seed)
    random_history(session, dice)
    one = Counterparty.id
    for shift in range(-1, DAYS + 25, 3):
        day = FIRST + timedelta(days=shift)
        alone = select(one, abc_on(day, one), stage_on(day, one), xyz_on(day, one)).order_by(one)
        abc = seen(session, ABC_TRACK, day)
        stages = seen(session, STAGE_TRACK, day)
        found = [(a.id, a.abc, s.stage, s.xyz) for a, s in zip(abc, stages, strict=True)]
        assert found == session.execute(alone).all(), day


def seen(session: Session, track: AnyTrack, day: date) -> list[Row[Any]]:
    last = session.scalars(run_before(track, day + DAY)).first()
    return list(session.execute(standings(track, day, last).order_by(Counterparty.id)))
