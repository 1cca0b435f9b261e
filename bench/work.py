"""The long works: an import and a workbook, each beside its own floor; classifications are in bench.classes."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import NamedTuple

import psycopg
import xlsxwriter

from app.domain.periods import Period
from bench.client import Browser
from bench.measure import timed
from bench.place import Grounds
from config import ROOT

FLASK = [sys.executable, "-m", "flask", "--app", "run"]
LINES_OF_ORDER = 10
VALUES = """
    SELECT c.id AS key, coalesce(sold.value, 0) AS value FROM counterparty c LEFT JOIN (
        SELECT counterparty_id, sum(revenue) / 100 AS value FROM buyer_month
        WHERE month BETWEEN %(first)s AND %(last)s GROUP BY 1
    ) sold ON sold.counterparty_id = c.id
    WHERE c.is_buyer OR sold.value IS NOT NULL"""
REPORT = f"""
    SELECT c.code, c.name, u.first_name || ' ' || u.last_name, value, value * 100 / nullif(sum(value) OVER (), 0),
           sum(value) OVER (ORDER BY value DESC) * 100 / nullif(sum(value) OVER (), 0), now.abc, was.abc
    FROM ({VALUES}) sums JOIN counterparty c ON c.id = key LEFT JOIN ab_user u ON u.id = c.manager_id
    LEFT JOIN LATERAL (SELECT abc, on_date FROM abc_record r WHERE r.counterparty_id = key AND on_date <= %(on)s
                       ORDER BY on_date DESC, id DESC LIMIT 1) now ON true
    LEFT JOIN LATERAL (SELECT abc FROM abc_record r WHERE r.counterparty_id = key AND r.on_date < now.on_date
                       ORDER BY on_date DESC, id DESC LIMIT 1) was ON true
    ORDER BY now.abc, value DESC"""


@dataclass(frozen=True)
class LongWork:
    """One long work, measured: seconds of ours and of the floor, and what else is worth knowing."""

    name: str
    ours: float
    floor: float
    floor_is: str
    about: str = ""


def this_year(today: date) -> Period:
    return Period(today.replace(month=1, day=1), today.replace(month=12, day=31))


def best(times: int, action: Callable[[], object]) -> float:
    """Seconds of the quickest of several goes."""
    return min(timed(action) for _ in range(times)) / 1000


class Process(NamedTuple):
    """A process of its own that is over."""

    seconds: float
    memory: float  # megabytes at the peak
    said: str


def process(*words: str) -> Process:
    started = time.monotonic()
    running = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    said = running.stdout.read()
    _, running.returncode, usage = os.wait4(running.pid, 0)
    if running.returncode:
        raise SystemExit(f"{' '.join(words)} failed")
    return Process(time.monotonic() - started, usage.ru_maxrss / 1024, said)


def writing() -> Iterator[LongWork]:
    """The writing of a workbook by itself, each in a process of its own; its memory of few rows and of many."""
    few, many, bare = (
        process(sys.executable, "-m", "bench.writing", who, str(rows))
        for who, rows in (("ours", 20_000), ("ours", 100_000), ("bare", 100_000))
    )
    about = f"peak {many.memory:.0f} MB, of 20,000 rows {few.memory:.0f} MB"
    # The seconds that they say are without the start of the process.
    ours, floor = float(many.said), float(bare.said)
    yield LongWork("100,000 rows of 12 columns as a workbook", ours, floor, "bare XlsxWriter", about)


def workbook(place: Grounds, client: Browser, connection: psycopg.Connection, today: date) -> Iterator[LongWork]:
    """Excel of the ABC report by the command; beside it the statement and XlsxWriter with the same rows."""
    year = this_year(today)
    values = {"first": year.first, "last": year.last, "on": today}
    yield from writing()
    path = place.folder / "abc-buyers.xlsx"
    made = process(*FLASK, "report", "abc-buyers", "period=this-year", "--format", "xlsx", "-o", str(path))

    def bare() -> int:
        book = xlsxwriter.Workbook(BytesIO(), {"constant_memory": True})
        sheet = book.add_worksheet()
        rows = connection.execute(REPORT, values).fetchall()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        book.close()
        return len(rows)

    about = f"{path.stat().st_size / 1e6:.1f} MB, peak {made.memory:.0f} MB"
    yield LongWork("Excel of abc-buyers", made.seconds, best(1, bare), "the statement + bare XlsxWriter", about)
    page = best(3, lambda: client.twin().get("/reports/abc-buyers/?period=this-year"))
    read = best(3, lambda: connection.execute(REPORT + " LIMIT 200", values).fetchall())
    yield LongWork("page of abc-buyers", page, read, "the statement")


def orders_file(path: Path, connection: psycopg.Connection, lines: int, today: date) -> None:
    random = Random(1)
    items = [row[0] for row in connection.execute("SELECT code FROM item WHERE NOT is_service ORDER BY id LIMIT 2000")]
    buyers = [r[0] for r in connection.execute("SELECT code FROM counterparty WHERE is_buyer ORDER BY id LIMIT 5000")]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("number", "date", "counterparty", "item", "quantity", "price"))
        for number in range(lines // LINES_OF_ORDER):
            buyer, day = random.choice(buyers), today - timedelta(days=random.randint(0, 300))
            for item in random.sample(items, LINES_OF_ORDER):
                writer.writerow(
                    (f"bench-{number}", day, buyer, item, random.randint(1, 20), f"{random.uniform(10, 9000):.2f}")
                )


@contextmanager
def orders_gone(connection: psycopg.Connection) -> Iterator[None]:
    gone = "DELETE FROM buyer_order WHERE number LIKE 'bench-%'"
    connection.execute(gone)
    yield
    connection.execute(gone)


def importing(place: Grounds, connection: psycopg.Connection, lines: int, today: date) -> Iterator[LongWork]:
    """A file of order lines by the command, in a process of its own; beside it COPY of the same lines."""
    path = place.folder / "orders.csv"
    orders_file(path, connection, lines, today)
    with orders_gone(connection):
        brought = process(*FLASK, "import", "orders", str(path))
    with connection.transaction(force_rollback=True), path.open("rb") as stream:
        connection.execute(
            "CREATE TEMP TABLE bare_line (number text, date date, counterparty text, item text, q numeric, p numeric)"
        )
        began = time.monotonic()
        with connection.cursor().copy("COPY bare_line FROM STDIN (FORMAT csv, HEADER)") as copy:
            while part := stream.read(1 << 20):
                copy.write(part)
        floor = time.monotonic() - began
    about = f"{lines / brought.seconds * 60:,.0f} lines a minute, peak {brought.memory:.0f} MB"
    yield LongWork(f"import of {lines:,} order lines", brought.seconds, floor, "COPY of the file", about)
