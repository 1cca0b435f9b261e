"""Copies of the whole base, files and letters in it too: written from one moment, checked, and brought back.

A copy is a folder: what `pg_dump` wrote, and `copy.json` with the check sums of
its files and, of each table, how many rows it had and what they add up to.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import URL, Connection, Engine, func, select, text

from app.errors import Refused
from app.processes.postgres import program

MANIFEST = "copy.json"
DUMP = "base"
BEGINNING = 1 << 16  # bytes
NAME = re.compile(r"vizavi-\d{8}-\d{6}")
BEFORE_UPGRADE = "before-upgrade-of-"
PART = ".part"  # of the name of a copy that is being written
LOCK = 0x636F7079  # of the base: "copy"
UNFINISHED = "being_brought_back"  # a table that is there until `restore` has done all it has to do
DAILY = 7  # copies by the clock that are kept: of the last days, and of as many weeks as Policy says
TABLES = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""
ROWS = "SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0)::text FROM {table} AS row"


@dataclass(frozen=True)
class Copy:
    """What `copy.json` says; tables: name -> rows and their sum, files: name -> bytes and SHA-256."""

    made_at: str
    migration: str
    key: str  # tells one secret key from another: passwords of mailboxes are sealed with it
    tables: dict[str, tuple[int, str]]
    files: dict[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        return sum(rows for rows, _sum in self.tables.values())

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(size for size, _sum in self.files.values())


def write(engine: Engine, folder: Path, *, now: datetime, secret_key: str) -> Copy:
    """A copy in a folder that was not there, or was empty; it appears when it is whole."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(_("%(folder)s is not empty: a copy wants a folder of its own.", folder=folder))
    part = folder.with_name(folder.name + PART)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            migration = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            options = (f"--snapshot={snapshot}", "--format=directory", "--jobs=2", "--no-owner", "--no-privileges")
            dumping = _started("pg_dump", engine.url, *options, f"--file={part / DUMP}")
            tables = _counted(connection)
            _ended(dumping)
        files = {str(path.relative_to(part)): _summed(path) for path in sorted(part.rglob("*")) if path.is_file()}
        copy = Copy(now.isoformat(), migration, _mark(secret_key), tables, files)
        (part / MANIFEST).write_text(json.dumps(asdict(copy), indent=1))
        _kept_on_disk(part)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as problem:
        raise Refused(_("The copy was not written: %(problem)s", problem=problem.strerror or problem)) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)  # there is no room for what is not whole
    return copy


def read(folder: Path) -> Copy:
    """What a folder says of itself; refused when it is no copy."""
    try:
        found = json.loads((folder / MANIFEST).read_text())
        for name in ("tables", "files"):
            found[name] = {key: (int(number), str(mark)) for key, (number, mark) in found[name].items()}
        copy = Copy(**found)
        datetime.fromisoformat(copy.made_at)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise Refused(_("%(folder)s holds no copy of a base.", folder=folder)) from None
    return copy


def checked(folder: Path) -> Copy:
    """The same, when each of its files is what was written."""
    copy = read(folder)
    for name, (size, mark) in copy.files.items():
        path = folder / name
        if not path.is_file() or _summed(path) != (size, mark):
            raise Refused(_("The copy is damaged: %(file)s is not what was written.", file=name))
    return copy


def restore(engine: Engine, folder: Path, known: Callable[[str], bool]) -> Copy:
    """The base of the copy in an empty one, each table compared with what it was; `known`: migrations of this code."""
    copy = checked(folder)
    if not known(copy.migration):
        raise Refused(_("The copy is of a newer version of the product (%(version)s).", version=copy.migration))
    with engine.connect() as connection:
        half, filled = is_unfinished(connection), connection.scalars(text(TABLES)).first()
    if half:
        _empty(engine)
    elif filled:
        raise Refused(_("The base is not empty: a copy is brought back into an empty one only."))
    try:
        _brought_back(engine.url, folder / DUMP)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            counted = _counted(connection)
            del counted[UNFINISHED]
            if wrong := [name for name in {*counted, *copy.tables} if counted.get(name) != copy.tables.get(name)]:
                raise Refused(_("The base is not what it was: %(tables)s.", tables=", ".join(sorted(wrong))))
    except Refused:
        _empty(engine)
        raise
    return copy


def is_unfinished(connection: Connection) -> bool:
    """A copy was being brought back, and whoever did it was killed: what is here may be part of it."""
    return bool(connection.scalar(text(f"SELECT to_regclass('{UNFINISHED}') IS NOT NULL")))


def finish(connection: Connection) -> None:
    """Whoever brought the copy back has done all that follows from it, with this transaction."""
    connection.execute(text(f"DROP TABLE {UNFINISHED}"))


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def _brought_back(url: URL, dump: Path) -> None:
    """All of it in one transaction, by a script: what pg_restore does by itself only its own version understands.

    A script that ends too soon, since its writer was killed, ends its transaction well: so it begins with the mark.
    """
    script = _started("pg_restore", url, "--no-owner", "--no-privileges", "--file=-", str(dump), stdout=PIPE)
    at_once = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    doing = _started("psql", url, *at_once, stdin=PIPE, stdout=DEVNULL)
    assert script.stdout
    assert doing.stdin
    with suppress(BrokenPipeError):  # it says itself what it did not like
        doing.stdin.write(f"CREATE TABLE public.{UNFINISHED} ();\n".encode())
        doing.stdin.write(understood(script.stdout.read(BEGINNING)))
        shutil.copyfileobj(script.stdout, doing.stdin, BEGINNING)
    script.stdout.close()
    _ended(doing)
    _ended(script)


