"""Where the measuring happens: a base that is made once and kept, the servers, and what is in the base."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import psycopg

from app import embedded
from config import ROOT, Settings

USER = "bench"
PORT = 8190
MADE = "made"  # in its folder, of a base that is filled


@dataclass(frozen=True)
class Grounds:
    """A filled base and the server in front of it."""

    folder: Path
    database: str  # for psycopg
    password: str
    port: int = PORT
    web: int = 0  # the process of gunicorn

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.database, autocommit=True, prepare_threshold=0)


def flask(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "flask", "--app", "run", *arguments], cwd=ROOT, check=True)


def business_day() -> date:
    return datetime.now(ZoneInfo(Settings.from_env().timezone)).date()


@contextmanager
def ready(size: str, *options: str) -> Iterator[Grounds]:
    """The base of that size, made now if it is not there; its servers run until the end, gunicorn by these options."""
    folder = ROOT / "var" / "bench" / size
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {"CRM_DATA_DIR": str(folder), "CRM_PORT": str(PORT), "CRM_DEMO": "0"}
    os.environ.pop("CRM_DATABASE_URL", None)
    settings = Settings.from_env()
    embedded.use(settings)
    database = embedded.filled(settings).database_url.replace("postgresql+psycopg", "postgresql")
    flask("prepare")
    with psycopg.connect(database) as connection:
        filled = connection.execute("SELECT EXISTS (SELECT FROM counterparty)").fetchone()
    if filled is None or not filled[0]:
        print(f"The base of {size} size is made, once.", flush=True)
        flask("demo", "--size", size)
    (folder / MADE).touch()
    with served(Grounds(folder, database, password_of(folder)), *options) as place:
        yield place


def password_of(folder: Path, user: str = USER, role: str = "Commercial director") -> str:
    """The password of a user who measures; made with him."""
    kept = folder / f"{user}.json"
    if not kept.exists():
        password = secrets.token_urlsafe(18)
        flask("users", "add", user, "--role", role, "--password", password)
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"password": password}))
    return str(json.loads(kept.read_text())["password"])


@contextmanager
def served(place: Grounds, *options: str) -> Iterator[Grounds]:
    """gunicorn as the product runs it, in front of bench.wsgi."""
    if answers(place.port):
        raise SystemExit(f"port {place.port} is taken: another run is at work")
    log = (place.folder / "web.log").open("wb")
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", *options, "bench.wsgi:create()"]
    web = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not answers(place.port):
            if web.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the web server did not start; see {log.name}")
            time.sleep(0.1)
        yield replace(place, web=web.pid)
    finally:
        web.terminate()
        web.wait()
        log.close()


@contextmanager
def worker() -> Iterator[None]:
    """One that does what pages leave to it."""
    working = subprocess.Popen([sys.executable, "-m", "jobs.worker", "1"], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        working.terminate()
        working.wait()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/bench/constant", timeout=1) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False
