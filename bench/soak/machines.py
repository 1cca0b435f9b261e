"""`make machines`: two web hosts behind nginx, two hosts of workers and clocks, one Redis, one PostgreSQL with a copy
for reports, each in a folder of its own; the hosts are restarted one after another while people work.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from app import embedded
from app.processes.postgres import DATABASE, Cluster, program
from app.processes.sockets import own_folder
from app.services.demo import SIZES
from bench.soak import mail, product, truth
from bench.soak.__main__ import Importing, crowd, free_port, known, times
from bench.soak.mail import LetterFlow
from bench.soak.meanwhile import Meanwhile
from bench.soak.product import page, until
from config import ROOT, Settings

BETWEEN = 15.0  # seconds between two restarts
HOSTS = {"web-1": ["web"], "web-2": ["web"], "work-1": ["workers", "clock"], "work-2": ["workers", "clock"]}
CLOCKS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'clock'"
ACTING = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE application_name = 'clock' AND locktype = 'advisory' AND granted"""
READ = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
BEHIND = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) FROM pg_stat_replication"
NGINX = """
daemon off;
pid nginx.pid;
error_log error.log;
{user}
events {{ worker_connections 2048; }}
http {{
    log_format told '$upstream_addr $status';
    access_log told.log told;
    client_body_temp_path body;
    proxy_temp_path answers;
    fastcgi_temp_path other;
    uwsgi_temp_path other;
    scgi_temp_path other;
    upstream vizavi {{
        {servers}
    }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 256m;
        location / {{
            proxy_pass http://vizavi;
            proxy_http_version 1.1;
            proxy_connect_timeout 3s;
            proxy_read_timeout 600s;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


@dataclass
class Host:
    """One machine: its folder, its port, the parts that it runs."""

    folder: Path
    parts: list[str]
    settings: dict[str, str]
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it works."""
        self.folder.mkdir(exist_ok=True)
        env = {**os.environ, **self.settings, "CRM_DATA_DIR": str(self.folder), "CRM_PORT": str(self.port)}
        log = self.folder / "said.log"
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "run.py", *self.parts], cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT
            )
        until(lambda: b"Vizavi is ready" in log.read_bytes(), f"{self.folder.name} runs; see {log}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(product.PATIENCE)


@dataclass
class Restarts(Meanwhile):
    """One host after another, again and again; `took`: of each the seconds until it worked again."""

    hosts: list[Host]
    database: str
    took: dict[str, list[float]] = field(default_factory=dict)
    acting: Counter[int] = field(default_factory=Counter)

    def go_on(self) -> None:
        while True:
            for host in self.hosts:
                if self.stopped.wait(BETWEEN):
                    return
                began = time.monotonic()
                host.stop()
                host.start()
                self.took.setdefault(host.folder.name, []).append(time.monotonic() - began)
                with psycopg.connect(self.database, autocommit=True) as connection:
                    self.acting[number(connection, ACTING)] += 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="machines", description="Several machines, restarted in turn under load.")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=6)
    asked = parser.parse_args()
    if shutil.which("nginx") is None:
        raise SystemExit("nginx is needed: on Debian, apt-get install nginx")
    for line in worked(asked.size, asked.users, asked.minutes):
        print(line, flush=True)


