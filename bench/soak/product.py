"""The whole product on a base of its own, as `make run` starts it, and what it costs while people work."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from prometheus_client.parser import text_string_to_metric_families

from app import embedded
from bench.place import MADE, flask
from bench.soak.meanwhile import Meanwhile
from config import ROOT, Settings

PORT = 8192
PATIENCE = 120.0  # seconds
EVERY = 5.0  # seconds between two looks at memory and queues
# What a process of the product is, by its name or what its command line has; those that were forked have the stem's.
PARTS = {
    "front": "app.processes.front",
    "clock": "clock",
    "mail": "mail",
    "worker": "worker",
    "stem": "jobs.stem",
    "redis": "valkey-server",
    "web": "gunicorn",
    "postgresql": "/postgres -D",
}


@dataclass
class Product:
    """One that runs; `parts` knows its processes."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def database(self) -> str:
        settings = Settings.from_env({"CRM_DATA_DIR": str(self.folder)})
        return embedded.filled(settings).database_url.replace("postgresql+psycopg", "postgresql")

    def parts(self) -> dict[str, psutil.Process]:
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                line, called = " ".join(child.cmdline()), child.name()
                if name := next((name for name, mark in PARTS.items() if mark == called or mark in line), None):
                    found[name] = child
        return found

    def web_workers(self) -> list[psutil.Process]:
        with suppress(KeyError, psutil.Error):
            return self.parts()["web"].children()
        return []

    def is_well(self) -> bool:
        return set(self.parts()) == set(PARTS) and len(self.web_workers()) > 0 and page("/readyz") is not None


def page(path: str) -> str | None:
    """None where there is no answer, or not 200."""
    try:
        with urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5) as answer:
            return str(answer.read().decode()) if answer.status == 200 else None
    except (URLError, OSError):
        return None


def base(size: str, **settings: str) -> tuple[Path, dict[str, str]]:
    """The folder of the base that `make bench` has, made now if it is not there, and what processes on it are told."""
    folder = ROOT / "var" / "bench" / size
    own = environment_of(folder, **settings)
    made = folder / MADE  # several machines leave no other mark of it
    if not made.exists() and not (folder / "prepared").exists():
        flask("prepare")
        flask("demo", "--size", size)
        made.touch()
    return folder, own


def environment_of(folder: Path, **settings: str) -> dict[str, str]:
    """What processes on the base in that folder are told; the commands that we give work on it too."""
    folder.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_", "MAKE"))}
    own |= {"CRM_DATA_DIR": str(folder), "CRM_PORT": str(PORT), "CRM_DEMO": "0", "CRM_BACKUP_DIR": "0", **settings}
    os.environ |= own
    return own


@contextmanager
def running(size: str, **settings: str) -> Iterator[Product]:
    """On a base of its own."""
    # As behind another server: else all these people would be one address with too many connections.
    folder, own = base(size, CRM_PUBLIC_URL=f"http://127.0.0.1:{PORT + 1}", **settings)
    with started(folder, own) as product:
        yield product


@contextmanager
def started(folder: Path, own: dict[str, str]) -> Iterator[Product]:
    log = (folder / "soak.log").open("wb")
    process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=own, stdout=log, stderr=subprocess.STDOUT)
    product = Product(folder, process)
    try:
        until(lambda: process.poll() is not None or product.is_well(), f"the product runs; see {log.name}")
        if process.poll() is not None:
            raise SystemExit(f"the product did not start; see {log.name}")
        yield product
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        log.close()


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > patience:
            raise SystemExit(f"not in {patience:.0f} s: {what}")
        time.sleep(0.1)


@dataclass
class LookAt:
    """At one moment: the memory of each process in bytes, and the measures of /metrics."""

    at: float
    web: list[int]
    workers: int
    measures: dict[str, float]


@dataclass
class Sampling(Meanwhile):
    """Looks every few seconds until it is told to stop."""

    product: Product
    samples: list[LookAt] = field(default_factory=list)

    def go_on(self) -> None:
        began = time.monotonic()
        while not self.stopped.wait(EVERY):
            with suppress(psutil.Error):
                parts = self.product.parts()
                workers = sum(memory(parts[name]) for name in ("worker", "mail") if name in parts)
                web = [each.memory_info().rss for each in self.product.web_workers()]
                self.samples.append(LookAt(time.monotonic() - began, web, workers, measured()))


def memory(process: psutil.Process) -> int:
    """Of it and of what it started; what they share counts once."""
    return int(sum(each.memory_full_info().pss for each in (process, *process.children(recursive=True))))


def measured() -> dict[str, float]:
    text = page("/metrics") or ""
    return {
        f"{sample.name} {' '.join(sample.labels.values())}".rstrip(): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if re.match(r"vizavi_(queue|oldest|base|jobs)", sample.name)
    }
