"""Tells the base who writes and by which verb, for the journal and the histories that its triggers keep.

The author is the session's viewer, the verb is in `session.info["verb"]`: an edge sets both before anything is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.orm import Session, SessionTransaction

from app.domain.words import Road
from app.errors import DoneAlready
from app.models.visibility import viewer_of

WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE|COPY|MERGE)\b", re.IGNORECASE)
SESSION, SIGNED = "session that writes", "signed as"
ONCE = "once"  # in session.info
FILLING = "filling"  # the verb whose changes are nobody's: the schema, the demo company; the journal keeps silent
# Columns of a statement that reads, or of one of their own; a transaction that has signed goes on with its act.
SIGNED_AGAIN = (
    text("set_config('vizavi.user', :author, true)"),
    text("set_config('vizavi.verb', :verb, true)"),
    text("set_config('vizavi.once', :once, true)"),  # a savepoint that was rolled back may have taken it along
)
SIGNATURE: tuple[Any, ...] = (*SIGNED_AGAIN, text("set_config('vizavi.act', '', true)"))
SIGN, SIGN_AGAIN = (str(select(*columns).compile(dialect=psycopg.dialect())) for columns in (SIGNATURE, SIGNED_AGAIN))


def by(session: Session, road: Road, what: str = "") -> None:
    """From here on whatever the session writes comes by this road."""
    session.info["verb"] = f"{road}:{what}" if what else road.value


def once(session: Session, what: str | None) -> None:
    """The next commit does this, once: a change raises DoneAlready where another commit of the user did it."""
    session.info[ONCE] = what


def is_undone(session: Session) -> bool:
    """What is to be done once has not been committed here."""
    return session.info.get(ONCE) is not None


def sign(session: Session, reason: str = "") -> None:
    """Until the transaction ends, the journal names the viewer; `reason`: why planned days are moved.

    Every statement that changes rows signs by itself; a writer calls this that copies, or knows a reason.
    """
    connection = session.connection()
    connection.info[SESSION] = session
    _sign(connection, connection.exec_driver_sql)
    # Not by the session: it would write first, without the reason.
    connection.execute(select(func.set_config("vizavi.reason", reason, True)))


def flush_because(session: Session, reason: str) -> None:
    """Write what has changed, with the reason why planned days are moved."""
    sign(session, reason)
    session.flush()
    sign(session)


def signature(session: Session, user_id: int | None) -> dict[str, str]:
    """The values of SIGNATURE for what this user writes."""
    what = session.info.get(ONCE)
    return {
        "author": "" if user_id is None else str(user_id),
        "verb": session.info.get("verb", ""),
        "once": digest_of(user_id, what).hex() if what else "",
    }


def digest_of(user_id: int | None, what: str) -> bytes:
    """What is kept with an act that is done once: equal where one user does the same."""
    return sha256(f"{user_id}\0{what}".encode()).digest()


def has_signed(session: Session, values: dict[str, str]) -> None:
    """A statement has read SIGNATURE with these values; whoever writes otherwise signs again."""
    session.connection().info[SIGNED] = values


def _sign(connection: Connection, execute: Callable[[str, dict[str, str]], Any]) -> None:
    session = connection.info[SESSION]
    viewer = viewer_of(session)
    values = signature(session, viewer.user_id if viewer else None)
    if connection.info.get(SIGNED) != values:
        statement = SIGN_AGAIN if SIGNED in connection.info else SIGN
        connection.info[SIGNED] = values
        execute(statement, values)


@event.listens_for(Session, "after_begin")
def _begin(session: Session, transaction: SessionTransaction | None, connection: Connection) -> None:
    if session.join_transaction_mode == "rollback_only" and SESSION in connection.info:
        return  # it only reads in the transaction of another, who goes on writing
    if transaction is None or not transaction.nested:
        _end(connection)
        connection.info[SESSION] = session


@event.listens_for(Session, "before_flush")
def _take(session: Session, *_: Any) -> None:
    """Sessions of tests share one connection."""
    if session.connection().info.get(SESSION) is not session:
        _begin(session, session.get_transaction(), session.connection())


@lru_cache(maxsize=512)
def writes(statement: str) -> bool:
    """The statement may change rows; one that begins with WITH may do it in any part of it."""
    told = statement.lstrip()
    search = WRITING.search if told[:4].upper() == "WITH" else WRITING.match
    return search(told) is not None


@event.listens_for(Engine, "before_cursor_execute")
def _sign_what_writes(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    """The first statement of a transaction that writes is preceded by one that says whose it is."""
    if SESSION in connection.info and writes(statement):
        _sign(connection, cursor.execute)


@event.listens_for(Engine, "rollback_savepoint")
def _sign_again(connection: Connection, *_: Any) -> None:
    if not connection.invalidated and SIGNED in connection.info:
        connection.info[SIGNED] = None


@event.listens_for(Engine, "handle_error")
def _tell_done(context: ExceptionContext) -> None:
    diagnosis = getattr(context.original_exception, "diag", None)
    if diagnosis is not None and diagnosis.constraint_name == "uq_journal_act_once":
        raise DoneAlready from context.original_exception


@event.listens_for(Session, "after_commit")
def _done(session: Session) -> None:
    """What the same request writes after that is another act; a savepoint that is released commits nothing."""
    if not session.in_nested_transaction():
        session.info.pop(ONCE, None)


@event.listens_for(Engine, "commit")
@event.listens_for(Engine, "rollback")
def _end(connection: Connection) -> None:
    if not connection.invalidated:  # of a server that is gone nothing is left to be forgotten
        connection.info.pop(SESSION, None)
        connection.info.pop(SIGNED, None)
