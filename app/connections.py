"""Connections to PostgreSQL: each is tried before it is used, and says for which request it works."""

from __future__ import annotations

from typing import Any

import psycopg
from flask import Flask
from psycopg import pq
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from app import tracing
from app.extensions import db

NAME = b"SELECT set_config('application_name', $1, false)"


def named(connection: psycopg.Connection[Any], _record: Any, _proxy: Any) -> None:
    """One round trip tells the base the name, and tells us whether the base is there; else all are made anew."""
    try:
        # By libpq itself: every request does it, and a cursor would cost it as much as a small page's statement.
        told = connection.pgconn.exec_params(NAME, [tracing.base_name().encode()])
        if told.status != pq.ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(told.get_error_message())
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise InvalidatePoolError from error


def counted(*_: Any) -> None:
    if trace := tracing.current():
        trace.statements += 1


def init_app(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "checkout", named)
            event.listen(engine, "before_cursor_execute", counted)
