"""What the company of the demo remembers: clients that went from hand to hand, new sources, days that were moved."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.models.orders import BuyerOrder
from app.queries.sales.orders import completed_of_orders
from app.services.counterparties.completeness import keep_month
from app.services.sales import allocating

# Every so many clients have had another manager, or source, until a day in the middle of their life here. What a
# contact of that very day has told stands.
HAD_ANOTHER = """
    WITH others AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many
        FROM (SELECT DISTINCT {column} AS id FROM counterparty WHERE {column} IS NOT NULL) known
    ), moved AS (
        SELECT c.id AS counterparty_id, c.{column} AS now, other.id AS was, c.registered_on AS first,
               c.registered_on + (:today - c.registered_on) * (1 + c.id % 3) / 4 AS since
        FROM counterparty c JOIN others own ON own.id = c.{column}
        JOIN others other ON other.place = (own.place + 1) % own.many
        WHERE c.id % {every} = 0 AND c.registered_on < :today - 30 AND other.id <> own.id
    ), since AS (
        INSERT INTO {table} (counterparty_id, on_date, {column}) SELECT counterparty_id, since, now FROM moved
        ON CONFLICT (counterparty_id, on_date) DO NOTHING
    )
    UPDATE {table} first SET {column} = moved.was
    FROM moved WHERE first.counterparty_id = moved.counterparty_id AND first.on_date = moved.first"""

# Every so many orders were promised for an earlier day.
MOVED = """
    WITH moved AS (
        UPDATE buyer_order SET first_ship_on = greatest(date, ship_on - 1 - id::int % 9)
        WHERE id % 11 = 0 AND ship_on > date
        RETURNING id, manager_id, date, first_ship_on, ship_on
    )
    INSERT INTO order_move (order_id, what, was_on, now_on, moved_at, by_id, reason)
    SELECT id, 'shipment', first_ship_on, ship_on, least(first_ship_on, :today)::timestamptz + interval '10 hours',
           manager_id, CASE id % 3 WHEN 0 THEN 'клиент попросил позже' WHEN 1 THEN 'ждем поставку' ELSE '' END
    FROM moved WHERE first_ship_on < ship_on"""

# Once less was known: every month some of what is known now was found out.
COMPLETENESS = """
    INSERT INTO completeness_month
    SELECT (date_trunc('month', cast(:today AS date)) - make_interval(months => back))::date - 1, manager_id,
           buyers_filled * (100 - 3 * back) / 100, buyers_possible * (100 - back) / 100,
           persons_filled * (100 - 3 * back) / 100, persons_possible * (100 - back) / 100,
           personal_filled * (100 - 4 * back) / 100, personal_possible * (100 - back) / 100
    FROM completeness_month, generate_series(1, 11) back"""

SECTIONS = (("manager_record", "manager_id", 12), ("source_record", "source_id", 9))


def change_hands(connection: Connection, today: date) -> None:
    for table, column, every in SECTIONS:
        connection.execute(text(HAD_ANOTHER.format(table=table, column=column, every=every)), {"today": today})


def write(session: Session, today: date) -> None:
    """Histories of the counterparties and orders that are there."""
    connection: Connection = session.connection()
    change_hands(connection, today)
    connection.execute(text(MOVED), {"today": today})
    keep_month(session, today)
    connection.execute(text(COMPLETENESS), {"today": today})
    # What never came back was done on the day that the order itself says.
    connection.execute(text("UPDATE buyer_order SET completed_on = done_on WHERE done_on IS NOT NULL"))
    returned = connection.execute(text("SELECT id FROM buyer_order WHERE returned_quantity > 0")).scalars().all()
    allocating.write(session, BuyerOrder, completed_of_orders, returned)
