"""Work is done with the rights of the moment it is done, and its file is taken with those of that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group, PermissionView, Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import JobKind, JobState
from app.models.jobs import Job, StoredFile
from app.queries.rights import rights_of
from app.services import jobs
from app.web.work import KINDS
from jobs import long_work, runtime
from tests.conftest import user_named

Login = Callable[..., FlaskClient]
ROWS: dict[str, Any] = {"view": "CounterpartyView", "choice": {}, "ids": [], "hidden": []}
PARAMS: dict[str, dict[str, Any]] = {
    JobKind.IMPORT: {"kind": "items"},
    JobKind.WORKBOOK: {"slug": "abc-buyers"},
    JobKind.PAGE: {"slug": "abc-buyers", "args": {}, "locale": "ru"},
    JobKind.LIST_WORKBOOK: {**ROWS, "columns": ["name"]},
    JobKind.BULK_CHANGE: {**ROWS, "field": "group", "values": [""]},
    JobKind.EXPORT: {"kind": "items", "ending": "csv"},
    JobKind.CLASSES: {},
    JobKind.STAGES: {},
    JobKind.BANK: {"statement": 1},
    JobKind.BANK_FILE: {"name": "выписка.txt", "confirmed": False},
    JobKind.UNDO: {"act": 1},
    JobKind.FILL_DRAFT: {},
    JobKind.REDISTRIBUTE_DRAFT: {},
    JobKind.POST_DRAFT: {},
    JobKind.DUPLICATES: {},
    JobKind.ONE_C: {"subject": "catalog", "key": 1, "member": ""},
    JobKind.MAILING: {"mailing": 1, "site": "https://crm.example"},
}


@pytest.fixture(autouse=True)
def in_the_app(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def take_away(session: Session, user: User, right: tuple[str, str]) -> None:
    for role in session.scalars(select(Role).where(Role.user.any(User.id == user.id))):
        role.permissions = [each for each in role.permissions if named(each) != right]
    session.commit()


def named(right: PermissionView) -> tuple[str, str]:
    return right.permission.name, right.view_menu.name


def switch_off(session: Session, user: User) -> None:
    user.active = False
    session.commit()


def asked_by_the_boss(session: Session, kind: str) -> Job:
    """What he asked for while he had every right to."""
    boss = user_named(session, "admin")
    assert KINDS[kind].needs(PARAMS[kind]) <= rights_of(session, boss.id)
    job = jobs.enqueue(session, JobKind(kind), user_id=boss.id, params=PARAMS[kind])
    session.commit()
    return job


def work(app: Flask, session: Session, job: Job) -> None:
    with app.app_context():
        long_work.work(session, session.connection(), job.id)
    session.refresh(job)


@pytest.mark.parametrize("kind", KINDS)
def test_work_of_whoever_lost_a_right_or_his_account_is_refused_in_words(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(runtime, "app", lambda: app)
    monkeypatch.setitem(KINDS, kind, replace(KINDS[kind], handler=lambda *_: jobs.Outcome({"told": "done"})))
    boss = user_named(session, "admin")
    kept = list(boss.roles[0].permissions)
    needed = KINDS[kind].needs(PARAMS[kind])
    assert needed
    takings: list[Callable[[], None]] = [lambda right=right: take_away(session, boss, right) for right in needed]
    for take in (*takings, lambda: switch_off(session, boss)):
        job = asked_by_the_boss(session, kind)
        take()
        work(app, session, job)
        assert job.state is JobState.FAILED
        assert job.error == "Право на это действие отозвано: ничего не сделано."
        boss.roles[0].permissions = kept
        session.commit()
    boss.active = True
    session.commit()
    job = asked_by_the_boss(session, kind)
    work(app, session, job)
    assert (job.state, job.result) == (JobState.DONE, {"told": "done"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_finished_work_is_closed_to_whoever_lost_the_right(
    session: Session, login: Login, kind: str
) -> None:
    job, boss = asked_by_the_boss(session, kind), user_named(session, "admin")
    file = StoredFile(name="a.xlsx", size=1, content=b"a")
    jobs.finish(session, job, jobs.Outcome({"told": ""}, output=file), now=clock.now())
    session.commit()
    address = f"/work/{job.id}/file"
    assert login("admin").get(address).data == b"a"
    take_away(session, boss, min(KINDS[kind].needs(PARAMS[kind])))
    assert login("admin").get(address).status_code == 403


def test_rights_come_from_groups_too(session: Session) -> None:
    boss = user_named(session, "admin")
    before = rights_of(session, boss.id)
    with session.no_autoflush:
        boss.groups, boss.roles = [Group(name="Directors", roles=list(boss.roles))], []
    session.commit()
    assert rights_of(session, boss.id) == before != set()
    assert rights_of(session, None) == set()
