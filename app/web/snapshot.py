"""Where reports read: one moment of the base, and of a copy of it where the installation has one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from psycopg.errors import QueryCanceled
from sqlalchemy import text
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

log = logging.getLogger(__name__)


class TakesLong(Exception):  # noqa: N818 - as Refused
    """A statement took longer than a reader waits; a worker may take its time."""


@contextmanager
def reading(*, hurried: bool = False) -> Iterator[Session]:
    """A session that changes nothing and sees what the viewer of the current one sees, all of it at one moment.

    Rows, totals and chart are read by several statements: what is posted between
    them is in none. What is written but not yet committed here is not seen.
    TakesLong where a reader is waiting, and a statement takes longer than he does.
    """
    with opened() as session:
        if hurried and PATIENCE:
            session.execute(text(f"SET LOCAL statement_timeout = {PATIENCE:d}"))
        try:
            yield session
        except OperationalError as problem:
            if hurried and isinstance(problem.orig, QueryCanceled):
                raise TakesLong from None
            raise


def opened() -> Session:
    """A copy that does not answer is passed over: the main base is read, and the head of a report says so."""
    info = dict(db.session().info)
    session = Session(db.engines[REPORTS_BIND], info=info)
    if not current_app.config["CRM"].reports_database_url:
        return session
    try:
        session.info["as_of"] = session.scalar(MOMENT)
    except OperationalError:
        session.close()
        log.warning("The copy of the base for reports does not answer; the main base is read")
        return Session(db.engine.execution_options(**READING), info=info | {"copy_is_gone": True})
    return session
