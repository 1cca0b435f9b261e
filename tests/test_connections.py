"""A base that hangs, or whose machine has vanished, keeps nobody waiting."""

from __future__ import annotations

import os
import signal

import psycopg
import pytest
from flask import Flask
from sqlalchemy import literal, select, text
from sqlalchemy.exc import InvalidatePoolError, OperationalError

from app import connections
from app.extensions import db
from config import BASE_ANSWERS


def test_a_connection_on_which_the_base_says_nothing_is_given_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BASE_ANSWERS", 0.1)
    with app.app_context(), db.engine.connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        mine = connection.connection
        os.kill(number, signal.SIGSTOP)
        try:
            with pytest.raises(InvalidatePoolError):
                connections.named(mine.driver_connection, mine._connection_record, None)
        finally:
            os.kill(number, signal.SIGCONT)
        connection.invalidate()
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != number
        again = connection.connection
        connections.named(again.driver_connection, again._connection_record, None)
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_base_that_goes_away_after_it_has_been_asked_takes_no_answer_back(app: Flask) -> None:
    ended = text("SELECT pg_terminate_backend(:number, 5000)")
    with app.app_context():
        for _time in range(2):
            number = db.session.scalar(text("SELECT pg_backend_pid()"))
            with db.engine.connect() as other:
                assert other.scalar(ended, {"number": number})
            db.session.remove()
        assert db.session.scalar(text("SELECT pg_backend_pid()")) != number


@pytest.mark.parametrize("bind", [None, "reports"])
def test_every_engine_asks_whether_the_machine_of_the_base_is_still_there(app: Flask, bind: str | None) -> None:
    with app.app_context(), db.engines[bind].connect() as connection:
        asked = connection.connection.driver_connection.info.get_parameters()
    assert int(asked["connect_timeout"]) <= BASE_ANSWERS
    assert int(asked["tcp_user_timeout"]) == BASE_ANSWERS * 1000
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} <= set(asked)


def test_a_base_that_takes_connections_and_says_nothing_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_answer", lambda *_asked: None)
    with app.app_context(), pytest.raises(OperationalError), db.engine.connect():
        pass


def test_columns_of_a_statement_are_described_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    described, column_of = [], psycopg.Column
    monkeypatch.setattr(psycopg, "Column", lambda cursor, index: described.append(index) or column_of(cursor, index))
    asked = select(literal(1).label("first"), literal("a").label("second"))
    with app.app_context(), db.engine.connect() as connection:
        for _ in range(3):
            assert connection.execute(asked).one()._asdict() == {"first": 1, "second": "a"}
    assert described == [0, 1]


def test_columns_are_described_as_psycopg_does_it(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        assert cursor.description is None
        cursor.execute("SELECT 1 AS first, 2 AS second, 3 AS third")
        whole = [each.name for each in psycopg.Cursor.description.fget(cursor)]
        assert [each.name for each in cursor.description] == whole == ["first", "second", "third"]
        assert (len(cursor.description), cursor.description[-1].name) == (3, "third")
        assert [each.name for each in cursor.description[1:]] == whole[1:]
        cursor.execute("CREATE TEMPORARY TABLE nothing (id int)")
        assert cursor.description is None
