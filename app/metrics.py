"""What `/metrics` tells, in the format of Prometheus.

Each web process counts what it answers; the processes of one server keep their counts in files of one folder
(`gunicorn.conf.py`), which whoever is asked adds up. What is in the base and in Redis is read when it is asked for.
No label has a value that somebody types, and each has few.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import psutil
from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import readiness
from app.extensions import db
from app.services import backups
from app.services.bell import reminders
from app.services.mail import outbox
from app.services.webhooks import webhooks
from config import Settings

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # of the counts, when several processes answer; prometheus_client reads it too
OWN = CollectorRegistry()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 1.5, 3, 10, 60)
STATEMENTS = (0, 1, 2, 3, 5, 8, 12, 20, 40, 100)
CONNECTIONS = text("""
    SELECT split_part(application_name, ' ', 1), coalesce(state, ''), count(*) FROM pg_stat_activity
    WHERE datname = current_database() GROUP BY 1, 2""")
PARTS = {"web", "worker", "mail", "clock", "command"}

if os.environ.get(FOLDER):
    _place = ["parent"]
    values.ValueClass = values.MultiProcessValue(lambda: _place[0])


def take_place(number: int) -> None:
    """Count in the files of that number from now on; whoever had it before has gone, and his counts stay."""
    _place[0] = str(number)


requests = Counter("vizavi_requests", "Requests answered.", ("kind", "status"), registry=OWN)
seconds = Histogram("vizavi_request_seconds", "Time of an answer.", ("kind",), buckets=SECONDS, registry=OWN)
statements = Histogram(
    "vizavi_request_statements", "SQL statements of an answer.", ("kind",), buckets=STATEMENTS, registry=OWN
)

BY_VERB = {"list": "list", "show": "card", "add": "form", "edit": "form", "static": "file", "scripts": "file"}
BY_SCREEN = {
    "BellView": "bell", "CalendarView": "calendar", "SearchView": "search", "LookupView": "search",
    "CallView": "search", "HomeView": "home", "ExportView": "export", "ImportView": "import", "AuthView": "login",
}  # fmt: skip


def kind_of(endpoint: str | None, method: str) -> str:
    """The kind of a request; there are some fifteen of them."""
    if endpoint is None:
        return "other"
    screen, _, verb = endpoint.rpartition(".")
    if screen.endswith("Api"):
        return "rest"
    if screen.endswith("ReportView"):
        return "report" if verb == "page" else "report file"
    if screen in BY_SCREEN:
        return BY_SCREEN[screen]
    if method == "POST":
        return "saving"
    return BY_VERB.get(verb, "page")


def count(kind: str, status: str, took: float, asked: int) -> None:
    requests.labels(kind, status).inc()
    seconds.labels(kind).observe(took)
    statements.labels(kind).observe(asked)


def exposition(app: Flask) -> bytes:
    counts, state = OWN, CollectorRegistry()
    if os.environ.get(FOLDER):
        counts = CollectorRegistry()
        MultiProcessCollector(counts)
    state.register(StateNow(app))
    return generate_latest(counts) + generate_latest(state)


class StateNow(Collector):
    """What is read at the moment of asking. What does not answer is left out, and `vizavi_up` says so."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def collect(self) -> Iterator[Metric]:
        settings: Settings = self.app.config["CRM"]
        up = _gauge("vizavi_up", "1: the part answers.", "part")
        with self.app.app_context():
            queues = readiness.queues(self.app.config["REDIS_URL"])
            up.add_metric(["redis"], float(queues is not None))
            try:
                yield from _of_base(db.session())
                up.add_metric(["clock"], float(readiness.clock_acts(db.session())))
                up.add_metric(["postgresql"], 1)
            except SQLAlchemyError:
                up.add_metric(["postgresql"], 0)
            finally:
                db.session.remove()
        yield up
        yield from _of_queues(queues or {})
        if os.environ.get(FOLDER):
            yield from _of_processes()
        if settings.backup_dir and (last := backups.newest(settings.backup_dir)):
            made = GaugeMetricFamily("vizavi_last_backup_timestamp_seconds", "When the last whole copy was made.")
            made.add_metric([], last.timestamp())
            yield made


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=labels)


OLDEST: dict[str, Callable[[Session], timedelta | None]] = {
    "letter": outbox.oldest_due,
    "reminder": reminders.oldest_due,
    "webhook": webhooks.oldest_due,
}


def _of_base(session: Session) -> Iterator[Metric]:
    session.execute(text("SET LOCAL statement_timeout = '2s'"))
    due = _gauge("vizavi_oldest_due_seconds", "How long the oldest due row has waited; 0: none is due.", "what")
    for what, oldest in OLDEST.items():
        due.add_metric([what], (oldest(session) or timedelta()).total_seconds())
    work = _gauge("vizavi_jobs", "Pieces of long work.", "state")
    for state, number in readiness.jobs_by_state(session).items():
        work.add_metric([state], number)
    used = _gauge("vizavi_base_connections", "Connections to the base.", "part", "state")
    for part, state, number in session.execute(CONNECTIONS):
        used.add_metric([part if part in PARTS else "other", state or "other"], number)
    most = _gauge("vizavi_base_connections_most", "Connections that the server takes.")
    most.add_metric([], float(session.scalar(text("SELECT current_setting('max_connections')::int")) or 0))
    yield from (due, work, used, most)


def _of_queues(queues: dict[str, readiness.Queued]) -> Iterator[Metric]:
    waiting = _gauge("vizavi_queue_waiting", "Work that no worker has taken yet.", "queue")
    failed = _gauge("vizavi_queue_failed", "Work that failed within a day.", "queue")
    workers = _gauge("vizavi_queue_workers", "Processes that take work.", "queue")
    for name, found in queues.items():
        waiting.add_metric([name], found.waiting)
        failed.add_metric([name], found.failed)
        workers.add_metric([name], found.workers)
    yield from (waiting, failed, workers)


def _of_processes() -> Iterator[Metric]:
    memory = _gauge("vizavi_web_memory_bytes", "Memory of each web process of this server, the oldest first.", "number")
    for number, process in enumerate(psutil.Process(os.getppid()).children()):
        with suppress(psutil.NoSuchProcess):
            memory.add_metric([str(number)], process.memory_info().rss)
    yield memory
