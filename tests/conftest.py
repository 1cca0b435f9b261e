"""Real parts: PostgreSQL with the schema made by the migrations, Redis, and the cast of people.

`session` runs each test in a transaction that is rolled back; `committed` is for
what needs real commits or several connections: a database of its own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from unittest.mock import patch

import flask_migrate
import hypothesis
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, event, make_url, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash
from xdist.remote import Producer

from app import cli, clock, tracing
from app.extensions import db
from app.factory import create_app
from app.processes import gate
from app.services.access import permissions
from app.web.reports import snapshot
from config import ROOT, Settings
from tests import warm
from tests.bases import Bases
from tests.sharing import ByFolder

# Tests never assert a time. Their fixtures are of all examples: each makes rows of its own.
USELESS = (hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture)
hypothesis.settings.register_profile("vizavi", deadline=None, suppress_health_check=USELESS)
hypothesis.settings.load_profile("vizavi")

COMPILED = ROOT / "var" / "test" / "templates"
# What rights, roles and figures come from.
CODE = ("app", "reports", "config.py", "requirements.txt", "tests/conftest.py")
CHEAP = generate_password_hash("of nobody", method="pbkdf2:sha256:1")  # the look at a stranger's password takes as long
STATEMENTS = 5_000  # of all tests together; what a product is asked for again and again is far fewer
CAST = {  # username: (first name, last name, role)
    "admin": ("Админ", "Главный", "Admin"),
    "anna": ("Анна", "Петрова", "Sales manager"),
    "boris": ("Борис", "Ёлкин", "Sales manager"),
    "vera": ("Вера", "Орлова", "Commercial director"),
    "maria": ("Мария", "Зайцева", "Marketing specialist"),
    "pavel": ("Павел", "Снегов", "Purchasing specialist"),
}


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    return ByFolder(config, log)


@pytest.hookimpl(tryfirst=True)  # before `make quick` leaves the slow ones out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test with a base of its own is slow. Files with slow tests come first: who begins with the longest does not
    end with it alone.
    """
    for item in items:
        if "committed" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    gc.freeze()
    _first_example()


@hypothesis.settings(max_examples=1, database=None)
@hypothesis.given(hypothesis.strategies.none())
def _first_example(_nothing: None) -> None:
    """Before its first example of all, Hypothesis looks through all that is in the memory: there is little now."""


def pytest_sessionfinish() -> None:
    """What is left ends with the process: to look for garbage among it would take seconds."""
    gc.freeze()


def pytest_runtest_setup() -> None:
    """A request whose answer no test closed is over."""
    tracing.end(None)


@pytest.fixture(scope="session")
def bases() -> Iterator[Bases]:
    bases = Bases()
    yield bases
    bases.close()


@pytest.fixture(scope="session")
def redis_url(bases: Bases) -> str:
    """A real Redis, a database of this worker's own in it."""
    return bases.redis()


@pytest.fixture(scope="session")
def settings(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data_dir = tmp_path_factory.mktemp("data")
    return Settings.from_env({"CRM_DATA_DIR": str(data_dir), "CRM_REDIS_URL": redis_url, "CRM_DEMO": "0"})


def app_on(settings: Settings, address: str, **overrides: Any) -> Flask:
    """An application on that database, without what a test would have to wait for."""
    settings = replace(settings, database_url=address)
    engine = {**settings.flask()["SQLALCHEMY_ENGINE_OPTIONS"], "query_cache_size": STATEMENTS}
    app = create_app(
        settings,
        **{
            "TESTING": True,
            "WTF_CSRF_ENABLED": False,
            "AUTH_DB_FAKE_PASSWORD_HASH_CHECK": CHEAP,
            "SQLALCHEMY_ENGINE_OPTIONS": engine,
            **overrides,
        },
    )
    cli.migrates(app)
    COMPILED.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(COMPILED))
    return app


