"""The servers and the databases of a run of the tests: one PostgreSQL and one Redis for all its workers.

What is costly to fill is made once, by whichever worker asks first, and copied for
everybody, by later runs too while the files that made it are the same. What a
run leaves is dropped by the next one.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Callable
from functools import cache
from itertools import count

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import scalar_row

from app import embedded
from config import ROOT, Settings

FRESH = "TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
RISKED = ("fsync", "synchronous_commit", "full_page_writes")  # a run that the power ends is begun again
# It would count the rows of a test that is under way as none, and later tests would wait for the plans of empty tables.
UNSTEADY = ("autovacuum",)
CROWDED = 1000  # dead rows
MAKING, REDIS, KEPT = 1, 2, 3  # the first numbers of advisory locks; a run's own lock is one number


class Bases:
    """The databases of this worker, and those that its run shares."""

    def __init__(self) -> None:
        self.settings = embedded.filled(_servers())
        self.run = (os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex)[:8]
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._numbers = count()
        self._kept = self._connect()
        for name in (*RISKED, *UNSTEADY):
            self._kept.execute(f"ALTER SYSTEM SET {name} = off")
        self._kept.execute("SELECT pg_reload_conf()")
        self._kept.execute("SELECT pg_advisory_lock_shared(%s)", [int(self.run, 16)])
        self._sweep()

    def new(self, name: str, of: str | None = None) -> str:
        """The address of a database of this worker's own: a copy, or an empty one."""
        own = f"crm_{self.run}_{self.worker}_{name}_{next(self._numbers)}"
        self._create(own, of)
        return self._address(own)

    def once(self, name: str, make: Callable[[str], None], *, of: str | None = None, by: tuple[str, ...]) -> str:
        """A database to copy, made by the first worker that asks: `make` fills it, given its address, and leaves it.

        It is kept until `by` changes: the files and folders that say what is in it.
        """
        whole = f"crm_kept_{name}_{_print_of((*by, __file__), of)}"
        with self._connect() as connection:
            connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [MAKING, name])
            self._kept.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [KEPT, whole])
            if whole not in self._names():
                part = f"crm_{self.run}_{name}_part"
                self._drop(part)
                self._create(part, of)
                make(self._address(part))
                with self._connect(part) as made:
                    made.execute("VACUUM ANALYZE")
                connection.execute(f"ALTER DATABASE {part} RENAME TO {whole}")
                self._outdate(f"crm_kept_{name}_")
        return whole

    def let_go(self, address: str) -> None:
        """Nobody is connected to a database any more. It is dropped by the next run, with the others: ext4 looks
        through the files that were deleted a moment ago for each one that it makes, and the next copy would take ten
        times as long.
        """
        name = re.fullmatch(r".*@/(\w+)\?.*", address)
        assert name is not None
        self._kept.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name[1]])

    def tidy(self, address: str) -> None:
        """Free what rolled-back tests left in a database: its tables are read as fast as fresh ones."""
        with psycopg.connect(address.replace("+psycopg", "", 1), autocommit=True, row_factory=scalar_row) as connection:
            crowded = connection.execute(
                "SELECT quote_ident(relname) FROM pg_stat_user_tables WHERE n_dead_tup > %s", [CROWDED]
            ).fetchall()
            if crowded:
                connection.execute(f"VACUUM {', '.join(map(str, crowded))}")

    def redis(self) -> str:
        """The address of a Redis database that nobody else uses, emptied."""
        for number in range(16):
            if self._kept.execute("SELECT pg_try_advisory_lock(%s, %s)", [REDIS, number]).fetchone():
                address = f"{self.settings.redis_url}?db={number}"
                with redis.Redis.from_url(address) as client:
                    client.flushdb()
                return address
        raise AssertionError("more than sixteen workers")

    def close(self) -> None:
        """What this run has made is dropped by the next one: nobody waits for it now."""
        self._kept.close()

    def _sweep(self) -> None:
        """Drop what belongs to runs of which no worker lives."""
        for name in self._names():
            if found := re.match(r"crm_([0-9a-f]{8})_", name):
                with self._connect() as connection:
                    over = connection.execute("SELECT pg_try_advisory_lock(%s)", [int(found[1], 16)]).fetchone()
                    if over:
                        self._drop(name)

    def _outdate(self, start: str) -> None:
        """Drop what was made by other files, but for what another run works with."""
        for name in self._names():
            if name.startswith(start):
                with self._connect() as connection:
                    mine = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [KEPT, name]).fetchone()
                    if mine:
                        self._drop(name)

    def _names(self) -> set[str]:
        return set(self._kept.execute("SELECT datname FROM pg_database").fetchall())

    def _create(self, name: str, of: str | None) -> None:
        self._kept.execute(f"CREATE DATABASE {name} {f'TEMPLATE {of} STRATEGY file_copy' if of else FRESH}")

    def _drop(self, name: str) -> None:
        self._kept.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _connect(self, name: str = "postgres") -> psycopg.Connection[bool | str]:
        where = self.settings.database_url.replace("+psycopg", "", 1)
        return psycopg.connect(**{**conninfo_to_dict(where), "dbname": name}, autocommit=True, row_factory=scalar_row)

    def _address(self, name: str) -> str:
        return self.settings.database_url.replace(f"/{embedded.DATABASE}?", f"/{name}?", 1)


@cache
def _print_of(paths: tuple[str, ...], of: str | None) -> str:
    found = hashlib.sha256((of or "").encode())
    for path in sorted(paths):
        place = ROOT / path
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:12]


def _servers() -> Settings:
    """The product's own servers, in a folder of the tests; they run as long as any worker does."""
    settings = Settings.from_env({"CRM_DATA_DIR": str(ROOT / "var" / "test")})
    embedded.use(settings)
    return settings
