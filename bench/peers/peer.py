"""A peer: another CRM with a copy of our rows, and its server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from bench.client import Browser
from bench.place import Grounds
from config import Settings

HERE = Path(__file__).parent

# What one client asks for, by the name of the row in the table.
Screens = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Sought:
    """What everybody is asked for: numbers of a company and of an employee, ten digits, a piece of names."""

    company: int
    employee: int
    login: str
    phone: str
    name: str


class Rows(NamedTuple):
    """A table of a peer, some columns of it, and the query that makes them of our base."""

    table: str
    columns: str
    query: str


@dataclass(frozen=True)
class Peer:
    """Another CRM.

    `maker` is the command that makes its tables and an administrator, with {database} and {password} put in;
    `settled` is SQL for what is left to do when the rows are there, `clean` for what screens have saved.
    `screens` logs in at a port with a password and gives the screens of so many clients.
    """

    name: str
    port: int
    requirements: str  # a file here; empty: it runs on packages of the product
    maker: tuple[str, ...]
    served: str
    rows: tuple[Rows, ...]
    settled: str
    clean: str
    screens: Callable[[int, str, Sought, int], list[Screens]]

    @property
    def database(self) -> str:
        return f"peer_{self.name}"


def spread(asked: Mapping[str, Callable[[Browser], object]], browser: Browser, clients: int) -> list[Screens]:
    """The same pages for so many clients of one login."""
    return [
        {name: partial(ask, one) for name, ask in asked.items()} for one in (browser.twin() for _ in range(clients))
    ]


@contextmanager
def served(peer: Peer, ours: Grounds, venvs: Path) -> Iterator[None]:
    """Its server in front of its base, which is made now if it is not there."""
    if listens(peer.port):
        raise SystemExit(f"port {peer.port} is taken: something else is at work")
    programs = programs_of(peer, venvs)
    with ours.connect() as connection:
        made = connection.execute("SELECT FROM pg_database WHERE datname = %s", [peer.database]).fetchone()
    if made is None:
        print(f"The base of {peer.name} is made, once.", flush=True)
        make(peer, ours, programs)
    command: list[str | Path] = [programs / "gunicorn", "--bind", f"127.0.0.1:{peer.port}", peer.served]
    command += ["--workers", str(Settings.from_env().web_workers)]
    with (ours.folder / f"{peer.name}.log").open("wb") as log:
        # Not started in our folder: gunicorn would find our settings there.
        server = subprocess.Popen(command, cwd=HERE, env=surroundings(peer.database, ours), stdout=log, stderr=log)
        try:
            wait_for(peer.port, server)
            yield
        finally:
            server.terminate()
            server.wait()
            with psycopg.connect(ours.database, dbname=peer.database) as connection:
                connection.execute(SQL(peer.clean))


def programs_of(peer: Peer, venvs: Path) -> Path:
    if not peer.requirements:
        return Path(sys.executable).parent
    programs = venvs / peer.name / "bin"
    if not programs.exists():
        subprocess.run([sys.executable, "-m", "venv", programs.parent], check=True)
    pip: list[str | Path] = [programs / "python", "-m", "pip", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "install", "-r", HERE / peer.requirements], check=True)
    return programs


def surroundings(database: str, ours: Grounds) -> dict[str, str]:
    """Peers leave it to libpq where PostgreSQL is."""
    address = conninfo_to_dict(ours.database)
    return os.environ | {
        "PGHOST": str(address["host"]),
        "PGUSER": str(address["user"]),
        "PGDATABASE": database,
        "SECRET_KEY": ours.password,
        "TRYTOND_DATABASE__URI": "postgresql://",
        "TRYTOND_DATABASE_NAMES": database,
        "TRYTONPASSFILE": "/dev/stdin",
    }


def make(peer: Peer, ours: Grounds, programs: Path) -> None:
    """The base, under its name only when it is whole."""
    part = f"{peer.database}_part"
    words = [word.format(database=part, password=ours.password) for word in peer.maker]
    with ours.connect() as source:
        source.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(part)))
        source.execute(SQL("CREATE DATABASE {}").format(Identifier(part)))
        subprocess.run(
            [programs / words[0], *words[1:]],
            cwd=HERE,
            env=surroundings(part, ours),
            input=ours.password,
            text=True,
            check=True,
        )
        with psycopg.connect(ours.database, dbname=part, autocommit=True) as target:
            for rows in peer.rows:
                copy(rows, source, target)
            target.execute(SQL(peer.settled))
            target.execute("VACUUM ANALYZE")
        source.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(part), Identifier(peer.database)))


def copy(rows: Rows, source: psycopg.Connection, target: psycopg.Connection) -> None:
    """Rows of one base into another; the table numbers new ones after them."""
    table, sequence = Identifier(rows.table), Identifier(f"{rows.table}_id_seq")
    with (
        source.cursor().copy(SQL("COPY ({}) TO STDOUT").format(SQL(rows.query))) as out,
        target.cursor().copy(SQL("COPY {} ({}) FROM STDIN").format(table, SQL(rows.columns))) as into,
    ):
        for block in out:
            into.write(block)
    number = SQL("SELECT setval({}, max(id)) FROM {}")
    target.execute(number.format(sequence.as_string(), table))


def listens(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not listens(port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the server at port {port} did not start; see its log")
        time.sleep(0.1)
