"""Classifications beside the bare statements that do the same: the run with its history, and the preview."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import psycopg
from sqlalchemy import select

from app.domain.periods import DAY, Period
from app.domain.stages import Parameters
from app.extensions import db
from app.models.classes import StageRun
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK
from app.services.classification import abc as classification
from app.services.classification import runs, stages
from bench.work import LongWork, best, this_year
from run import create_app

BUYERS = """
    SELECT c.id AS key, sold.value, last.abc AS old FROM counterparty c
    LEFT JOIN (SELECT counterparty_id, sum(revenue)::bigint AS value FROM buyer_month
               WHERE month BETWEEN %(first)s AND %(last)s GROUP BY 1) sold ON sold.counterparty_id = c.id
    LEFT JOIN abc_record last ON last.counterparty_id = c.id AND last.run_id = %(previous)s
    WHERE c.is_buyer OR sold.value IS NOT NULL"""
CLASSES = f"""
    WITH buyers AS MATERIALIZED ({BUYERS}), sums AS (
        SELECT key, value, sum(value) FILTER (WHERE value > 0) OVER () AS total,
               coalesce(sum(value) OVER (ORDER BY value DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                   AS before
        FROM buyers WHERE value IS NOT NULL)
    SELECT b.key, coalesce(b.value, 0) / 100.0 AS value, b.old,
           CASE WHEN coalesce(s.value, 0) <= 0 THEN 'C' WHEN before < round(total * 0.7) THEN 'A'
                WHEN before < round(total * 0.7) + round(total * 0.2) THEN 'B' ELSE 'C' END AS abc
    FROM buyers b LEFT JOIN sums s USING (key) ORDER BY b.key"""
ABC_RUN = """
    INSERT INTO abc_run (on_date, period_start, period_end, measure, share_a, share_b, share_c)
    VALUES (%(day)s, %(first)s, %(last)s, 'revenue', 70, 20, 10) RETURNING id"""
ABC_RECORDS = f"""
    INSERT INTO abc_record (run_id, counterparty_id, on_date, abc, old, value)
    SELECT %(run)s, key, %(day)s, abc, old, value FROM ({CLASSES}) classes"""
ABC_COUNTS = f"SELECT old, abc, count(*) FROM ({CLASSES}) classes GROUP BY 1, 2"

KNOWN = """
    SELECT c.id AS key, last.stage AS old_stage, last.xyz AS old_xyz, coalesce(sold.purchases, 0) AS purchases,
           coalesce(sold.total, 0) AS total, coalesce(sold.scatter, 0) AS scatter
    FROM counterparty c
    LEFT JOIN (SELECT counterparty_id, sum(shipments) AS purchases, sum(revenue) AS total,
                      6 * sum(revenue::numeric * revenue) - sum(revenue) * sum(revenue) AS scatter
               FROM buyer_month WHERE month BETWEEN %(first)s AND %(last)s GROUP BY 1) sold
        ON sold.counterparty_id = c.id
    LEFT JOIN stage_record last ON last.counterparty_id = c.id AND last.run_id = %(previous)s
    WHERE c.is_buyer OR sold.total IS NOT NULL"""
STAGES = f"""
    SELECT key, old_stage, old_xyz, purchases, total / 100.0 AS value,
           CASE WHEN total <> 0 THEN round(100 * sqrt(scatter) / abs(total), 4) ELSE 0 END AS variation,
           CASE WHEN purchases = 0 OR total <= 0
                THEN CASE WHEN old_stage IN ('regular', 'lost') THEN 'lost' ELSE coalesce(old_stage, 'potential') END
                WHEN coalesce(old_stage, 'potential') IN ('potential', 'one_time') AND purchases <= 2 THEN 'one_time'
                ELSE 'regular' END AS stage,
           CASE WHEN purchases = 0 OR total <= 0
                  OR coalesce(old_stage, 'potential') IN ('potential', 'one_time') AND purchases <= 2 THEN NULL
                WHEN 10000 * scatter <= 400 * total * total THEN 'X'
                WHEN 10000 * scatter <= 2500 * total * total THEN 'Y' ELSE 'Z' END AS xyz
    FROM (WITH known AS MATERIALIZED ({KNOWN}) SELECT * FROM known) known
    WHERE old_stage IS DISTINCT FROM 'lost' OR purchases > 0 ORDER BY key"""
STAGE_RUN = """
    INSERT INTO stage_run (on_date, period_start, period_end, periodicity, count, measure, one_time_from, one_time_to,
                           x_to, y_to, z_to)
    VALUES (%(day)s, %(first)s, %(last)s, 'month', 6, 'revenue', 1, 2, 20, 50, 10000) RETURNING id"""
STAGE_RECORDS = f"""
    INSERT INTO stage_record (run_id, counterparty_id, on_date, stage, xyz, old_stage, old_xyz, purchases, value,
                              variation)
    SELECT %(run)s, key, %(day)s, stage, xyz, old_stage, old_xyz, purchases, value, variation FROM ({STAGES}) stages"""
STAGE_COUNTS = f"SELECT old_stage, old_xyz, stage, xyz, count(*) FROM ({STAGES}) stages GROUP BY 1, 2, 3, 4"


def works(connection: psycopg.Connection, today: date) -> Iterator[LongWork]:
    """The runs are rolled back each time; stages have a run before them, as they have in life."""
    app = create_app()
    year = this_year(today)
    parameters = Parameters(today)
    with app.app_context():
        before_all(today)
        session = db.session()

        def run_abc() -> None:
            classification.classify_abc(session, year, today=today)
            session.rollback()

        def preview_abc() -> None:
            rows = classification.proposed(session, classification.parameters_for(session, year), today)
            runs.moves_among(session, ABC_TRACK, rows)
            session.rollback()

        def run_stages() -> None:
            stages.classify_stages(session, parameters, today=today)
            session.rollback()

        def preview_stages() -> None:
            runs.moves_among(session, STAGE_TRACK, stages.proposed(session, parameters, today))
            session.rollback()

        abc = values(connection, "abc_run", year, today)
        stage = values(connection, "stage_run", parameters.window, today)
        for name, ours, run, statement, asked in (
            ("ABC run with its history", run_abc, ABC_RUN, ABC_RECORDS, abc),
            ("… its preview", preview_abc, "", ABC_COUNTS, abc),
            ("stages run with its history", run_stages, STAGE_RUN, STAGE_RECORDS, stage),
            ("… its preview", preview_stages, "", STAGE_COUNTS, stage),
        ):
            took, floor = alternately(ours, partial(bare, connection, run, statement, asked))
            yield LongWork(name, took, floor, "the bare statement")


def alternately(ours: Callable[[], None], floor: Callable[[], None], rounds: int = 3) -> tuple[float, float]:
    """The quickest of each, in turn: a slow minute hits both."""
    found = [(best(1, ours), best(1, floor)) for _ in range(rounds)]
    return min(one for one, _ in found), min(other for _, other in found)


def before_all(today: date) -> None:
    """Stages of the month before, once."""
    session = db.session()
    if session.scalar(select(StageRun.id).limit(1)) is None:
        stages.classify_stages(session, Parameters(today.replace(day=1) - DAY), today=today)
        session.commit()


def values(connection: psycopg.Connection, table: str, period: Period, day: date) -> dict[str, object]:
    connection.execute("ANALYZE abc_record, stage_record, buyer_month")
    latest = f"SELECT id FROM {table} WHERE on_date < %s ORDER BY on_date DESC, id DESC LIMIT 1"
    row = connection.execute(latest, [day]).fetchone()
    return {"first": period.first, "last": period.last, "day": day, "previous": row[0] if row else None}


def bare(connection: psycopg.Connection, run: str, statement: str, asked: dict[str, object]) -> None:
    with connection.transaction(force_rollback=True):
        given = dict(asked)
        if run:
            row = connection.execute(run, asked).fetchone()
            assert row is not None
            given["run"] = row[0]
        connection.execute(statement, given)
