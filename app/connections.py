"""Connections to PostgreSQL: each is tried before it is used, says for which request it works, and keeps chosen plans.

One on which the base says nothing for some seconds is given up, as one that is broken is: a base may hang, or its
machine vanish, and whoever asks for a page is told so instead of being kept waiting.

Planning a long statement costs the base more than finding a row by its key. One that is executed with the option
`keeps_plan` is planned a few times by each connection, then no more. Others of a page are planned each time: which plan
is good depends on their values, a word that is rare or common, a manager with few clients or many.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Any

import psycopg
from flask import Flask, has_request_context
from psycopg import _queries, pq
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from app import tracing
from app.extensions import db
from config import BASE_ANSWERS, REPORTS_BIND

BEGIN = b"BEGIN; "
# Bytes and parameters of a statement that psycopg reads but once; by itself it reads a card or a calendar each time.
LONGEST, MOST = 32_768, 1_000
UNDER_WAY = {pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR}


class Columns(Sequence[psycopg.Column]):
    """The columns of what a cursor has found, described when they are looked at."""

    def __init__(self, cursor: psycopg.Cursor[Any], many: int) -> None:
        self._cursor, self._many = cursor, many

    def __len__(self) -> int:
        return self._many

    def __getitem__(self, index: Any) -> Any:
        chosen = range(self._many)[index]
        return psycopg.Column(self._cursor, chosen) if isinstance(chosen, int) else [self[each] for each in chosen]


class Cursor(psycopg.Cursor[Any]):
    """SQLAlchemy reads the columns of a statement when it meets it first, and asks for them each time."""

    @property
    def description(self) -> Any:
        found = self.pgresult
        return Columns(self, found.nfields) if found and found.nfields else None


def made(connection: psycopg.Connection[Any], _record: ConnectionPoolEntry) -> None:
    """It bears the name of this process; that of a request is gone with its transaction."""
    connection.cursor_factory = Cursor
    connection.pgconn.exec_(_naming(connection, tracing.part()))


def begun(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: Any) -> None:
    """The transaction of a request begins with the round trip that names it; other work begins its own as it needs."""
    _tell(connection, record, BEGIN if has_request_context() else b"")


def named(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: Any) -> None:
    """For an engine whose transactions begin in a way of their own."""
    _tell(connection, record)


def _tell(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, first: bytes = b"") -> None:
    """One round trip tells the base the name, and tells us whether the base is there; else all are made anew.

    What does not answer to a new connection either, as a pooler before a base that is away, raises OperationalError.
    """
    try:
        # By libpq itself: every request does it, and a cursor would cost it as much as a small page's statement.
        told = _answer(connection.pgconn, first + _naming(connection, tracing.base_name()))
        if told is None or told.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(told.get_error_message() if told else "the base says nothing")
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if "answered" in record.info:
            raise InvalidatePoolError from error
        raise OperationalError(None, None, error) from error
    record.info["answered"] = True


def _naming(connection: psycopg.Connection[Any], name: str) -> bytes:
    return b"SET application_name = " + pq.Escaping(connection.pgconn).escape_literal(name.encode())


def _answer(base: pq.abc.PGconn, statements: bytes) -> pq.abc.PGresult | None:
    """To the last of the statements, or the first that fails; None where none comes in time."""
    base.send_query(statements)
    base.flush()
    answers, told = select.poll(), None
    answers.register(base.socket, select.POLLIN)
    while True:
        while base.is_busy():
            if not answers.poll(BASE_ANSWERS * 1000):
                return None
            base.consume_input()
        part = base.get_result()
        if part is None:
            return told
        told = part


def executed(cursor: psycopg.Cursor[Any], statement: str, parameters: Any, context: Any) -> bool:
    """Whether it is done here; work outside of requests is left to psycopg, which keeps what comes again and again."""
    keeps_plan = context is not None and "keeps_plan" in context.execution_options
    if isinstance(cursor, psycopg.ServerCursor) or not (keeps_plan or has_request_context()):
        return False
    cursor.execute(statement, parameters, prepare=keeps_plan)
    return True


def rolled_back(connection: psycopg.Connection[Any]) -> None:
    """As psycopg does it, which would forget what it has prepared too, at the end of each request that only reads.

    With a connection that is lost its work is gone too: a page that is made by then is answered, and whoever takes the
    connection next is given another.
    """
    base = connection.pgconn
    if base.transaction_status in UNDER_WAY:
        told = base.exec_(b"ROLLBACK")
        if told.status != pq.ExecStatus.COMMAND_OK and base.status != pq.ConnStatus.BAD:
            raise psycopg.OperationalError(told.get_error_message())
    elif base.status != pq.ConnStatus.BAD:
        connection.rollback()


def counted(*_: Any) -> None:
    if trace := tracing.current():
        trace.statements += 1


def init_app(app: Flask) -> None:
    _queries.MAX_CACHED_STATEMENT_LENGTH, _queries.MAX_CACHED_STATEMENT_PARAMS = LONGEST, MOST
    with app.app_context():
        for bind, engine in db.engines.items():
            event.listen(engine, "connect", made)
            event.listen(engine, "checkout", named if bind == REPORTS_BIND else begun)
            event.listen(engine, "before_cursor_execute", counted)
            event.listen(engine, "do_execute", executed)
            engine.dialect.do_rollback = rolled_back