def understood(beginning: bytes) -> bytes:
    """Without the setting that servers before PostgreSQL 17 do not have."""
    return beginning.replace(b"SET transaction_timeout = 0;\n", b"", 1)


def newest(folder: Path) -> datetime | None:
    """When the last copy by the clock was made."""
    every = _copies(folder)
    return datetime.fromisoformat(read(every[-1]).made_at) if every else None


def before_upgrade(engine: Engine, folder: Path, was: str, *, now: datetime, secret_key: str) -> Path:
    """A copy of a base of an older version, beside those that the clock makes."""
    _drop_parts(folder, f"{BEFORE_UPGRADE}*")
    made = folder / f"{BEFORE_UPGRADE}{was}-{now:%Y%m%d-%H%M%S}"
    write(engine, made, now=now, secret_key=secret_key)
    return made


def by_the_clock(
    engine: Engine, folder: Path, *, now: datetime, secret_key: str, every: timedelta, weeks: int
) -> Path | None:
    """A copy beside the earlier ones, of which the oldest go; None when the last one is younger than that.

    None, too, while another process writes one.
    """
    with engine.begin() as alone:
        if not alone.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            return None
        last = newest(folder)
        if last is not None and now - last < every:
            return None
        _drop_parts(folder, "vizavi-*")
        made = folder / f"vizavi-{now:%Y%m%d-%H%M%S}"
        write(engine, made, now=now, secret_key=secret_key)
    for path in _outdated(folder, weeks, now):
        shutil.rmtree(path, ignore_errors=True)
    return made


def _drop_parts(folder: Path, names: str) -> None:
    """What was being written when it was killed; nobody else writes copies of these names now."""
    for part in folder.glob(names + PART):
        shutil.rmtree(part, ignore_errors=True)


def _outdated(folder: Path, weeks_kept: int, now: datetime) -> Iterator[Path]:
    """All but the last of each of the last days and weeks; of those before upgrades the newest stays."""
    days: dict[str, Path] = {}
    weeks: dict[str, Path] = {}
    every = _copies(folder)
    for path in every:  # the oldest first: the last of a day stays
        moment = datetime.fromisoformat(read(path).made_at)
        days[f"{moment:%Y-%m-%d}"] = weeks[f"{moment:%G-%V}"] = path
    kept = {*list(days.values())[-DAILY:], *list(weeks.values())[-weeks_kept:]}
    yield from (path for path in every if path not in kept)
    first = now - timedelta(weeks=weeks_kept)
    yield from (made for moment, made in _before_upgrades(folder)[:-1] if moment < first)


def _before_upgrades(folder: Path) -> list[tuple[datetime, Path]]:
    """The oldest first."""
    found = folder.glob(f"{BEFORE_UPGRADE}*/{MANIFEST}")
    return sorted((datetime.fromisoformat(read(path.parent).made_at), path.parent) for path in found)


def _copies(folder: Path) -> list[Path]:
    """Those that the clock made, the oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if NAME.fullmatch(path.name) and (path / MANIFEST).exists())


def _counted(connection: Connection) -> dict[str, tuple[int, str]]:
    """Rows of each table, and the sum of a hash of each: the order of rows says nothing."""
    for setting in ("timezone = 'UTC'", "datestyle = 'ISO'", "extra_float_digits = 1", "bytea_output = 'hex'"):
        connection.execute(text(f"SET LOCAL {setting}"))
    counted = {}
    for table in _names(connection):
        count, total = connection.execute(text(ROWS.format(table=table))).one()
        counted[table] = (int(count), str(total))
    return counted


def _names(connection: Connection) -> list[str]:
    return list(connection.scalars(text(TABLES)))


def _started(
    name: str, url: URL, *options: str, stdin: int | None = None, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """A program of PostgreSQL's; the password goes by the environment, which other users of the machine do not see."""
    asked: dict[str, Any] = {"PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
    asked |= {"PGHOST": url.query.get("host") or url.host, "PGPORT": url.port, "PGSSLMODE": url.query.get("sslmode")}
    env = os.environ | {key: str(value) for key, value in asked.items() if value}
    return subprocess.Popen([program(name), *options], env=env, stdin=stdin, stdout=stdout, stderr=PIPE)


def _ended(process: subprocess.Popen[bytes]) -> None:
    told = process.communicate()[1].decode(errors="replace")
    if process.returncode:  # the first error is the reason of the others
        lines = told.strip().splitlines() or ["?"]
        raise Refused(f"PostgreSQL: {next((line for line in lines if 'error' in line.lower()), lines[-1])}")


def _summed(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _mark(secret_key: str) -> str:
    return hashlib.sha256(f"vizavi copy {secret_key}".encode()).hexdigest()[:16]


def has_key(copy: Copy, secret_key: str) -> bool:
    """What is sealed in the copy can be opened here."""
    return copy.key == _mark(secret_key)


def _kept_on_disk(folder: Path) -> None:
    """Every file is on the disk before the copy gets its name."""
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
