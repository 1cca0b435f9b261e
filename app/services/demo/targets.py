"""Plans of the demo company's managers for this year: a little more than they did in the same month of the last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

WRITE = """
    WITH months AS (
        SELECT month::date FROM generate_series(date_trunc('year', cast(:today AS date)),
            date_trunc('year', cast(:today AS date)) + interval '11 months', interval '1 month') month
    ), sold AS (
        SELECT manager_id, (date_trunc('month', date) + interval '1 year')::date AS month,
               sum(amount) AS revenue, sum(amount - cost_amount) AS profit
        FROM shipment WHERE reversed_on IS NULL AND manager_id IS NOT NULL
            AND date >= date_trunc('year', cast(:today AS date)) - interval '1 year'
            AND date < date_trunc('year', cast(:today AS date))
        GROUP BY 1, 2
    ), managers AS (SELECT DISTINCT manager_id FROM sold)
    INSERT INTO target (manager_id, month, indicator, value)
    SELECT manager_id, month, indicator,
           CASE indicator WHEN 'contacts' THEN 30
           WHEN 'profit' THEN greatest(round(coalesce(profit, 0) * 1.08, -3), 20000)
           ELSE greatest(round(coalesce(revenue, 0) * 1.08, -4), 100000) END
    FROM managers CROSS JOIN months LEFT JOIN sold USING (manager_id, month)
    CROSS JOIN unnest(ARRAY['revenue', 'profit', 'payments', 'contacts']) indicator"""


def write(session: Session, today: date) -> Iterator[tuple[str, int]]:
    yield "target", session.execute(text(WRITE), {"today": today}).rowcount  # type: ignore[attr-defined]
