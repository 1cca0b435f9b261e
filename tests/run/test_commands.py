"""Commands about users and about the state of the product; what a balancer may ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from click.testing import Result
from flask import Flask, request
from flask_appbuilder.cli import fab
from flask_appbuilder.security.sqla.models import PermissionView, Role, assoc_permissionview_role
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from app import nudge, readiness
from app.cli import status
from app.extensions import db
from app.factory import create_app
from app.models.users import User
from app.services import backups, users
from app.services.mail import outbox
from app.web.reports import snapshot
from config import Settings


@pytest.fixture
def command(app: Flask, session: Session) -> Callable[..., Result]:
    """`command("users", "add", …)`."""

    def run(*arguments: str) -> Result:
        return app.test_cli_runner().invoke(args=arguments)

    return run


@pytest.fixture
def another(app: Flask) -> Iterator[Callable[..., Flask]]:
    """`another(redis_url=…)`: the application with other settings."""
    made = []

    def make(**changed: str) -> Flask:
        made.append(create_app(replace(app.config["CRM"], **changed), TESTING=True))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.engine.dispose()


def named(session: Session, username: str) -> User:
    session.expire_all()
    found = users.find(session, username)
    assert found is not None
    return found


def test_whoever_has_no_name_goes_by_his_login(command: Callable[..., Result], session: Session) -> None:
    assert command("users", "add", "keeper", "--role", "Sales manager").exit_code == 0
    assert named(session, "keeper").get_full_name() == "keeper"


def test_a_new_user_has_the_role_and_a_made_password_that_must_be_changed(
    command: Callable[..., Result], session: Session
) -> None:
    done = command("users", "add", "Olga", "--role", "Sales manager", "--first-name", "Ольга")
    assert done.exit_code == 0, done.output
    olga = named(session, "olga")
    password = done.stdout.removeprefix("Olga: ").strip()
    assert check_password_hash(olga.password, password)
    assert ([role.name for role in olga.roles], olga.profile.must_change_password) == (["Sales manager"], True)


def test_a_password_that_was_given_is_not_printed_and_stays(command: Callable[..., Result], session: Session) -> None:
    done = command("users", "add", "olga", "--role", "Sales manager", "--password", "long enough")
    assert done.stdout == "olga\n"
    assert named(session, "olga").profile.must_change_password is False


def test_another_password_ends_the_open_sessions(command: Callable[..., Result], session: Session) -> None:
    assert command("users", "password", "anna", "--password", "quite another").exit_code == 0
    before = named(session, "anna").profile.session_version
    assert command("users", "password", "ANNA", "--password", "one more time").exit_code == 0
    anna = named(session, "anna")
    assert check_password_hash(anna.password, "one more time")
    assert anna.profile.session_version == before + 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "anna", "--role", "Sales manager"),
        ("add", "ANNA", "--role", "Sales manager"),
        ("add", "olga", "--role", "Sales manager", "--email", "anna@example.com"),
        ("add", "olga", "--role", "Sales manager", "--email", "olga@"),
        ("add", "olga", "--role", "Sales manager", "--first-name", "x" * 65),
        ("add", "olga\udcff", "--role", "Sales manager"),
        ("add", "olga", "--role", "Nobody"),
        ("add", "olga", "--role", "Sales manager", "--password", "short"),
        ("add", " ", "--role", "Sales manager"),
        ("add", "olga"),
        ("add", "--role", "Sales manager"),
        ("add", "olga", "--role", "Sales manager", "--unknown", "option"),
        ("password", "nobody"),
        ("rename",),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    command: Callable[..., Result], session: Session, arguments: tuple[str, ...]
) -> None:
    before = session.scalar(select(func.count(User.id)))
    done = command("users", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert session.scalar(select(func.count(User.id))) == before


def test_roles_are_taken_from_a_file_of_roles_and_any_other_is_refused_in_a_line(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    file = tmp_path / "roles.json"

    def reads(section: str) -> dict[str, dict[str, str]]:
        return {"permission": {"name": "can_read"}, "view_menu": {"name": section}}

    def taken(told: object) -> int:
        file.write_text(json.dumps(told))
        done = app.test_cli_runner().invoke(fab, ["import-roles", "--path", str(file)])
        assert len(done.output.splitlines()) == bool(done.exit_code), done.output
        return done.exit_code

    before = session.scalar(select(func.count(Role.id)))
    for wrong in ({}, "", [], 7, ["x"], {"name": "x"}, [{"name": "New"}]):
        assert taken(wrong) == 1
    for permissions in ({}, "", [{"permission": {}}], [reads("x" * 251)]):
        assert taken([{"name": "New", "permissions": permissions}]) == 1
    for name in ("", "New\x00", "x" * 65):
        assert taken([{"name": name, "permissions": []}]) == 1
    assert app.test_cli_runner().invoke(fab, ["import-roles", "--path", str(tmp_path)]).exit_code == 1
    assert session.scalar(select(func.count(Role.id))) == before
    assert taken([{"name": "New", "permissions": [reads("Orders"), reads("x" * 250)]}]) == 0
    new = session.scalars(select(Role).where(Role.name == "New")).one()
    assert {pair.view_menu.name for pair in new.permissions} == {"Orders", "x" * 250}


def test_what_export_roles_has_written_is_taken_back(committed: Flask, tmp_path: Path) -> None:
    file, run = str(tmp_path / "roles.json"), committed.test_cli_runner()
    granted = assoc_permissionview_role
    of_roles = select(select(func.count(Role.id)).scalar_subquery(), func.count()).select_from(granted)
    few = select(Role.id).where(Role.name == "Purchasing specialist")
    with committed.app_context():
        db.session.execute(delete(granted).where(granted.c.role_id.not_in(few)))
        db.session.commit()
        before = db.session.execute(of_roles).one()
        assert run.invoke(fab, ["export-roles", "--path", file]).exit_code == 0
        db.session.execute(delete(granted))
        db.session.commit()
        assert run.invoke(fab, ["import-roles", "--path", file]).exit_code == 0
        assert db.session.execute(of_roles).one() == before


def test_a_login_is_as_long_as_the_base_keeps_it(command: Callable[..., Result], session: Session) -> None:
    assert command("users", "add", "o" * users.LONGEST, "--role", "Sales manager").exit_code == 0
    assert command("users", "add", "o" * (users.LONGEST + 1), "--role", "Sales manager").exit_code == 2


def test_a_base_that_lets_nobody_in_is_one_line(another: Callable[..., Flask]) -> None:
    shut = another(database_url="postgresql+psycopg://postgres@/none?host=/nowhere").test_cli_runner()
    for command in ("prepare", "report abc-buyers", "users add olga --role Admin"):
        done = shut.invoke(args=command.split())
        assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), command
        assert "CRM_DATABASE_URL" in done.stderr


def test_a_base_that_was_not_brought_back_to_the_end_is_not_begun_with(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "is_unfinished", lambda _connection: True)
    done = committed.test_cli_runner().invoke(args=["prepare"])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "`restore`" in done.stderr


@pytest.mark.parametrize("name", ["permissions", "prepare"])
def test_rights_of_a_new_screen_are_written_for_good(committed: Flask, name: str) -> None:
    right = select(func.count(PermissionView.id))
    with committed.app_context():
        whole = db.session.scalar(right)
        db.session.execute(delete(assoc_permissionview_role))
        db.session.execute(delete(PermissionView))
        db.session.commit()
    done = committed.test_cli_runner().invoke(args=[name])
    assert done.exit_code == 0, done.output
    with committed.app_context():
        assert db.session.scalar(right) == whole


def test_status_tells_what_is_wrong_by_its_exit_code(command: Callable[..., Result]) -> None:
    done = command("status")  # no worker runs on the Redis of the tests
    assert done.exit_code == 1
    told = ["postgresql", "redis", "jobs", "mail", "reminders", "clock", "backup", "disk", "queue", "queue", "workers"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == told


def test_status_calls_wrong_what_somebody_has_to_look_at(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(**changed: Any) -> set[str]:
        settings = replace(app.config["CRM"], data_dir=tmp_path, backup_dir=tmp_path, **changed)
        with app.app_context():
            return {name for name, _found, is_wrong in status._lines(settings, app.config["REDIS_URL"]) if is_wrong}

    assert wrong() == {"clock", "queue", "queue mail"}
    monkeypatch.setattr(readiness, "clock_acts", lambda _session: True)
    served = {name: readiness.Queued(0, 0, workers) for name, workers in ((nudge.QUEUE, 2), (nudge.MAIL, 0))}
    monkeypatch.setattr(readiness, "queues", lambda _url: served)
    assert wrong() == {"queue mail"}
    served[nudge.MAIL] = served[nudge.QUEUE]
    assert wrong() == set()
    monkeypatch.setattr(outbox, "oldest_due", lambda _session: timedelta(minutes=11))
    monkeypatch.setattr(backups, "newest", lambda _folder: datetime.now(UTC) - timedelta(hours=28))
    monkeypatch.setattr(status, "ROOM", 1 << 40)
    monkeypatch.setattr(snapshot, "read", lambda make: make(Session(info={})))
    assert wrong(reports_database_url="postgresql://copy") == {"mail", "backup", "disk", "reports"}


def test_probes_need_no_login_and_set_no_cookie(app: Flask, session: Session) -> None:
    for path in ("/healthz", "/readyz"):
        answer = app.test_client().get(path, headers={"Host": "10.0.0.7"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"redis_url": "unix:///nowhere.sock"}, "redis"),
        ({"database_url": "postgresql+psycopg://postgres@/none?host=/nowhere"}, "postgresql"),
    ],
)
def test_without_one_of_its_servers_it_lives_but_is_not_ready(
    another: Callable[..., Flask], changed: dict[str, str], part: str
) -> None:
    lame = another(**changed).test_client()
    answer = lame.get("/readyz")
    assert answer.status_code == 503
    assert [name for name, found in answer.json.items() if found == "does not answer"] == [part]  # type: ignore[union-attr]
    assert lame.get("/healthz").status_code == 200


def test_a_base_of_another_migration_is_not_ready(committed: Flask) -> None:
    with committed.app_context():
        flask_migrate.downgrade(revision="-1")
    answer = committed.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.json["postgresql"]  # type: ignore[index]


def settings_of(**environ: str) -> Settings:
    return Settings.from_env({"CRM_SECRET_KEY": "x", **environ})


@pytest.mark.parametrize(
    ("environ", "trusted", "proxied"),
    [
        ({}, True, False),
        ({"CRM_PUBLIC_URL": "https://crm.example.ru"}, True, True),
        ({"CRM_PUBLIC_URL": "http://crm.example.ru:8080", "CRM_HOST": "0.0.0.0"}, True, False),
        ({"CRM_HOST": "0.0.0.0"}, False, False),
    ],
)
def test_the_public_address_tells_which_hosts_are_trusted_and_whether_a_proxy_is(
    environ: dict[str, str], trusted: bool, proxied: bool
) -> None:
    settings = settings_of(**environ)
    assert (settings.trusted_hosts is not None, settings.behind_proxy) == (trusted, proxied)


def test_a_forged_host_is_refused_and_the_proxys_word_is_taken_only_behind_one(another: Callable[..., Flask]) -> None:
    assert another().test_client().get("/login/", headers={"Host": "evil.example"}).status_code == 400
    seen: list[Any] = []
    for copy in (another(), another(public_url="https://crm.example.ru")):
        copy.add_url_rule("/seen", view_func=lambda: str(seen.append(request.remote_addr)))
        copy.test_client().get("/seen", headers={"X-Forwarded-For": "203.0.113.9"})
    assert seen == ["127.0.0.1", "203.0.113.9"]
