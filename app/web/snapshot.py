"""Where reports read: one moment of the base, and of a copy of it where the installation has one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from flask import current_app
from psycopg.errors import QueryCanceled
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.extensions import db
from config import READING, REPORTS_BIND

PATIENCE = 5_000  # milliseconds that a reader waits for one statement of a page

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
    """A statement took longer than a reader waits; a worker may take its time."""


def read(make: Callable[[Session], T], *, hurried: bool = False) -> T:
    """What is made of a session that changes nothing and sees what the viewer of the current one sees, at one moment.

    Rows, totals and chart are read by several statements: what is posted between them is in none. What is written
    but not yet committed here is not seen. A copy that does not answer, or ceases to, is passed over: all is made
    anew of the main base, and the head of a report says so. TakesLong where a reader is waiting, and a statement
    takes longer than he does.
    """
    if not current_app.config["CRM"].reports_database_url:
        return _read(db.engines[REPORTS_BIND], make, hurried)
    try:
        return _read(db.engines[REPORTS_BIND], make, hurried, is_copy=True)
    except OperationalError:
        log.warning("The copy of the base for reports does not answer; the main base is read")
    return _read(db.engine.execution_options(**READING), make, hurried, copy_is_gone=True)


def _read(
    engine: Engine, make: Callable[[Session], T], hurried: bool, *, is_copy: bool = False, copy_is_gone: bool = False
) -> T:
    with Session(engine, info=db.session().info | {"copy_is_gone": copy_is_gone}) as session:
        if is_copy:
            session.info["as_of"] = session.scalar(MOMENT)
        if hurried and PATIENCE:
            session.execute(text(f"SET LOCAL statement_timeout = {PATIENCE:d}"))
        try:
            return make(session)
        except OperationalError as problem:
            if hurried and isinstance(problem.orig, QueryCanceled):
                raise TakesLong from None
            raise
