"""The draft of a classification: filled, corrected, classified anew, posted; nothing counts before."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.abc import AbcMoves, Shares
from app.domain.periods import DAY, Period
from app.domain.stages import Parameters, Stage, StageMeasure, Standing, Thresholds, XyzClass
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass
from app.errors import Refused
from app.extensions import db
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.counterparties import Counterparty
from app.queries.classification.drafts import table_of
from app.services.classification import drafts, stages
from app.services.classification.abc import classify_abc
from app.services.classification.drafts import LEFT_OUT, correct, fill, post, redistribute
from app.services.classification.holds import hold_class, hold_stage
from app.services.classification.stages import classify_stages
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import shipped
from tests.rules.abc import DEFAULT
from tests.services.classification.test_classification import FLAT, company

TODAY = date(2026, 11, 23)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
A, B, C = AbcClass


def drafted(session: Session, shares: Shares = DEFAULT) -> ClassificationDraft:
    draft = drafts.draft_classes(session, MARCH, shares, today=TODAY, by=user_named(session, "vera"))
    fill(session, draft)
    return draft


def drafted_stages(session: Session, parameters: Parameters) -> ClassificationDraft:
    draft = drafts.draft_stages(session, parameters, today=TODAY, by=user_named(session, "vera"))
    fill(session, draft)
    return draft


def rows(session: Session, draft: ClassificationDraft) -> dict[str, str]:
    query = select(Counterparty.name, DraftRow.verdict).join(DraftRow.counterparty)
    return dict(session.execute(query.where(DraftRow.draft_id == draft.id)).all())


def records(session: Session, run: Any) -> dict[str, tuple[Any, ...]]:
    """By name: what counts, what was before, the value, and what the rule gave where it was corrected."""
    if isinstance(run, AbcRun):
        query = select(Counterparty.name, AbcRecord.abc, AbcRecord.old, AbcRecord.value, AbcRecord.rule)
        found = session.execute(query.join(AbcRecord.counterparty).where(AbcRecord.run == run))
    else:
        columns = (StageRecord.stage, StageRecord.xyz, StageRecord.old_stage, StageRecord.value, StageRecord.rule)
        found = session.execute(
            select(Counterparty.name, *columns).join(StageRecord.counterparty).where(StageRecord.run == run)
        )
    return {name: tuple(rest) for name, *rest in found}


def test_a_draft_says_what_a_run_would_write_and_changes_nothing(session: Session) -> None:
    company(session)
    draft = drafted(session)
    assert rows(session, draft) == {
        "Первый": "A",
        "Второй": "A",
        "Третий": "B",
        "Четвёртый": "C",
        "Возврат": "C",
        "Шум": "C",
    }
    assert session.scalar(select(func.count()).select_from(AbcRecord)) == 0
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 0


def test_an_untouched_draft_posts_exactly_the_run(session: Session) -> None:
    first, *_ = company(session)
    classify_abc(session, Period(date(2026, 2, 1), date(2026, 2, 28)), today=TODAY)
    hold_class(session, first, C, until=TODAY, reason="бойкот", by=user_named(session, "vera"), today=MARCH.last - DAY)
    run = classify_abc(session, MARCH, today=TODAY)
    draft = drafts.draft_classes(session, MARCH, DEFAULT, today=TODAY, by=user_named(session, "vera"))
    assert fill(session, draft) == len(rows(session, draft))
    posted = post(session, draft.id, by=user_named(session, "vera"))
    assert records(session, posted) == records(session, run)
    assert (posted.moves, posted.on, posted.start, posted.end) == (run.moves, run.on, run.start, run.end)
    held = select(AbcRecord.abc, AbcRecord.computed, AbcRecord.hold_id).where(AbcRecord.counterparty_id == first.id)
    assert len(set(session.execute(held.where(AbcRecord.run_id.in_((run.id, posted.id)))))) == 1
    assert session.scalar(select(func.count()).select_from(DraftRow)) == 0  # the draft is gone


def test_what_is_corrected_is_written_with_what_the_rule_gave(session: Session) -> None:
    first, second, third, *_ = company(session)
    draft = drafted(session)
    correct(session, draft.id, third.id, "A")
    correct(session, draft.id, first.id, "B")
    correct(session, draft.id, first.id, "A")  # taken back
    correct(session, draft.id, second.id, LEFT_OUT)
    run = post(session, draft.id, by=user_named(session, "vera"), comment="важный договор")
    written = records(session, run)
    assert written["Первый"] == (A, None, 500, None)
    assert written["Третий"] == (A, None, 150, "B")
    assert "Второй" not in written
    assert run.comment == "важный договор"
    assert AbcMoves.from_json(run.moves).counts == {(None, A): 2, (None, C): 3}
    # a later run takes no notice of it
    assert records(session, classify_abc(session, MARCH, today=TODAY))["Третий"] == (B, None, 150, None)


def test_redistribution_takes_corrections_back_and_reads_no_sales(session: Session) -> None:
    first, second, third, *_ = company(session)
    draft = drafted(session)
    correct(session, draft.id, first.id, "C")
    correct(session, draft.id, second.id, LEFT_OUT)
    shipped(session, third, 100_000, date(2026, 3, 20))  # after the filling
    redistribute(session, draft.id, FLAT)
    assert rows(session, draft) == {
        "Первый": "A",
        "Второй": "C",
        "Третий": "C",
        "Четвёртый": "C",
        "Возврат": "C",
        "Шум": "C",
    }
    assert drafts.parameters_of(draft).limits == FLAT
    run = post(session, draft.id, by=None)
    assert isinstance(run, AbcRun)
    assert (run.share_a, run.share_c) == (20, 60)
    assert records(session, run)["Третий"] == (C, None, 150, None)


def test_redistribution_by_the_same_shares_changes_nothing_but_gives_the_lost_a_class(session: Session) -> None:
    first, *_ = company(session)
    classify_abc(session, Period(date(2026, 2, 1), date(2026, 2, 28)), today=TODAY)
    stage = StageRecord(counterparty_id=first.id, on=date(2026, 3, 1), stage=Stage.LOST, value=0)
    session.add(stage)
    session.flush()
    draft = drafted(session)
    before = rows(session, draft)
    assert before["Первый"] == ""
    redistribute(session, draft.id, DEFAULT)
    assert rows(session, draft) == before | {"Первый": "A"}


def months(session: Session, one: Counterparty, *amounts: int) -> None:
    """Sales of June, July, August …"""
    for month, amount in enumerate(amounts, 6):
        if amount:
            shipped(session, one, amount, date(2026, month, 10))


AUGUST = Parameters(date(2026, 8, 31), count=3)


def trade(session: Session) -> dict[str, Counterparty]:
    """X, Y, and one who bought twice."""
    bought = {"Ровный": (100, 110, 90), "Растёт": (100, 200, 300), "Редкий": (100, 0, 50)}
    buyers = {name: buyer(session, name) for name in bought}
    for name, amounts in bought.items():
        months(session, buyers[name], *amounts)
    return buyers


@pytest.mark.parametrize("measure", StageMeasure)
def test_an_untouched_draft_of_stages_posts_exactly_the_run(session: Session, measure: StageMeasure) -> None:
    buyers = trade(session)
    classify_stages(session, Parameters(date(2026, 7, 31), count=2), today=TODAY)
    hold_stage(
        session,
        buyers["Редкий"],
        Standing(Stage.REGULAR, XyzClass.X),
        until=TODAY,
        reason="договор",
        by=user_named(session, "vera"),
        today=date(2026, 8, 1),
    )
    parameters = Parameters(date(2026, 8, 31), count=3, measure=measure)
    run = classify_stages(session, parameters, today=TODAY)
    posted = post(session, drafted_stages(session, parameters).id, by=None)
    assert isinstance(posted, StageRun)
    assert posted.id != run.id
    assert records(session, posted) == records(session, run)
    assert posted.moves == run.moves
    assert stages.parameters_of(posted) == stages.parameters_of(run)


def test_a_corrected_stage_is_where_the_next_run_goes_on_from(session: Session) -> None:
    buyers = trade(session)
    draft = drafted_stages(session, AUGUST)
    assert rows(session, draft) == {"Ровный": "regular X", "Растёт": "regular Y", "Редкий": "one_time"}
    correct(session, draft.id, buyers["Редкий"].id, "regular Z")
    run = post(session, draft.id, by=None)
    assert records(session, run)["Редкий"] == (Stage.REGULAR, XyzClass.Z, None, 150, "one_time")
    later = classify_stages(session, Parameters(date(2026, 11, 30), count=3), today=TODAY)
    assert records(session, later)["Редкий"][:3] == (Stage.LOST, None, Stage.REGULAR)


def test_who_was_silent_for_too_long_stays_lost_whatever_the_thresholds(session: Session) -> None:
    once, again = buyer(session, "Однажды"), buyer(session, "Недавно")
    months(session, once, 100)
    months(session, again, 0, 100)
    classify_stages(session, Parameters(date(2026, 7, 31), count=2), today=TODAY)
    draft = drafted_stages(session, Parameters(date(2026, 10, 31), count=1, lost_after=4))
    silent = {"Однажды": "lost", "Недавно": "one_time"}
    assert rows(session, draft) == silent
    redistribute(session, draft.id, Thresholds(1, 1, Decimal(5), Decimal(10)))
    assert rows(session, draft) == silent


def test_thresholds_are_applied_anew_from_where_everybody_stood(session: Session) -> None:
    buyers = trade(session)
    draft = drafted_stages(session, AUGUST)
    correct(session, draft.id, buyers["Ровный"].id, "lost")
    redistribute(session, draft.id, Thresholds(1, 1, Decimal(5), Decimal(10)))
    assert rows(session, draft) == {"Ровный": "regular Y", "Растёт": "regular Z", "Редкий": "regular Z"}
    redistribute(session, draft.id, AUGUST.limits)
    run = post(session, draft.id, by=None)
    assert {name: found[:2] for name, found in records(session, run).items()} == {
        name: found[:2] for name, found in records(session, classify_stages(session, AUGUST, today=TODAY)).items()
    }


@pytest.mark.parametrize("said", ["D", "regular X", "", "one_time"])
def test_only_classes_may_be_chosen(session: Session, said: str) -> None:
    first, *_ = company(session)
    draft = drafted(session)
    with pytest.raises(Refused, match="Choose a class or a stage"):
        correct(session, draft.id, first.id, said)


def test_whoever_sees_only_his_own_corrects_only_his_own(session: Session) -> None:
    first, second, *_ = company(session)
    draft = drafted(session)
    anna = user_named(session, "anna")
    first.manager_id = anna.id
    session.flush()
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    correct(session, draft.id, first.id, "B")
    with pytest.raises(Refused, match="This buyer is not in the draft"):
        correct(session, draft.id, second.id, "B")
    shown = session.scalars(table_of(draft, ["A", "B", "C", ""])).all()
    del session.info["viewer"]
    assert [row.counterparty_id for row in shown] == [first.id]


def test_a_draft_is_posted_once_whoever_else_posts_it_at_the_same_moment(committed: Flask) -> None:
    with committed.app_context():
        company(db.session())
        number = drafted(db.session()).id
        db.session.commit()
    ready, outcomes = threading.Barrier(4), []

    def attempt() -> None:
        with committed.app_context():
            ready.wait(30)
            try:
                post(db.session(), number, by=None)
                db.session.commit()
                outcomes.append("posted")
            except Refused:
                outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["posted", "refused", "refused", "refused"]
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(AbcRun)) == 1
        assert db.session.scalar(select(func.count()).select_from(AbcRecord)) == 6
        assert db.session.scalar(select(func.count()).select_from(ClassificationDraft)) == 0


def test_a_draft_of_any_size_takes_the_same_few_statements(session: Session, sql: list[str]) -> None:
    company(session)
    sql.clear()
    draft = drafted(session)
    redistribute(session, draft.id, FLAT)
    post(session, draft.id, by=None)
    assert len(sql) <= 16, sql
