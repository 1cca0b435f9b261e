"""After the load: what was answered "saved" is in the base once, and the figures are what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg

from app.extensions import db
from app.services.sales import posting
from bench import work
from bench.soak import MARK
from run import create_app

MARKS = "SELECT subject FROM contact WHERE subject LIKE %(mark)s UNION ALL " + (
    "SELECT trim(comment) FROM buyer_order WHERE comment LIKE %(mark)s"
)
WRONG_AMOUNTS = """
    SELECT count(*) FROM buyer_order o
    WHERE amount <> (SELECT coalesce(sum(amount), 0) FROM buyer_order_line l WHERE l.order_id = o.id)"""
WRONG_CONTACTS = """
    SELECT count(*) FROM client_figure f LEFT JOIN (
        SELECT counterparty_id, max(starts_at) FILTER (WHERE state = 'done') AS last,
               min(starts_at) FILTER (WHERE state = 'planned') AS next
        FROM contact GROUP BY 1) c USING (counterparty_id)
    WHERE f.last_contact_at <> coalesce(c.last, '-infinity') OR f.next_contact_at <> coalesce(c.next, 'infinity')"""
WRONG_DEBTS = """
    SELECT count(*) FROM client_figure f LEFT JOIN (
        SELECT counterparty_id, sum(amount) AS debt FROM (
            SELECT counterparty_id, amount FROM shipment WHERE reversed_on IS NULL
            UNION ALL SELECT counterparty_id, -amount FROM payment WHERE reversed_on IS NULL
        ) d GROUP BY 1) d USING (counterparty_id)
    WHERE f.debt <> coalesce(d.debt, 0)"""
WRONG_SHIPPED = """
    SELECT count(*) FROM buyer_order o LEFT JOIN (
        SELECT order_id, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS shipped,
               coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS returned
        FROM shipment WHERE reversed_on IS NULL GROUP BY 1) s ON s.order_id = o.id
    WHERE o.shipped_amount <> coalesce(s.shipped, 0) OR o.returned_amount <> coalesce(s.returned, 0)"""
WRONG_PAID = """
    SELECT count(*) FROM buyer_order o LEFT JOIN (
        SELECT order_id, sum(amount) AS paid FROM payment_allocation GROUP BY 1) a ON a.order_id = o.id
    WHERE o.paid_amount <> coalesce(a.paid, 0)"""
WRONG_ALLOCATED = """
    SELECT count(*) FROM payment p LEFT JOIN (
        SELECT payment_id, sum(amount) AS placed FROM payment_allocation GROUP BY 1) a ON a.payment_id = p.id
    WHERE p.allocated_amount <> coalesce(a.placed, 0) OR abs(p.allocated_amount) > abs(p.amount)
        OR p.reversed_on IS NOT NULL AND a.placed IS NOT NULL"""
WRONG_MONTHS = """
    SELECT count(*) FROM buyer_month m FULL JOIN (
        SELECT counterparty_id, date_trunc('month', date::timestamp)::date AS month, sum(amount) * 100 AS revenue,
               sum(cost_amount) * 100 AS cost, count(*) AS documents
        FROM shipment WHERE reversed_on IS NULL GROUP BY 1, 2) s USING (counterparty_id, month)
    WHERE (m.revenue, m.cost, m.documents) IS DISTINCT FROM (s.revenue, s.cost, s.documents)"""
HALF_IMPORTED = f"""
    SELECT count(*) FROM (
        SELECT o.id FROM buyer_order o LEFT JOIN buyer_order_line l ON l.order_id = o.id
        WHERE o.number LIKE 'bench-%' GROUP BY 1 HAVING count(l.id) <> {work.LINES_OF_ORDER}) half"""
WRONG = {
    "sums of orders": WRONG_AMOUNTS,
    "what was shipped and returned of orders": WRONG_SHIPPED,
    "what was paid of orders": WRONG_PAID,
    "what of payments is placed": WRONG_ALLOCATED,
    "days of contacts": WRONG_CONTACTS,
    "debts": WRONG_DEBTS,
    "months of buyers": WRONG_MONTHS,
    "imported orders": HALF_IMPORTED,
}
FIGURES = {
    "orders": """SELECT id, amount, corrected_amount, shipped_amount, returned_amount, rest_amount, paid_amount,
                        shipped_on, paid_on, completed_on, shipment_state, payment_state, status FROM buyer_order""",
    "allocations": "SELECT payment_id, order_id, amount FROM payment_allocation",
}
SUM = "SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0)::text FROM ({rows}) AS row"
CLEAN = (
    "DELETE FROM contact WHERE subject LIKE %(mark)s",
    "DELETE FROM buyer_order WHERE comment LIKE %(mark)s",
)


def of_marks(connection: psycopg.Connection, folder: Path) -> Iterator[str]:
    """What was answered, and what became of what was not: it may be there once, or not at all."""
    saved, sent = (_lines(folder / name) for name in ("saved.txt", "sent.txt"))
    there = Counter(row[0] for row in connection.execute(MARKS, {"mark": f"{MARK}%"}))
    lost = [mark for mark in saved if not there[mark]]
    twice = [mark for mark, times in there.items() if times > 1]
    yield f"answered saved: {len(saved)}, of them lost: {len(lost)}"
    strange = set(there) - sent
    yield f"sent: {len(sent)}, in the base: {len(there)}, of them twice: {len(twice)}, never sent: {len(strange)}"


def _lines(path: Path) -> set[str]:
    return set(path.read_text().split()) if path.exists() else set()


def of_figures(connection: psycopg.Connection) -> Iterator[str]:
    """By plain sums of their own, and by making all figures again and comparing; the base stays as it is."""
    for what, wrong in WRONG.items():
        row = connection.execute(wrong).fetchone()
        yield f"{what}, wrong: {row[0] if row else 'unknown'}"
    with create_app().app_context():
        session = db.session()
        before = {name: session.execute(db.text(SUM.format(rows=rows))).one() for name, rows in FIGURES.items()}
        for _done in posting.settle_all(session):
            pass
        for name, rows in FIGURES.items():
            same = session.execute(db.text(SUM.format(rows=rows))).one() == before[name]
            yield f"{name}, made again ({before[name][0]:,} rows): {'the same' if same else 'DIFFERENT'}"
        session.rollback()


def clean(connection: psycopg.Connection) -> None:
    for statement in CLEAN:
        connection.execute(statement, {"mark": f"{MARK}%"})
