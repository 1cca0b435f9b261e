"""`make soak`, `python -m bench.soak`: 200 people at work, what they waited for and what it cost."""

from __future__ import annotations

import argparse
import csv
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import psycopg
from werkzeug.security import generate_password_hash

from app.services.demo import SIZES
from bench import work
from bench.place import business_day
from bench.soak import mail, product, truth
from bench.soak.kills import Kills
from bench.soak.mail import LetterFlow
from bench.soak.meanwhile import Meanwhile
from bench.soak.product import Sampling
from config import ROOT

RAMP = 4  # people who come in a second
IMPORTED = 5_000  # lines of a file of orders, again and again
CHEAP = "pbkdf2:sha256:1"  # two hundred who log in within a minute are no part of a usual day
PAUSE = 5.0  # seconds between two files
FACTS = {
    "users": """SELECT username FROM ab_user u JOIN ab_user_role r ON r.user_id = u.id
                JOIN ab_role n ON n.id = r.role_id WHERE n.name = 'Sales manager' AND u.active""",
    "items": "SELECT id FROM item WHERE NOT is_service ORDER BY id LIMIT 500",
    "phones": "SELECT phone_tail FROM contact_info WHERE length(phone_tail) >= 7 ORDER BY id LIMIT 200",
    "words": "SELECT DISTINCT lower(left(split_part(name_sort, ' ', 1), 6)) FROM counterparty ORDER BY 1 LIMIT 200",
}
DIRECTOR = """SELECT username FROM ab_user u JOIN ab_user_role r ON r.user_id = u.id JOIN ab_role n ON n.id = r.role_id
              WHERE n.name = 'Commercial director' AND u.active LIMIT 1"""


def main() -> None:
    asked = arguments()
    for line in soaked(asked.size, asked.users, asked.minutes, kills=asked.kills):
        print(line, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description="Many people at work on the whole product.")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kills", action="store_true", help="end parts of the product at random meanwhile")
    return parser.parse_args()


def soaked(size: str, users: int, minutes: float, *, kills: bool) -> Iterator[str]:
    """The report, line by line; also kept beside the base, in `soak.md`."""
    with product.running(size) as running, ExitStack() as stack:
        folder = running.folder / "soak"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        kept = stack.enter_context((running.folder / "soak.md").open("w"))
        with psycopg.connect(running.database, autocommit=True) as connection:
            truth.clean(connection)
            facts = known(connection)
        (folder / "facts.json").touch(mode=0o600)
        (folder / "facts.json").write_text(json.dumps(facts))

        def tell(lines: Iterator[str]) -> Iterator[str]:
            for line in lines:
                kept.write(line + "\n")
                yield line

        yield from tell(
            iter([f"# {users} people, {minutes:g} min, {size}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", ""])
        )
        post = stack.enter_context(LetterFlow(running.database, free_port(), folder / "taken.txt"))
        watch = Sampling(running)
        with watch, Importing(folder / "orders.csv", running.database), ExitStack() as killing:
            victims = killing.enter_context(Kills(running, post.kill)) if kills else None
            crowd(folder, users, minutes)
        product.until(running.is_well, "well again at the end")
        yield from tell(times(folder))
        yield from tell(costs(watch))
        if victims:
            yield from tell(ends(victims))
        with psycopg.connect(running.database, autocommit=True) as connection:
            yield from tell(post.told())
            yield from tell(truth.of_marks(connection, folder))
            yield from tell(truth.of_figures(connection))
            truth.clean(connection)
            mail.clean(connection)


def known(connection: psycopg.Connection) -> dict[str, object]:
    """Who works and with what; everybody gets one new password."""
    password = secrets.token_urlsafe(12)
    connection.execute(
        "UPDATE ab_user SET password = %s WHERE username <> 'admin'", (generate_password_hash(password, CHEAP),)
    )
    found: dict[str, object] = {name: [row[0] for row in connection.execute(query)] for name, query in FACTS.items()}
    row = connection.execute(DIRECTOR).fetchone()
    return found | {"password": password, "director": row[0] if row else ""}


def crowd(folder: Path, users: int, minutes: float) -> None:
    """Locust, in a process of its own: its threads are not ours."""
    command = [
        sys.executable, "-m", "locust", "-f", "bench/soak/office.py", "--headless", "--only-summary", "--reset-stats",
        "--host", f"http://127.0.0.1:{product.PORT}", "--users", str(users), "--spawn-rate", str(RAMP),
        "--run-time", f"{int(minutes * 60)}s", "--csv", str(folder / "times"), "--loglevel", "WARNING",
    ]  # fmt: skip
    env = {**os.environ, "SOAK_FACTS": str(folder / "facts.json")}
    with (folder / "locust.log").open("wb") as log:
        subprocess.run(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, check=False)


@dataclass
class Importing(Meanwhile):
    """A file of orders is imported by the command, again and again."""

    path: Path
    database: str

    def __enter__(self) -> Self:
        with psycopg.connect(self.database, autocommit=True) as connection:
            work.orders_file(self.path, connection, IMPORTED, business_day())
        return super().__enter__()

    def go_on(self) -> None:
        command = [sys.executable, "-m", "flask", "--app", "run", "import", "orders", str(self.path)]
        while not self.stopped.wait(PAUSE):
            with (self.path.parent / "import.log").open("ab") as log:
                subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False)


def times(folder: Path) -> Iterator[str]:
    """By what was done, of everything together at the end; errors by what they were."""
    yield "| what | requests | failed | p50, ms | p95, ms | p99, ms | most, ms |"
    yield "|---|---|---|---|---|---|---|"
    with (folder / "times_stats.csv").open() as file:
        for row in csv.DictReader(file):
            yield (
                f"| {row['Name']} | {row['Request Count']} | {row['Failure Count']} | {row['50%']} | {row['95%']} "
                f"| {row['99%']} | {float(row['Max Response Time']):.0f} |"
            )
    yield ""
    with (folder / "times_failures.csv").open() as file:
        for row in csv.DictReader(file):
            yield f"failed: {row['Name']}: {row['Error']}: {row['Occurrences']}"


def costs(watch: Sampling) -> Iterator[str]:
    """Memory at the beginning, the middle and the end, and the longest queues."""
    yield "| s | web processes, MB | workers and mail, MB |"
    yield "|---|---|---|"
    samples = [sample for sample in watch.samples if sample.web]
    for number in range(0, len(samples), max(len(samples) // 10, 1)):
        sample = samples[number]
        web = " + ".join(f"{each / 1e6:.0f}" for each in sample.web)
        yield f"| {sample.at:.0f} | {web} | {sample.workers / 1e6:.0f} |"
    yield ""
    names = sorted({name for sample in watch.samples for name in sample.measures})
    for name in names:
        found = [sample.measures[name] for sample in watch.samples if name in sample.measures]
        yield f"{name}: most {max(found):.0f}, last {found[-1]:.0f}"


def ends(kills: Kills) -> Iterator[str]:
    every = [seconds for found in kills.back.values() for seconds in found]
    yield f"killed {len(every)} times; well again after {max(every, default=0):.1f} s at most"
    for victim, seconds in sorted(kills.back.items()):
        yield f"{victim}: {len(seconds)} times, {', '.join(f'{each:.1f}' for each in seconds)} s"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s")
