"""Connections to PostgreSQL: each is tried before it is used, and says for which request it works."""

from __future__ import annotations

from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from app import tracing
from app.extensions import db

NAME = "SELECT set_config('application_name', %s, false)"


def named(connection: psycopg.Connection[Any], _record: Any, _proxy: Any) -> None:
    """One round trip tells the base the name, and tells us whether the base is there; else all are made anew."""
    try:
        connection.autocommit = True
        connection.execute(NAME, (tracing.base_name(),))
        connection.autocommit = False
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
