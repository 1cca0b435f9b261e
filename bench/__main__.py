"""`make bench`, `python -m bench`: prints the performance table and keeps it in var/bench/result.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from app.services.demo import SIZES
from bench import classes, journal, letters, pages, place, reports, work
from bench.client import Browser
from bench.measure import Times, measure, percentile
from bench.work import LongWork
from config import ROOT

CROWD = 8


def main() -> None:
    asked = arguments()
    office = tell(office_at_work(asked.size)) if "people" in asked.only else []  # it has the base for itself
    with place.ready(asked.size) as here, here.connect() as connection:
        client = Browser(here.port)
        client.log_in(place.USER, here.password)
        lines = [f"# {asked.size}, {datetime.now(UTC):%Y-%m-%d %H:%M}", "", *office]
        lines += tell(how_big(here))
        if "pages" in asked.only:
            clients = [client.twin() for _ in range(CROWD)]
            bare = pages.Page("a bare Flask route", lambda each: each.get("/bench/constant").cost, "SELECT 1")
            known = pages.facts(connection)
            listed = [bare, *pages.pages(client, known)]
            with place.worker():
                found = measure(listed, clients, connection, rounds=asked.rounds, times=asked.times)
            connection.execute(pages.CLEAN, known.values)
            lines += tell(page_table(found, percentile(found[bare.name].alone, 50)))
        today = place.business_day()
        works = {
            "abc": lambda: classes.works(connection, today),
            "reports": lambda: reports.pages(here, client.twin(), connection, today),
            "excel": lambda: work.workbook(here, client, connection, today),
            "import": lambda: work.importing(here, connection, asked.lines, today),
            "journal": lambda: journal.costs(connection),
            "letters": lambda: letters.rates(connection, here.database),
            "read": lambda: letters.read(connection, here.database),
        }
        done = [each for name, start in works.items() if name in asked.only for each in start()]
        if done:
            lines += tell(work_table(done))
    (ROOT / "var" / "bench" / "result.md").write_text("\n".join(lines) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="The performance table.")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--rounds", type=int, default=5, help="how often all pages are asked in turn")
    parser.add_argument("--times", type=int, default=6, help="how often one client asks a page in a round")
    parser.add_argument("--lines", type=int, default=100_000, help="order lines to import")
    parts = ["people", "pages", "abc", "reports", "excel", "import", "journal", "letters", "read"]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    return parser.parse_args()


def office_at_work(size: str) -> Iterator[str]:
    """What `make soak` tells of everything together, after two minutes."""
    command = [sys.executable, "-m", "bench.soak", "--size", size, "--minutes", "2"]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    rows = [line for line in said if line.startswith("|")][:2] + [line for line in said if "| Aggregated |" in line]
    yield from [*rows, *(line for line in said if line.startswith(("failed:", "answered"))), ""]


def tell(lines: Iterator[str]) -> list[str]:
    """Prints the lines as they come and keeps them."""
    kept = []
    for line in lines:
        print(line, flush=True)
        kept.append(line)
    return kept


def how_big(here: place.Grounds) -> Iterator[str]:
    tables = ("counterparty", "contact_person", "contact_info", "buyer_order", "shipment_line", "contact")
    with here.connect() as connection:
        for table in tables:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            yield f"{table}: {row[0] if row else 0:,}"
    yield ""


def page_table(found: dict[str, Times], route: float) -> Iterator[str]:
    """The floor is the bare statement and the bare route together; CPU is that of the web server."""
    yield f"| action | 1 client p50 / p95, ms | {CROWD} clients p50 / p95, ms | SQL | CPU, ms | SQL + route, ms | × |"
    yield "|---|---|---|---|---|---|---|"
    for name, times in found.items():
        alone, sql = percentile(times.alone, 50), percentile(times.floor, 50)
        yield (
            f"| {name} | {alone:.1f} / {percentile(times.alone, 95):.1f} "
            f"| {percentile(times.crowd, 50):.1f} / {percentile(times.crowd, 95):.1f} "
            f"| {max(cost.statements for cost in times.costs)} | {percentile([c.cpu for c in times.costs], 50):.1f} "
            f"| {sql:.1f} + {route:.1f} | {alone / (sql + route):.1f} |"
        )
    yield ""


def work_table(works: list[LongWork]) -> Iterator[str]:
    yield "| work | s | floor, s | floor is | × floor | |"
    yield "|---|---|---|---|---|---|"
    for each in works:
        ratio = each.ours / each.floor if each.floor else 0
        yield f"| {each.name} | {each.ours:.2f} | {each.floor:.2f} | {each.floor_is} | {ratio:.1f} | {each.about} |"
    yield ""


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s")
