"""The first page of every report, and grouped ones beside the bare statements that add up the same."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import psycopg

from bench.client import Browser
from bench.measure import percentile, timed
from bench.place import Grounds, worker
from bench.work import FLASK, LongWork, best, orders_file, orders_gone, this_year
from config import ROOT
from reports import CATALOGUE

SUBJECTS: Mapping[str, str] = {"order": "buyer_order", "counterparty": "counterparty", "item": "item"}
GROUPED: Mapping[str, tuple[str, str]] = {
    "contacts by manager": (
        "/reports/contacts/json?period=this-year&group=manager&detail=1",
        """SELECT manager_id, count(*), sum(extract(epoch FROM ends_at - starts_at) / 60) FROM contact
           WHERE starts_at >= %(first)s AND starts_at < %(after)s GROUP BY ROLLUP (manager_id)""",
    ),
    "abc-buyers by manager": (
        "/reports/abc-buyers/json?period=this-year&group=manager&detail=1",
        """SELECT c.manager_id, count(*), sum(coalesce(value, 0)), sum(coalesce(share, 0))
           FROM counterparty c LEFT JOIN (
               SELECT counterparty_id, value, 100 * value / nullif(sum(value) OVER (), 0) AS share FROM (
                   SELECT counterparty_id, sum(revenue) / 100 AS value FROM buyer_month
                   WHERE month BETWEEN %(first)s AND %(last)s GROUP BY 1) sums
           ) sold ON sold.counterparty_id = c.id
           WHERE c.is_buyer OR sold.value IS NOT NULL GROUP BY ROLLUP (c.manager_id)""",
    ),
}


def pages(place: Grounds, client: Browser, connection: psycopg.Connection, today: date) -> Iterator[LongWork]:
    with worker():
        yield from first_screens(client, connection)
        yield beside(place, client, connection, today)
    year = this_year(today)
    values = {"first": year.first, "last": year.last, "after": year.last + timedelta(days=1)}
    for name, (path, statement) in GROUPED.items():
        floor = best(3, lambda statement=statement: connection.execute(statement, values).fetchall())  # type: ignore[misc]
        ours = best(3, lambda path=path: client.get(path))  # type: ignore[misc]
        yield LongWork(name, ours, floor, "the bare statement")


def beside(place: Grounds, client: Browser, connection: psycopg.Connection, today: date) -> LongWork:
    """A list that somebody clicks through, by itself and beside a workbook of all buyers and an import."""
    path = place.folder / "orders.csv"
    orders_file(path, connection, 20_000, today)
    alone = clicks(client, 20)
    with orders_gone(connection):
        client.request("GET", "/reports/abc-buyers/xlsx?period=this-year")  # a worker's: it is long
        importing = subprocess.Popen([*FLASK, "import", "orders", str(path)], cwd=ROOT, stdout=subprocess.DEVNULL)
        both = clicks(client, 20)
        if importing.wait():
            raise SystemExit("the import failed")
    told = (
        f"p50 {percentile(both, 50):.0f} ms, alone {percentile(alone, 50):.0f} ms; {len(both)} and {len(alone)} clicks"
    )
    return LongWork(
        "p95 of a list beside a workbook and an import",
        percentile(both, 95) / 1000,
        percentile(alone, 95) / 1000,
        "p95 alone",
        told,
    )


def clicks(client: Browser, seconds: float) -> list[float]:
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        found.append(timed(lambda: client.get("/counterparties/list/")))
        time.sleep(0.1)
    return found


def first_screens(client: Browser, connection: psycopg.Connection) -> Iterator[LongWork]:
    """Each report as it opens by itself the second time; of one that a worker counts, the frame, and his time."""
    for report in CATALOGUE:
        asked = "kept=all"
        if report.about in SUBJECTS:
            row = connection.execute(f"SELECT id FROM {SUBJECTS[report.about]} ORDER BY id DESC LIMIT 1").fetchone()
            if row is None:
                continue
            asked = f"{report.about}={row[0]}"
        path = f"/reports/{report.slug}/?{asked}"
        client.get("/")
        began = time.perf_counter()
        answer = client.get(path)
        seconds = time.perf_counter() - began
        by_worker = ""
        if client.wait_for(answer):
            by_worker = f", by a worker in {time.perf_counter() - began:.1f} s"
        else:
            began = time.perf_counter()
            answer = client.get(path)
            seconds = time.perf_counter() - began
        told = f"{answer.cost.statements} statements, {answer.cost.cpu:.0f} ms of CPU, {len(answer.body) / 1024:.0f} KB"
        yield LongWork(f"report {report.slug}", seconds, 0, "", told + by_worker)