@contextmanager
def moved(app: Flask, address: str) -> Iterator[None]:
    """The application works on that database meanwhile; whatever is done to its settings is undone.

    Its engines stay, and with them the statements that they compiled: only where they connect is another.
    """
    kept = dict(app.config)
    app.config |= {"CRM": replace(kept["CRM"], database_url=address), "SQLALCHEMY_DATABASE_URI": address}
    engines, database = db._app_engines[app].values(), make_url(address).database

    def connect_there(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["dbname"] = database

    for engine in engines:
        engine.dispose()
        event.listen(engine, "do_connect", connect_there)
    try:
        yield
    finally:
        for session in [*db.session.registry.registry.values()]:
            session.close()  # of a context that outlives the database, too
        for engine in engines:
            event.remove(engine, "do_connect", connect_there)
            engine.dispose()
        app.config.clear()
        app.config.update(kept)


@pytest.fixture(scope="session")
def bare(bases: Bases, settings: Settings) -> Flask:
    """The application of this worker, before it has a base: it is to be `moved`."""
    return app_on(settings, bases.settings.database_url)


@pytest.fixture(scope="session")
def migrated(bases: Bases, bare: Flask) -> str:
    """The database to copy that has the schema in it, made by the migrations."""

    def migrate(address: str) -> None:
        with moved(bare, address), bare.app_context():
            flask_migrate.upgrade()

    return bases.once("migrated", migrate, by=("migrations", "app/models", "app/domain"))


@pytest.fixture(scope="session")
def furnished(bases: Bases, bare: Flask, migrated: str) -> str:
    """The database to copy that has the rights and the cast in it too."""

    def furnish(address: str) -> None:
        with moved(bare, address), bare.app_context():
            permissions.write(bare.appbuilder)  # type: ignore[attr-defined]
            sm = bare.appbuilder.sm  # type: ignore[attr-defined]
            for username, (first, last, role) in CAST.items():
                email = f"{username}@example.com"
                sm.add_user(username, first, last, email, sm.find_role(role), hashed_password="!")
            db.session.commit()

    return bases.once("furnished", furnish, of=migrated, by=CODE)


@pytest.fixture(scope="session")
def own_base(bases: Bases, furnished: str) -> Iterator[str]:
    """The database of this worker."""
    address = bases.new("app", of=furnished)
    yield address
    bases.let_go(address)


@pytest.fixture(scope="session")
def app(bare: Flask, own_base: str) -> Iterator[Flask]:
    with moved(bare, own_base):
        yield bare


@pytest.fixture(scope="module")
def tidied(bases: Bases, own_base: str) -> None:
    """Before the tests of a file: no autovacuum does it."""
    bases.tidy(own_base)


@contextmanager
def undone(app: Flask) -> Iterator[Session]:
    """Everything that is done meanwhile, by requests too, shares one connection; commits only release savepoints."""
    with app.app_context():
        engine = db.engine
    connection = engine.connect()
    outer = connection.begin()
    engines = db._app_engines[app]
    own_engines = dict(engines)
    engines.update(dict.fromkeys(engines, connection))
    db.session.session_factory.kw["join_transaction_mode"] = "create_savepoint"
    own = Session(connection, join_transaction_mode="create_savepoint")
    with patch.object(snapshot, "hurry"):  # a limit of one page would hold for all that is done after it
        yield own
    own.close()
    engines.update(own_engines)
    outer.rollback()
    connection.close()


@contextmanager
def undone_to(filled: Session) -> Iterator[Session]:
    """As `undone`, but what `filled` has committed stays: it is made once for all tests of a file."""
    connection = cast(Connection, filled.get_bind())
    connection.exec_driver_sql("SAVEPOINT filled")
    with Session(connection, join_transaction_mode="create_savepoint") as own:
        yield own
    # What was begun since may still be open, as an answer that nobody read to its end.
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT filled")


def filled_once(fill: Callable[[Session], Any]) -> tuple[Any, Any]:
    """The fixtures `filled` and `session` of a file whose tests all begin with what `fill` makes.

    `filled` is the session that it was made in and what `fill` gave, as numbers of rows; `session` is of a test.
    """

    @pytest.fixture(scope="module")
    def filled(app: Flask, tidied: None) -> Iterator[tuple[Session, Any]]:
        with undone(app) as session:
            with app.test_request_context():
                given = fill(session)
            session.commit()
            yield session, given

    @pytest.fixture
    def session(filled: tuple[Session, Any]) -> Iterator[Session]:
        with undone_to(filled[0]) as session:
            yield session

    return filled, session


@pytest.fixture
def session(app: Flask, tidied: None) -> Iterator[Session]:
    """A transaction of the test's own, that is never committed."""
    with undone(app) as session:
        yield session


@pytest.fixture
def committed(app: Flask, bases: Bases, furnished: str) -> Iterator[Flask]:
    """The application on a database of the test's own: for threads and real commits."""
    address = bases.new("committed", of=furnished)
    with moved(app, address):
        yield app
        if has_app_context():  # of the test's own context, which ends later
            db.session.remove()
    bases.let_go(address)


@pytest.fixture(scope="session")
def begun_warm() -> Iterator[Any]:
    with warm.readers() as begun:
        yield begun


@pytest.fixture(scope="module")
def warm_gate(begun_warm: Any) -> Iterator[None]:
    """Files of strangers are read by processes that need not load Python anew."""
    with patch.object(gate, "_begun", begun_warm):
        yield


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
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """The clock stands, and is moved on by so much: whoever tries again and again is quick on any machine."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def move(by: timedelta) -> None:
        now[0] += by

    return move


@pytest.fixture
def works_as() -> Iterator[Callable[[str], None]]:
    """The process is a web server, a worker or a command as long as the test lasts."""
    was = tracing.part()
    yield tracing.works_as
    tracing.works_as(was)


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
