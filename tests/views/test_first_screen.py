"""A report that is not there at once is made by a worker, and comes into the same page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock, nudge
from app.domain.words import JobKind, JobState
from app.models.counterparties import Counterparty
from app.models.jobs import Job, StoredFile
from app.services import jobs
from app.web.reports import first_screen
from app.web.reports.snapshot import AT_ONCE, TakesLong, read
from app.web.work import KINDS
from reports.kit.recorded import Recording
from tests.conftest import user_named
from tests.views.test_reports import MARCH, company, rows_of, text_of

Login = Callable[..., FlaskClient]
BY_MANAGER = MARCH + "&group=manager&detail=1"


def test_a_word_of_ours_comes_out_of_a_recording_as_the_word_that_it_was() -> None:
    recording = Recording()
    row = [JobState.DONE, "done", Decimal("1.50"), date(2026, 11, 29), None]
    recording.answers["asked"] = list("abcde"), [row]
    ((names, (again,)),) = Recording.read(recording.written()).answers.values()
    assert (names, again) == (list("abcde"), row)
    assert [type(value) for value in again] == [type(value) for value in row]


@pytest.fixture
def asked(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever a worker is asked for, of reports that are never there at once."""
    tasks: list[str] = []

    def slow(make: Any, *, within: float | None = None) -> Any:
        if within == AT_ONCE:
            raise TakesLong
        return read(make, within=within)

    monkeypatch.setattr(first_screen, "read", slow)
    monkeypatch.setattr(nudge, "soon", lambda task: tasks.append(task) or True)
    monkeypatch.setattr(first_screen, "BUSY", timedelta(hours=1))
    company(session)
    return tasks


def made(app: Flask, session: Session) -> Job:
    """What a worker does with the one job that waits."""
    job = session.scalars(select(Job).where(Job.state == JobState.QUEUED)).one()
    job.started_at = datetime.now(UTC)
    with app.app_context(), force_locale("ru"), Session(session.connection()) as own:
        run = jobs.Run(job.started_at, clock.today(), jobs.unwatched)
        outcome = KINDS[job.kind].handler(own, job, run)
    jobs.finish(session, job, outcome, now=run.now + timedelta(seconds=3))
    session.commit()
    return job


def test_the_frame_stands_at_once_and_the_report_comes_into_it(
    app: Flask, session: Session, login: Login, asked: list[str], sql: list[str]
) -> None:
    admin = login("admin")
    frame = text_of(admin.get(BY_MANAGER))
    job = session.scalars(select(Job)).one()
    assert f'data-making="/work/{job.id}/json"' in frame
    assert 'id="choices"' in frame
    assert asked == [jobs.TASK]
    assert f"/work/{job.id}/json" in text_of(admin.get(BY_MANAGER))
    assert len(asked) == 1  # nobody is asked twice
    made(app, session)
    sql.clear()
    page = admin.get(BY_MANAGER)
    assert len(rows_of(page)) == 2
    assert "Посчитано в" in text_of(page)
    assert not any("buyer_month" in statement or "shipment" in statement for statement in sql)
    assert asked == [jobs.TASK]


def test_files_are_made_of_what_the_screen_has(
    app: Flask, session: Session, login: Login, asked: list[str], sql: list[str]
) -> None:
    admin = login("admin")
    admin.get(BY_MANAGER)
    made(app, session)
    sql.clear()
    told = admin.get(BY_MANAGER.replace("/?", "/json?")).json
    assert len(told[0]["rows"]) == 2
    assert not any("shipment" in statement for statement in sql)
    admin.get(MARCH)
    made(app, session)
    every = admin.get(MARCH.replace("/?", "/json?")).json  # rows as a stream are not of the screen
    assert len(every[0]["rows"]) == 4


def test_what_was_made_is_of_its_reader_as_he_is(app: Flask, session: Session, login: Login, asked: list[str]) -> None:
    anna = login("anna")
    anna.get(MARCH)
    job = made(app, session)
    assert rows_of(anna.get(MARCH))[0][1].startswith("Ромашка")
    assert len(rows_of(anna.get(MARCH))) == 1
    assert "data-making" in text_of(login("vera").get(MARCH))
    session.execute(update(Job).where(Job.id == job.id).values(params=job.params | {"viewer": []}))
    assert "data-making" in text_of(anna.get(MARCH))  # her rows are others meanwhile


def test_what_was_made_for_an_additional_manager_is_not_for_one_who_is_that_no_more(
    app: Flask, session: Session, login: Login, asked: list[str]
) -> None:
    anna = login("anna")
    user = user_named(session, "anna")
    others = session.scalars(select(Counterparty).where(Counterparty.manager_id.is_distinct_from(user.id))).all()
    for client in others:
        client.additional_managers = [user]
    session.commit()
    anna.get(MARCH)
    made(app, session)
    assert len(rows_of(anna.get(MARCH))) > 1
    for client in others:
        client.additional_managers = []
    session.commit()
    assert "data-making" in text_of(anna.get(MARCH))
    made(app, session)
    assert len(rows_of(anna.get(MARCH))) == 1


def test_a_while_later_or_when_asked_it_is_made_anew(
    app: Flask, session: Session, login: Login, asked: list[str]
) -> None:
    admin = login("admin")
    admin.get(MARCH)
    first = made(app, session).id
    answer = admin.get(MARCH + "&anew=1")
    assert answer.status_code == 302
    assert "anew" not in answer.location
    assert session.scalar(select(func.count()).select_from(StoredFile)) == 0
    assert "data-making" in text_of(admin.get(MARCH))
    second = made(app, session)
    assert second.id != first
    session.execute(update(Job).values(finished_at=func.now() - first_screen.FRESH, started_at=None))
    assert "data-making" in text_of(admin.get(MARCH))
    assert len(asked) == 3


def test_without_a_broker_it_is_waited_for(
    session: Session, login: Login, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudge, "soon", lambda _task: False)
    assert len(rows_of(login("admin").get(MARCH))) == 4
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_where_no_worker_is_free_it_is_waited_for(session: Session, login: Login, asked: list[str]) -> None:
    admin = login("admin")
    admin.get(MARCH)
    session.execute(update(Job).values(created_at=func.now() - first_screen.BUSY))
    assert len(rows_of(admin.get(MARCH))) == 4
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_whoever_leaves_needs_it_no_more(session: Session, login: Login, asked: list[str], sql: list[str]) -> None:
    admin = login("admin")
    admin.get(MARCH)
    number = session.scalars(select(Job.id)).one()
    assert login("vera").post(f"/work/{number}/stop").status_code == 404
    sql.clear()
    assert admin.post(f"/work/{number}/stop").status_code == 204
    assert sum(statement.startswith("SELECT job.") for statement in sql) == 1
    assert admin.post(f"/work/{number}/stop").status_code == 204  # it is ended already
    assert session.scalar(select(func.count()).select_from(Job)) == 0
    other = jobs.enqueue(session, JobKind.WORKBOOK, user_id=None, params={})
    session.execute(update(Job).values(user_id=user_named(session, "admin").id))
    assert admin.post(f"/work/{other.id}/stop").status_code == 404  # what he wants to have goes on


def test_what_went_wrong_is_said(session: Session, login: Login, asked: list[str]) -> None:
    admin = login("admin")
    admin.get(MARCH)
    session.execute(update(Job).values(state=JobState.FAILED, error="Так нельзя.", finished_at=func.now()))
    page = text_of(admin.get(MARCH))
    assert "Так нельзя." in page
    assert "anew=1" in page
    assert len(asked) == 1
