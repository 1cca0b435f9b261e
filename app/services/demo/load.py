"""Fast ways into the base: COPY, and indexes and foreign keys that are built once, after the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.orm import Session

TABLES = (
    "counterparty",
    "contact_person",
    "contact_info",
    "item",
    "buyer_order",
    "buyer_order_line",
    "shipment",
    "shipment_line",
    "payment",
    "payment_allocation",
    "order_closing",
    "contact",
)
READ_MEANWHILE = ["ix_contact_counterparty_id_starts_at_id"]  # by the trigger that keeps when a client was talked to
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid::regclass::text = ANY(%s) AND indexrelid::regclass::text <> ALL(%s)
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = indexrelid AND c.contype IN ('p', 'u', 'x'))
    ORDER BY 1"""
FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s) ORDER BY 1, 2"""


def driver(session: Session) -> psycopg.Connection[Any]:
    """psycopg's own connection, in the session's transaction."""
    return cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)


def copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Stream the rows into the table; returns their number."""
    count = 0
    with driver(session).cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)
            count += 1
    return count


def run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


@contextmanager
def bare_tables(session: Session) -> Iterator[None]:
    """The tables lose indexes and foreign keys that nobody reads meanwhile and get them back, in one transaction."""
    connection = session.connection()
    raw = driver(session)
    indexes = raw.execute(INDEXES, [list(TABLES), READ_MEANWHILE]).fetchall()
    keys = raw.execute(FOREIGN_KEYS, [list(TABLES)]).fetchall()
    for setting, value in (("maintenance_work_mem", "512MB"), ("work_mem", "256MB"), ("temp_buffers", "128MB")):
        run(connection, f"SET LOCAL {setting} = '{value}'")
    for name, _ in indexes:
        run(connection, f"DROP INDEX {name}")
    for table, name, _ in keys:
        run(connection, f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for _, definition in indexes:
        run(connection, definition)
    for table, name, definition in keys:
        run(connection, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def go_on_after(session: Session, tables: Iterable[str] = TABLES) -> None:
    """New rows get the numbers after the loaded ones; the planner learns what the tables hold."""
    for table in tables:
        run(
            session.connection(),
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))",
        )
        run(session.connection(), f"ANALYZE {table}")
