"""Where reports read: one moment of the base, and of a copy of it where the installation has one."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app
from psycopg.errors import QueryCanceled
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.extensions import db
from config import REPORTS_BIND

AT_ONCE = 0.7  # seconds of reading that a reader takes for nothing
PATIENCE = 5.0  # seconds of it that he waits for

# As READING of config.py says of the copy; here the transaction of the request's engine has begun already.
ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
# Now, where a copy has all that it was sent and is still being sent; else its last transaction, or where it began.
MOMENT = text("""
    SELECT coalesce(
        CASE WHEN pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver)
            THEN now() END,
        pg_last_xact_replay_timestamp(),
        (SELECT checkpoint_time FROM pg_control_checkpoint()))
""")

T = TypeVar("T")
log = logging.getLogger(__name__)


class TakesLong(Exception):  # noqa: N818 - as Refused
    """Reading took longer than a reader waits; a worker may take its time."""


def read(make: Callable[[Session], T], *, within: float | None = None) -> T:
    """What is made of a session that changes nothing and sees what the viewer of the current one sees, at one moment.

    Rows, totals and chart are read by several statements: what is posted between them is in none. What is written
    but not yet committed here is not seen. A copy that does not answer, or ceases to, is passed over: all is made
    anew of the main base, and the head of a report says so. TakesLong where it is not made within so many seconds.
    """
    if not current_app.config["CRM"].reports_database_url:
        return _read(db.engines[REPORTS_BIND], make, within)
    try:
        return _read(db.engines[REPORTS_BIND], make, within, is_copy=True)
    except OperationalError as problem:
        if is_cancelled(problem):
            raise
        log.warning("The copy of the base for reports does not answer; the main base is read")
    return _read(db.engine, make, within, copy_is_gone=True)


def _read(
    engine: Engine,
    make: Callable[[Session], T],
    within: float | None,
    *,
    is_copy: bool = False,
    copy_is_gone: bool = False,
) -> T:
    with Session(engine, info=db.session().info | {"copy_is_gone": copy_is_gone}) as session:
        if copy_is_gone:
            session.execute(ONE_MOMENT)
        if is_copy:
            session.info["as_of"] = session.scalar(MOMENT)
        if within is not None:
            hurry(session, within)
        try:
            return make(session)
        except OperationalError as problem:
            if within is not None and is_cancelled(problem):
                raise TakesLong from None
            raise


def hurry(session: Session, within: float) -> None:
    """From here on the base has so many seconds for all statements of the transaction together."""
    end = time.monotonic() + within

    def limit(_connection: Any, cursor: Any, *_: Any) -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise TakesLong
        cursor.connection.execute(f"SET LOCAL statement_timeout = {math.ceil(left * 1000)}")

    event.listen(session.connection(), "before_cursor_execute", limit)


def is_cancelled(problem: OperationalError) -> bool:
    return isinstance(problem.orig, QueryCanceled)
