"""Statements over many clients take them in one order, however the rows lie: two of them never wait in a ring."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.extensions import db
from app.models.supply import SupplierOrder
from app.services.purchasing import supply
from tests.clients import Clients
from tests.waiting import PATIENCE, until

SALE = (
    "INSERT INTO {0} (number, date, counterparty_id, amount) SELECT 'К' || id, '2026-03-05', id, 10 FROM counterparty"
)
TALKS = (
    "INSERT INTO contact (counterparty_id, state, starts_at, ends_at) "
    "SELECT id, 'planned', '2026-03-05', '2026-03-05' FROM counterparty"
)
MOVES = "INSERT INTO {0} (counterparty_id, on_date, {1}_id) SELECT id, current_date, :other FROM counterparty"
# Statement by statement: the one after a committed one finds its rows.
STATEMENTS = {
    **{
        f"{what} of {table}s": ("client_figure", sql.format(table))
        for table in ("shipment", "payment")
        for what, sql in (("insert", SALE), ("update", "UPDATE {0} SET amount = 20"), ("delete", "DELETE FROM {0}"))
    },
    "insert of contacts": ("client_figure", TALKS),
    "update of contacts": ("client_figure", "UPDATE contact SET starts_at = '2026-03-04'"),
    "delete of contacts": ("client_figure", "DELETE FROM contact"),
    "history of managers": ("counterparty", MOVES.format("manager_record", "manager")),
}

# Of this base: whoever waits in it holds something of it.
WAITING = text("""
    SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()))""")


def lock(table: str, key: str, comparison: str) -> str:
    return f"SELECT 1 FROM {table} WHERE {key} {comparison} (SELECT min(id) FROM counterparty) FOR NO KEY UPDATE"


def lie_backwards(connection: Connection) -> None:
    """The first of the clients lies last in both tables."""
    for table, key in (("client_figure", "counterparty_id"), ("counterparty", "id")):
        connection.execute(text(f"UPDATE {table} SET {key} = {key} WHERE {key} = (SELECT min(id) FROM counterparty)"))


def test_rows_of_many_clients_are_taken_in_the_order_of_their_numbers(committed: Flask) -> None:
    with committed.app_context():
        clients = Clients(db.session())
        for n in range(5):
            clients.company(f"Фирма {n}", manager=None)
        other = clients.user("boris").id
        db.session.commit()
        engine = db.engine
    for name, (table, sql) in STATEMENTS.items():
        key = "id" if table == "counterparty" else "counterparty_id"
        with engine.begin() as connection:
            lie_backwards(connection)
        done: list[str] = []

        def write(sql: str = sql, done: list[str] = done) -> None:
            with engine.begin() as connection:
                connection.execute(text(sql), {"other": other} if ":other" in sql else {})
            done.append(sql)

        with engine.connect() as first, engine.connect() as rest:
            first.execute(text(lock(table, key, "=")))
            writer = threading.Thread(target=write)
            writer.start()
            while not rest.scalar(WAITING):
                assert writer.is_alive(), f"{name} did not come to the first client"
            try:
                assert len(rest.execute(text(f"{lock(table, key, '>')} SKIP LOCKED")).all()) == 4, name
            finally:
                first.rollback()
                rest.rollback()
                writer.join(PATIENCE)
        assert done, name


def test_who_posts_by_an_order_to_a_supplier_waits_for_nobody_who_only_names_it(committed: Flask) -> None:
    """He is about to lock it himself: each would wait for the other."""
    with committed.app_context():
        supplier = Clients(db.session()).company("Завод", manager=None, is_supplier=True)
        order = SupplierOrder(number="1", date=date(2026, 3, 5), counterparty_id=supplier.id)
        db.session.add(order)
        db.session.commit()
        order_id, engine = order.id, db.engine
    paid = "INSERT INTO supplier_payment (number, date, counterparty_id, amount, order_id) "
    paid += "SELECT '1', date, counterparty_id, 10, id FROM supplier_order"
    with engine.connect() as one, Session(engine) as two:
        one.execute(text(paid))
        two.execute(text("SET LOCAL lock_timeout = '100ms'"))
        supply.lock(two, [order_id])


def planned(day: str) -> str:
    return TALKS.replace("2026-03-05", day)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("DELETE FROM contact", planned("2026-03-09")),
        (planned("2026-03-09"), "DELETE FROM contact"),
        (planned("2026-03-01"), "UPDATE contact SET state = 'done'"),
        ("UPDATE contact SET state = 'done'", planned("2026-03-09")),
    ],
)
def test_two_who_write_contacts_of_one_client_at_once_leave_him_right(committed: Flask, first: str, then: str) -> None:
    """What one of them writes last is not what the other has looked for before."""
    with committed.app_context():
        Clients(db.session()).company("Ромашка")
        db.session.execute(text(TALKS))
        db.session.commit()
        engine = db.engine

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(text(then))

    with engine.connect() as one, engine.connect() as rest:
        one.execute(text(first))
        other = threading.Thread(target=write)
        other.start()
        until(lambda: rest.scalar(WAITING) or not other.is_alive(), "the other waits")
        one.commit()
        other.join(PATIENCE)
        kept = rest.execute(text("SELECT last_contact_at::text, next_contact_at::text FROM client_figure")).one()
        found = "SELECT coalesce(max(starts_at) FILTER (WHERE state = 'done'), '-infinity')::text, "
        found += "coalesce(min(starts_at) FILTER (WHERE state = 'planned'), 'infinity')::text FROM contact"
        assert kept == rest.execute(text(found)).one()
