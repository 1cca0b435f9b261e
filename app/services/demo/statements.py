"""The statements that turn planned orders into documents; app.services.demo.documents runs them in this order.

Temporary tables hold the documents until their sums are known, so that every row
is written once. Of one shipment: part 0 is everything, 1 and 2 are the two parts,
3 is a return.
"""

from typing import Any

from sqlalchemy import ColumnElement, column, literal_column
from sqlalchemy.dialects import postgresql

from app.domain.words import DocumentKind
from app.queries.sales.vat import rate_on, vat_of
from app.services.numbering import PREFIXES


def number(kind: DocumentKind, day: str, place: str) -> str:
    """SQL: the number that app.services.numbering would have given."""
    digits = f"lpad({place}::text, greatest(5, length({place}::text)), '0')"
    return f"""'{PREFIXES[kind]}' || to_char({day}, '-YYYY-') || {digits}"""


def in_sql(expression: ColumnElement[Any]) -> str:
    return str(expression.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


def rate(of_item: str, day: str) -> str:
    """SQL: the rate of VAT of an item in a document of the day."""
    return in_sql(rate_on(literal_column(of_item), literal_column(day)))


ORDER_NUMBER = number(DocumentKind.ORDER, "ordered_on", "o.place")

PLAN = """
    CREATE TEMP TABLE demo_plan (
        counterparty_id int, person_id int, manager_id int, ordered_on date, ship_on date, pay_by date,
        delivery_address text, comment text, lines int, scale int, spread float8, discount int, delivery bool,
        favourites int, ship int, shipped_on date, rest_shipped_on date, returned_on date,
        pay int, paid_on date, rest_paid_on date, closed_on date, reason text,
        seq int GENERATED ALWAYS AS IDENTITY
    ) ON COMMIT DROP"""

# `drift`: prices rise by eight percent a year up to those of today.
ORDERS = """
    CREATE TEMP TABLE demo_order ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY ordered_on, seq) AS id, plan.*,
           row_number() OVER (PARTITION BY extract(year FROM ordered_on) ORDER BY ordered_on, seq) AS place,
           1 - 0.08 * (%(today)s::date - ordered_on) / 365.0 AS drift,
           EXISTS (SELECT FROM demo_plan WHERE pay IN (0, 1) AND counterparty_id = plan.counterparty_id) AS owes
    FROM demo_plan plan ORDER BY ordered_on, seq"""

ORDER_LINES = f"""
    INSERT INTO buyer_order_line (order_id, position, item_id, quantity, price, discount, vat, amount)
    SELECT id, position, item_id, quantity, price, discount, vat, round(quantity * price * (100 - discount) / 100, 2)
    FROM (
        SELECT o.id, position, i.id AS item_id, o.discount, {rate("i.vat", "o.ordered_on")} AS vat,
               greatest(1, round(i.price * o.drift)) AS price,
               CASE WHEN i.is_service THEN 1 ELSE
                   greatest(1, round(o.scale * (1 + o.spread * (pick.chance * 2 - 1)) / greatest(i.price, 1)))
               END::numeric AS quantity
        FROM demo_order o
        CROSS JOIN LATERAL (SELECT hashint8extended(o.id, 1) & 1023 AS first, hashint8extended(o.id, 2) & 7 AS step) h
        CROSS JOIN LATERAL generate_series(1, o.lines) position
        CROSS JOIN LATERAL (
            SELECT CASE
                       WHEN o.delivery AND position > 1 AND position = o.lines THEN %(goods)s + 1 + o.id %% %(services)s
                       ELSE 1 + (o.favourites + (h.first + position * (h.step + 1)) %% %(window)s) %% %(goods)s
                   END AS item_id,
                   (hashint8extended(o.id * 32 + position, 3) & 65535) / 65536.0::float8 AS chance
        ) pick
        JOIN item i ON i.id = pick.item_id
    ) line"""

ORDER_SUMS = """
    CREATE TEMP TABLE demo_order_sum ON COMMIT DROP AS
    SELECT order_id AS id, sum(amount) AS amount, sum(quantity) AS quantity FROM buyer_order_line GROUP BY 1"""

SHIPMENTS = """
    CREATE TEMP TABLE demo_shipment ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY date, order_id, part) AS id, moved.*,
           row_number() OVER (PARTITION BY part = 3, extract(year FROM date) ORDER BY date, order_id, part) AS place
    FROM (
        SELECT id AS order_id, shipped_on AS date, CASE WHEN ship = 2 THEN 0 ELSE 1 END AS part,
               lines / 2 AS whole, drift, counterparty_id, manager_id FROM demo_order WHERE ship > 0
        UNION ALL
        SELECT id, rest_shipped_on, 2, lines / 2, drift, counterparty_id, manager_id FROM demo_order WHERE ship = 3
        UNION ALL
        SELECT id, returned_on, 3, 1, drift, counterparty_id, manager_id FROM demo_order WHERE returned_on IS NOT NULL
    ) moved
    ORDER BY 1"""

# The first part has the first `whole` lines and a half of the next one; a quarter of the first line is returned.
SHIPMENT_LINES = f"""
    INSERT INTO shipment_line
        (shipment_id, position, item_id, quantity, price, discount, vat, cost, amount, cost_amount)
    SELECT shipment_id, position, item_id, quantity, price, discount, vat, cost,
           round(quantity * price * (100 - discount) / 100, 2), coalesce(round(quantity * cost, 2), 0)
    FROM (
        SELECT s.id AS shipment_id, CASE WHEN s.part = 2 THEN l.position - s.whole ELSE l.position END AS position,
               l.item_id, l.price, l.discount, {rate("i.vat", "s.date")} AS vat, round(i.cost * s.drift, 2) AS cost,
               CASE
                   WHEN s.part = 0 THEN l.quantity
                   WHEN s.part = 3 THEN CASE WHEN l.position = 1 THEN -ceil(l.quantity / 4) ELSE 0 END
                   WHEN l.position <= s.whole THEN CASE WHEN s.part = 1 THEN l.quantity ELSE 0 END
                   WHEN l.position = s.whole + 1 THEN
                       CASE WHEN s.part = 1 THEN floor(l.quantity / 2) ELSE l.quantity - floor(l.quantity / 2) END
                   WHEN s.part = 2 THEN l.quantity
                   ELSE 0
               END AS quantity
        FROM demo_shipment s JOIN buyer_order_line l ON l.order_id = s.order_id JOIN item i ON i.id = l.item_id
    ) line
    WHERE quantity <> 0"""

SHIPMENT_SUMS = f"""
    CREATE TEMP TABLE demo_shipment_sum ON COMMIT DROP AS
    SELECT shipment_id AS id, sum(amount) AS amount, sum(cost_amount) AS cost_amount, sum(quantity) AS quantity,
           sum({in_sql(vat_of(column("amount"), column("vat")))}) AS vat_amount
    FROM shipment_line GROUP BY 1"""

SHIPMENT_HEADERS = f"""
    INSERT INTO shipment (id, number, date, kind, counterparty_id, order_id, manager_id,
                          amount, cost_amount, quantity, vat_amount)
    SELECT id, CASE WHEN part = 3 THEN {number(DocumentKind.RETURN, "date", "place")}
                    ELSE {number(DocumentKind.SHIPMENT, "date", "place")} END, date,
           CASE WHEN part = 3 THEN 'return' ELSE 'shipment' END, counterparty_id, order_id, manager_id,
           amount, cost_amount, quantity, vat_amount
    FROM demo_shipment JOIN demo_shipment_sum USING (id)
    ORDER BY id"""

# `share` goes to the order; what was paid beyond it is an advance, of those who owe nothing else.
PAYMENTS = """
    CREATE TEMP TABLE demo_payment ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY date, order_id, amount) AS id, paid.*,
           row_number() OVER (PARTITION BY extract(year FROM date) ORDER BY date, order_id, amount) AS place
    FROM (
        SELECT o.id AS order_id, counterparty_id, paid_on AS date, pay <> 5 AS named,
               CASE pay
                   WHEN 1 THEN round(amount * 0.4, 2)
                   WHEN 3 THEN amount + CASE WHEN owes THEN 0 ELSE 100 * ceil(amount / 5000) END
                   WHEN 4 THEN round(amount / 2, 2)
                   ELSE amount
               END AS amount,
               CASE pay WHEN 1 THEN round(amount * 0.4, 2) WHEN 4 THEN round(amount / 2, 2) ELSE amount END AS share
        FROM demo_order o JOIN demo_order_sum USING (id) WHERE pay > 0
        UNION ALL
        SELECT id, counterparty_id, rest_paid_on, true, amount - round(amount / 2, 2), amount - round(amount / 2, 2)
        FROM demo_order JOIN demo_order_sum USING (id) WHERE pay = 4
        UNION ALL
        SELECT o.id, o.counterparty_id, o.closed_on, true, amount, amount
        FROM demo_order o JOIN demo_shipment s ON s.order_id = o.id AND s.part = 3
        JOIN demo_shipment_sum sums ON sums.id = s.id
    ) paid
    ORDER BY 1"""

PAYMENT_HEADERS = f"""
    INSERT INTO payment (id, number, date, counterparty_id, order_id, amount, purpose, allocated_amount)
    SELECT p.id, {number(DocumentKind.PAYMENT, "p.date", "p.place")}, p.date, p.counterparty_id,
           CASE WHEN named THEN order_id END, amount,
           CASE WHEN amount < 0 THEN 'Возврат денег по заказу ' ELSE 'Оплата по заказу ' END || {ORDER_NUMBER},
           share
    FROM demo_payment p JOIN demo_order o ON o.id = p.order_id
    ORDER BY p.id"""

ALLOCATIONS = """
    INSERT INTO payment_allocation (payment_id, order_id, amount)
    SELECT id, order_id, share FROM demo_payment ORDER BY id"""

HEADERS = f"""
    INSERT INTO buyer_order (id, number, date, counterparty_id, person_id, manager_id, ship_on, pay_by,
                             delivery_address, comment, amount, quantity, shipped_quantity, returned_quantity,
                             rest_quantity, shipped_amount, returned_amount, rest_amount, paid_amount,
                             shipped_on, paid_on, closed_on)
    SELECT o.id, {ORDER_NUMBER}, ordered_on, counterparty_id,
           person_id, manager_id, ship_on, pay_by, delivery_address, comment, sums.amount, sums.quantity,
           coalesce(moved.shipped, 0), coalesce(moved.returned, 0), sums.quantity - coalesce(moved.net, 0),
           coalesce(moved.shipped_amount, 0), coalesce(moved.returned_amount, 0),
           sums.amount - coalesce(moved.net_amount, 0), coalesce(money.paid, 0), moved.last, money.last, closed_on
    FROM demo_order o
    JOIN demo_order_sum sums USING (id)
    LEFT JOIN (
        SELECT order_id, max(date) AS last, sum(quantity) AS net, sum(amount) AS net_amount,
               sum(greatest(quantity, 0)) AS shipped, sum(greatest(-quantity, 0)) AS returned,
               sum(greatest(amount, 0)) AS shipped_amount, sum(greatest(-amount, 0)) AS returned_amount
        FROM demo_shipment JOIN demo_shipment_sum USING (id) GROUP BY 1
    ) moved ON moved.order_id = o.id
    LEFT JOIN (SELECT order_id, max(date) AS last, sum(share) AS paid FROM demo_payment GROUP BY 1) money
         ON money.order_id = o.id
    ORDER BY o.id"""

CLOSINGS = f"""
    INSERT INTO order_closing (number, on_date, order_id, reason_id, by_id, closing_amount, unpaid_amount, order_amount)
    SELECT {number(DocumentKind.CLOSING, "o.closed_on", "o.place")}, o.closed_on, o.id, r.id, b.manager_id,
           b.rest_amount, greatest(b.amount - b.paid_amount - b.unpaid_amount, 0), b.amount
    FROM (
        SELECT *, row_number() OVER (PARTITION BY extract(year FROM closed_on) ORDER BY closed_on, id) AS place
        FROM (SELECT id, closed_on, reason FROM demo_order WHERE closed_on IS NOT NULL) closed
    ) o JOIN buyer_order b ON b.id = o.id JOIN closing_reason r ON r.name = o.reason
    ORDER BY o.closed_on, o.id"""

NUMBERS = """
    INSERT INTO number_series (kind, year, last)
    SELECT kind, extract(year FROM day), count(*) FROM (
        SELECT 'order' AS kind, ordered_on AS day FROM demo_order
        UNION ALL SELECT CASE WHEN part = 3 THEN 'return' ELSE 'shipment' END, date FROM demo_shipment
        UNION ALL SELECT 'payment', date FROM demo_payment
        UNION ALL SELECT 'closing', on_date FROM order_closing
    ) numbered
    GROUP BY 1, 2"""
