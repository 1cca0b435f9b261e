"""Whatever is written of classes and stages, by whatever way, lists are filtered by what counts today."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.abc import Shares
from app.domain.periods import DAY, months_from
from app.domain.stages import STANDINGS, Parameters
from app.domain.words import AbcClass
from app.errors import Refused
from app.extensions import db
from app.models.classes import AbcRecord, Hold, StageRecord
from app.models.counterparties import Counterparty
from app.models.figures import ClientFigure
from app.models.journal import Act
from app.queries.classification.classes import abc_on
from app.queries.classification.stages import stage_on
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK
from app.services import undoing
from app.services.classification import drafts, holds, runs
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from app.services.classification.standing import stand_on
from app.services.classification.withdrawing import withdraw
from app.services.counterparties import merging
from jobs.classification import stand_anew
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import shipped

pytestmark = pytest.mark.slow
CLIENTS = 7
STEPS = 70


@pytest.fixture
def today(app: Flask) -> Iterator[date]:
    with app.test_request_context():
        yield clock.today()


def check(session: Session, day: date) -> None:
    """What is kept is what the history says."""
    session.flush()
    session.expire_all()
    one = ClientFigure.counterparty_id
    told = select(one, abc_on(day, one), stage_on(day, one)).order_by(one)
    kept = select(one, ClientFigure.abc, ClientFigure.stage).order_by(one)
    assert session.execute(kept).all() == session.execute(told).all()


def trade(session: Session, today: date, dice: random.Random) -> list[Counterparty]:
    found = [buyer(session, f"Фирма {n}") for n in range(CLIENTS)]
    for company in found:
        for days in dice.sample(range(40, 400), dice.randrange(1, 9)):
            shipped(session, company, dice.randrange(1, 1000), today - days * DAY)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_walk_of_runs_holds_drafts_and_merges(session: Session, today: date, seed: int) -> None:
    dice, vera = random.Random(seed), user_named(session, "vera")
    companies = trade(session, today, dice)

    def run(back: int) -> None:
        month = months_from((today.replace(day=1) - back * 30 * DAY).replace(day=1), 1)
        classify_stages(session, Parameters(month.last, count=3), today=today)
        classify_abc(session, month, today=today, shares=Shares(*dice.choice([(70, 20, 10), (10, 20, 70)])))

    def hold(who: Counterparty) -> None:
        said: dict[str, Any] = {
            "until": today + dice.randrange(5) * DAY,
            "reason": "Важный",
            "by": vera,
            "today": today,
        }
        if dice.randrange(2):
            holds.hold_class(session, who, dice.choice([*AbcClass]), **said)
        else:
            holds.hold_stage(session, who, dice.choice([each for each in STANDINGS if each.stage]), **said)

    def release() -> None:
        held = session.scalars(select(Hold).where(Hold.on <= today, Hold.until >= today).limit(1)).first()
        if held:
            holds.release(session, held, today=today)

    def take_back() -> None:
        track: Any = dice.choice([ABC_TRACK, STAGE_TRACK])
        last = runs.last_run(session, track)
        if last:
            withdraw(session, track, last.id)

    def post() -> None:
        month = months_from((today.replace(day=1) - DAY).replace(day=1), 1)
        draft = drafts.draft_classes(
            session, month, Shares(Decimal(70), Decimal(20), Decimal(10)), today=today, by=vera
        )
        drafts.fill(session, draft)
        drafts.post(session, draft.id, by=vera)

    for _step in range(STEPS):
        who = dice.choice(companies)
        try:
            match dice.randrange(9):
                case 0 | 1:
                    run(dice.randrange(4))
                case 2 | 3:
                    hold(who)
                case 4:
                    release()
                case 5:
                    take_back()
                case 6:
                    post()
                case 7 if len(companies) > 3:
                    companies.remove(who)
                    session.flush()
                    merging.merge(session, Counterparty, companies[0].id, [who.id], {}, today=today)
                case 8:  # of whoever asks for a day ahead
                    session.add(
                        AbcRecord(
                            counterparty=who,
                            on=today + dice.randrange(1, 4) * DAY,
                            abc=dice.choice([*AbcClass]),
                            value=0,
                        )
                    )
        except Refused:
            pass
        check(session, today)
    assert session.scalar(select(ClientFigure.abc_until).where(ClientFigure.abc_until.is_not(None)).limit(1))
    for days in range(1, 8):
        stand_on(session, today + days * DAY)
        check(session, today + days * DAY)


def test_it_follows_statements_over_many_rows(session: Session, today: date) -> None:
    companies = trade(session, today, random.Random(5))
    month = months_from((today.replace(day=1) - DAY).replace(day=1), 1)
    classify_stages(session, Parameters(month.last, count=3), today=today)
    classify_abc(session, month, today=today)
    check(session, today)
    session.execute(update(AbcRecord).values(abc="B"))
    session.execute(update(StageRecord).values(stage="lost", xyz=None))
    check(session, today)
    session.execute(delete(AbcRecord).where(AbcRecord.counterparty_id.in_([each.id for each in companies[:3]])))
    session.execute(update(StageRecord).values(on=today + DAY))
    check(session, today)


def test_the_clock_ends_a_hold_of_a_stopped_product(session: Session, today: date) -> None:
    """It was held until a day on which nothing ran."""
    who = buyer(session, "Один")
    session.add(AbcRecord(counterparty=who, on=today - 9 * DAY, abc="A", computed="C", held_until=today + DAY, value=0))
    session.flush()
    session.execute(text("UPDATE client_figure SET abc_until = :day WHERE abc = 'A'"), {"day": today - DAY})
    session.execute(text("ALTER TABLE abc_record DISABLE TRIGGER client_abc_after_update"))
    session.execute(update(AbcRecord).values(held_until=today - DAY))
    assert session.scalar(select(ClientFigure.abc).where(ClientFigure.counterparty_id == who.id)) == "A"
    stand_anew(session)
    check(session, today)


def test_it_holds_after_an_undo(committed: Flask) -> None:
    with committed.test_request_context(), Session(db.engine) as session:
        today, vera = clock.today(), user_named(session, "vera")
        who = buyer(session, "Один")
        session.commit()
        holds.hold_class(session, who, AbcClass.A, until=today, reason="Важный", by=vera, today=today)
        session.commit()
        assert session.scalar(select(ClientFigure.abc).where(ClientFigure.counterparty_id == who.id)) == "A"
        undoing.undo(session, session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one())
        session.commit()
        assert session.scalar(select(ClientFigure.abc).where(ClientFigure.counterparty_id == who.id)) is None
        check(session, today)
