"""What the journal costs: the same statements with it, and while it keeps silent."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg

from app.models.authorship import FILLING
from bench.work import LongWork

MANY = 100_000
ONE_SAVE = "UPDATE counterparty SET needs = needs || '.' WHERE id = (SELECT min(id) FROM counterparty)"
# name: the statement, how often it is done
STATEMENTS = {
    "journal: a save of one client": (ONE_SAVE, 300),
    f"journal: {MANY:,} new order lines": (
        "INSERT INTO buyer_order_line (order_id, position, item_id, quantity, price, amount) SELECT "
        "(SELECT min(id) FROM buyer_order), n, (SELECT min(id) FROM item), 1, 1, 1 "
        f"FROM generate_series(1, {MANY}) n",
        1,
    ),
    f"journal: {MANY:,} changed order lines": (
        f"UPDATE buyer_order_line SET price = price + 1 WHERE id IN (SELECT id FROM buyer_order_line LIMIT {MANY})",
        1,
    ),
    "journal: figures of all orders, which it leaves out": ("UPDATE buyer_order SET paid_amount = paid_amount + 1", 1),
}


def costs(connection: psycopg.Connection) -> Iterator[LongWork]:
    """Each in a transaction that is rolled back; by turns, the quickest of three."""
    for name, (statement, times) in STATEMENTS.items():
        ours, floor = (min(each) for each in zip(*(_both(connection, statement, times) for _ in range(3)), strict=True))
        about = f"{(ours - floor) / times * 1000:,.2f} ms more each time" if times > 1 else ""
        yield LongWork(name, ours, floor, "the same without the journal", about)


def _both(connection: psycopg.Connection, statement: str, times: int) -> tuple[float, float]:
    return _seconds(connection, statement, times, ""), _seconds(connection, statement, times, FILLING)


def _seconds(connection: psycopg.Connection, statement: str, times: int, verb: str) -> float:
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('vizavi.verb', %s, true)", [verb])
        began = time.monotonic()
        for _ in range(times):
            connection.execute(statement)
        return time.monotonic() - began
