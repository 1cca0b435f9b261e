"""The draft of a classification in the browser, and by a worker."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ClassificationKind, JobKind, JobState
from app.extensions import db
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.models.classification_drafts import ClassificationDraft, DraftRow
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.services import jobs
from app.services.classification import drafts
from jobs import long_work, runtime
from tests.conftest import user_named
from tests.factories import buyer
from tests.views.classification.test_standing import ABC, STAGES, Login, text_of

EMPTY: dict[str, str] = {}


def begun(client: FlaskClient, kind: str = "abc", data: dict[str, str] = ABC) -> str:
    """The address of a new draft."""
    answer = client.post(f"/drafts/{kind}", data=data)
    assert answer.status_code == 302
    return str(answer.location)


def chosen(client: FlaskClient, draft: str, one: Counterparty, said: str) -> Any:
    return client.post(f"{draft}/correct", data={"buyer": one.id, "verdict": said})


def test_a_draft_begins_with_what_was_asked_and_is_found_again(
    login: Login,
    session: Session,
    company: list[Counterparty],
) -> None:
    client = login("vera")
    draft = begun(client)
    page = text_of(client.get(draft))
    assert [page.index(name) for name in ("Первый", "Второй", "Третий")] == sorted(
        page.index(name) for name in ("Первый", "Второй", "Третий")
    )
    assert 'value="80"' in page
    assert draft in text_of(client.get("/classification/"))
    assert draft not in text_of(client.get("/classification/stages"))
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 1  # the one before


def test_a_row_is_corrected_and_the_totals_follow(
    login: Login,
    session: Session,
    company: list[Counterparty],
) -> None:
    client = login("vera")
    draft = begun(client)
    answer = chosen(client, draft, company[2], "A").get_json()
    assert (answer["corrected"], answer["way"]) == (True, 1)
    assert re.search(r"A: <b>2</b>", answer["totals"])
    session.execute(update(DraftRow).where(DraftRow.counterparty_id == company[1].id).values(rule=""))
    assert "Без класса: <b>1</b>" in text_of(client.get(draft))
    assert 'class="chosen"' in text_of(client.get(draft, query_string={"only": "chosen"}))
    assert "Первый" not in text_of(client.get(draft, query_string={"only": "chosen"}))
    assert "Третий" in text_of(client.get(draft, query_string={"verdict": "A", "q": "третий"}))
    assert "Второй" not in text_of(client.get(draft, query_string={"verdict": "A"}))
    assert client.post(f"{draft}/post", data={"comment": "решили так"}).status_code == 302
    run = session.scalars(select(AbcRun).order_by(AbcRun.id.desc())).first()
    assert run
    record = select(AbcRecord.abc, AbcRecord.rule).where(AbcRecord.run == run, AbcRecord.counterparty == company[2])
    assert session.execute(record).one() == ("A", "C")
    assert client.get(draft).status_code == 404
    assert "решили так" in text_of(client.get("/classification/"))
    assert "решили так" in text_of(client.get(f"/standing/{company[2].id}"))


def test_a_draft_of_stages_is_corrected_and_posted(
    login: Login,
    session: Session,
    company: list[Counterparty],
) -> None:
    client = login("vera")
    draft = begun(client, "stages", STAGES)
    page = text_of(client.get(draft, query_string={"verdict": "one_time"}))
    assert "Первый" in page
    assert chosen(client, draft, company[0], "regular Z").get_json()["way"] == 1
    assert chosen(client, draft, company[1], "left_out").get_json()["corrected"]
    client.post(f"{draft}/post", data=EMPTY)
    run = session.scalars(select(StageRun).order_by(StageRun.id.desc())).first()
    assert run
    written = select(StageRecord.counterparty_id, StageRecord.stage, StageRecord.xyz).where(StageRecord.run == run)
    found = {number: (stage, xyz) for number, stage, xyz in session.execute(written)}
    assert found[company[0].id] == ("regular", "Z")
    assert company[1].id not in found


def test_other_thresholds_keep_the_figures_and_take_corrections_back(
    login: Login,
    session: Session,
    company: list[Counterparty],
) -> None:
    client = login("vera")
    draft = begun(client)
    chosen(client, draft, company[0], "C")
    assert client.post(f"{draft}/redistribute", data=ABC | {"share_a": "70", "share_b": "20", "share_c": "10"}).location
    session.expire_all()
    assert session.scalars(select(DraftRow.verdict).order_by(DraftRow.value.desc())).all() == [
        "A",
        "B",
        "C",
    ]
    again = text_of(client.post(f"{draft}/redistribute", data=ABC | {"share_a": "71.5"}), 400)
    assert "ровно 100" in again.partition('id="share_c-error"')[2].partition("</small>")[0]
    assert 'name="share_a" value="71,5"' in again
    filters = re.findall(r'<form class="filters[^>]* action="([^"]*)"', again)
    assert filters == [draft]  # its own address takes no GET


def test_a_draft_is_deleted(login: Login, session: Session, company: list[Counterparty]) -> None:
    client = login("vera")
    draft = begun(client)
    rows = session.scalar(select(func.count()).select_from(DraftRow))
    assert client.get(f"{draft}/drop").status_code == 405
    told = text_of(client.post(f"{draft}/drop", follow_redirects=True))
    assert session.scalar(select(func.count()).select_from(DraftRow)) == 0
    assert client.get(draft).status_code == 404
    undo = re.search(r"/journal/undo/\d+", told)
    assert undo
    client.post(undo[0])
    assert session.scalar(select(func.count()).select_from(DraftRow)) == rows
    assert client.get(draft).status_code == 200


@pytest.mark.parametrize("data", [{"buyer": "x", "verdict": "A"}, {"buyer": "0", "verdict": "A"}, {"verdict": "A"}])
def test_nonsense_is_refused_in_a_sentence(
    login: Login,
    company: list[Counterparty],
    data: dict[str, str],
) -> None:
    client = login("vera")
    draft = begun(client)
    answer = client.post(f"{draft}/correct", data=data)
    assert answer.status_code == 409
    assert answer.get_json()["message"]
    assert chosen(client, draft, company[0], "Ю").status_code == 409
    assert client.get("/drafts/0").status_code == 404


def test_wrong_thresholds_lead_back_to_the_form_with_what_was_typed(
    login: Login,
    company: list[Counterparty],
) -> None:
    client = login("vera")
    answer = client.post("/drafts/abc", data=ABC | {"share_a": "15", "endpoint": "x"}, follow_redirects=True)
    page = text_of(answer)
    assert "alert-danger" in page
    assert 'value="15"' in page


@pytest.mark.parametrize("name", ["anna", "maria", "pavel"])
def test_only_directors_prepare_classifications(
    login: Login,
    session: Session,
    company: list[Counterparty],
    name: str,
) -> None:
    draft = begun(login("vera"))
    client = login(name)
    assert client.get(draft).status_code == 403
    for verb in ("correct", "redistribute", "post", "drop"):
        client.post(f"{draft}/{verb}", data={"buyer": company[0].id, "verdict": "C"})
    client.post("/drafts/abc", data=ABC)
    assert session.scalar(select(func.count()).select_from(ClassificationDraft)) == 1
    assert session.scalars(select(DraftRow.chosen).where(DraftRow.chosen.is_not(None))).all() == []


def test_the_page_of_a_draft_costs_the_same_few_statements(
    login: Login,
    session: Session,
    company: list[Counterparty],
    sql: list[str],
) -> None:
    for number in range(70):
        buyer(session, f"Ещё {number}", manager=user_named(session, "anna"))
    session.commit()
    client = login("vera")
    draft = begun(client)
    sql.clear()
    page = text_of(client.get(draft))
    assert page.count("data-buyer") == 50
    assert len(sql) <= 6, sql
    assert text_of(client.get(draft, query_string={"page": "1"})).count("data-buyer") == 23


def test_a_worker_fills_redistributes_and_posts(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "app", lambda: committed)
    with committed.app_context():
        session, day = db.session(), clock.today()
        vera = user_named(session, "vera")
        buyer(session, "Первый")
        period = drafts.classification.next_abc_period(session, day)
        number = drafts.draft_classes(session, period, drafts.Shares(70, 20, 10), today=day, by=vera).id
        limits = drafts.Shares(60, 20, 20)
        asked: list[tuple[JobKind, Any]] = [
            (JobKind.FILL_DRAFT, drafts.FillDraft(number)),
            (JobKind.REDISTRIBUTE_DRAFT, drafts.RedistributeDraft(number, ClassificationKind.ABC, limits)),
            (JobKind.POST_DRAFT, drafts.PostDraft(number, "ночью")),
            (JobKind.POST_DRAFT, drafts.PostDraft(number, "ещё раз")),
        ]
        for kind, params in asked:
            jobs.enqueue(session, kind, user_id=vera.id, params=params.to_params())
        session.commit()
        long_work.run()
        session.expire_all()
        states = session.scalars(select(Job.state).order_by(Job.id)).all()
        assert states == [JobState.DONE, JobState.DONE, JobState.DONE, JobState.FAILED]
        run = session.scalars(select(AbcRun)).one()
        assert (run.comment, run.share_a, run.by_id) == ("ночью", 60, vera.id)
        assert session.scalars(select(AbcRecord.abc)).all() == ["C"]
        assert ClassificationKind.ABC not in session.scalars(select(ClassificationDraft.kind)).all()