def worked(size: str, users: int, minutes: float) -> Iterator[str]:
    """The report, line by line."""
    folder, _ = product.base(size)
    place = folder / "machines"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o755)
    settings = embedded.filled(Settings.from_env())
    embedded.use(Settings.from_env())
    database = settings.database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(database, autocommit=True) as connection, ExitStack() as stack:
        truth.clean(connection)
        (place / "facts.json").touch(mode=0o600)
        (place / "facts.json").write_text(json.dumps(known(connection)))
        copy = stack.enter_context(standby(place / "copy", Path(settings.data_dir) / "postgres"))
        shared = {
            "CRM_DATABASE_URL": settings.database_url,
            "CRM_REPORTS_DATABASE_URL": copy,
            "CRM_REDIS_URL": settings.redis_url,
            "CRM_SECRET_KEY": secrets.token_urlsafe(36),
            "CRM_PUBLIC_URL": f"http://127.0.0.1:{product.PORT}",
        }
        hosts = [Host(place / name, parts, shared) for name, parts in HOSTS.items()]
        for host in hosts:
            stack.callback(host.stop)
            host.start()
        stack.enter_context(in_front(place / "nginx", [host.port for host in hosts if host.parts == ["web"]]))
        until(lambda: page("/readyz") is not None, "nginx passes requests on")
        post = stack.enter_context(LetterFlow(database, free_port(), place / "taken.txt"))
        with psycopg.connect(copy, autocommit=True) as reading:
            read = number(reading, READ)
            restarts = Restarts(hosts, database)
            with restarts, Importing(place / "orders.csv", database):
                crowd(place, users, minutes)
            read = number(reading, READ) - read
        yield f"# {users} people, {minutes:g} min, {size}: {', '.join(HOSTS)}, nginx, a copy for reports"
        yield ""
        yield from times(place)
        for name, seconds in sorted(restarts.took.items()):
            yield f"{name}: restarted {len(seconds)} times, {', '.join(f'{each:.1f}' for each in seconds)} s"
        names = {f"127.0.0.1:{host.port}": host.folder.name for host in hosts}
        for told, times_ in sorted(answered(place / "nginx" / "told.log", names).items()):
            yield f"nginx: {told}: {times_}"
        yield f"transactions on the copy: {read}; it is {number(connection, BEHIND)} bytes behind"
        yield f"clocks: {number(connection, CLOCKS)}, of them act: {dict(restarts.acting)} (seen after each restart)"
        yield from post.told()
        yield from truth.of_marks(connection, place)
        yield from truth.of_figures(connection)
        truth.clean(connection)
        mail.clean(connection)


@contextmanager
def standby(folder: Path, of: Path) -> Iterator[str]:
    """A streaming copy of the base, and its address."""
    main, copy = Cluster(of), Cluster(folder)
    who: dict[str, Any] = {"user": copy.user.pw_uid, "group": copy.user.pw_gid, "extra_groups": []} if copy.user else {}
    own_folder(folder, copy.user.pw_uid if copy.user else os.geteuid())
    reached = ["-h", str(main.socket_folder), "-U", "postgres"]
    command = [str(program("pg_basebackup")), *reached, "-D", str(folder), "-R", "-X", "stream", "--checkpoint=fast"]
    subprocess.run(command, check=True, cwd="/", stderr=subprocess.DEVNULL, **who)
    for socket in folder.glob(".s.PGSQL.*"):  # of the main server, whose data folder it is in
        socket.unlink()
    service = copy.service()
    service.prepare()
    with (folder.parent / "copy.log").open("wb") as log:
        process = subprocess.Popen(
            [*service.argv, "-c", "hot_standby_feedback=on"], cwd="/", stdout=log, stderr=subprocess.STDOUT, **who
        )
    try:
        until(service.ready, "the copy of the base answers")
        yield f"postgresql://postgres@/{DATABASE}?host={quote(str(copy.socket_folder))}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(product.PATIENCE)


@contextmanager
def in_front(folder: Path, ports: list[int]) -> Iterator[None]:
    """nginx, set up as docs/operations.md says, without https."""
    folder.mkdir()
    servers = "\n        ".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;" for port in ports)
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(servers=servers, port=product.PORT, user=user))
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"])
    try:
        yield
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(product.PATIENCE)


def answered(log: Path, names: dict[str, str]) -> Counter[str]:
    """How many requests by host (or hosts, where one refused and the next was asked) and class of status."""
    found: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        asked, _, status = line.rpartition(" ")
        found[f"{', '.join(names.get(each, each) for each in asked.split(', '))} {status[0]}xx"] += 1
    return found


def number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
