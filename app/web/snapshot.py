"""Where reports read: one moment of the base, and of a copy of it where the installation has one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.extensions import db
from config import REPORTS_BIND


@contextmanager
def reading() -> Iterator[Session]:
    """A session that changes nothing and sees what the viewer of the current one sees, all of it at one moment.

    Rows, totals and chart are read by several statements: what is posted between
    them is in none. What is written but not yet committed here is not seen.
    """
    with Session(db.engines[REPORTS_BIND], info=dict(db.session().info)) as session:
        if current_app.config["CRM"].reports_database_url:
            session.info["as_of"] = session.scalar(select(func.pg_last_xact_replay_timestamp()))
        yield session
