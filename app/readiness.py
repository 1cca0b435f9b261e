"""What the product needs before it can serve, and what of it does not work now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import redis
from rq import Queue, Worker
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import nudge
from app.domain.words import JobState
from app.models.jobs import Job
from app.services.mail import outbox
from config import ROOT

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

OK = "ok"
LATE = timedelta(minutes=10)  # what is due for longer is not on its way: somebody has to look
CLOCK = 0x636C6F636B  # a lock of the base that the clock holds which acts: "clock"
OF_CLOCK = f"locktype = 'advisory' AND classid = {CLOCK >> 32} AND objid = {CLOCK & 0xFFFFFFFF}"  # of pg_locks
CLOCK_ACTS = text(f"""
    SELECT EXISTS (SELECT FROM pg_locks WHERE {OF_CLOCK} AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))""")
MIGRATIONS = ROOT / "migrations"


def checks(session: Session, redis_url: str) -> dict[str, str]:
    """Each part with `ok`, or with what is wrong; no names, no addresses."""
    return {"postgresql": _base(session), "redis": _broker(redis_url)}


@cache
def head() -> str:
    """The newest migration of this code, by its number: each web process asks, and Alembic would read all of them."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]


def migration(session: Session) -> str | None:
    """Of the base as it stands; None where none has run."""
    there = session.scalar(text("SELECT to_regclass('alembic_version')"))
    return session.scalar(text("SELECT version_num FROM alembic_version")) if there else None


def knows(migration: str) -> bool:
    """This code can go on from a base of that migration."""
    return migration in {script.revision for script in _scripts().walk_revisions()}


def changes_since(migration: str) -> list[str]:
    """What the migrations after that one do, the first one first."""
    return [str(script.doc) for script in reversed(list(_scripts().iterate_revisions("head", migration)))]


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - a fifth of the start of a process, which few need

    return ScriptDirectory(str(MIGRATIONS))


def details(session: Session) -> dict[str, str]:
    """What tells that work flows; it makes nobody unready."""
    try:
        waits = outbox.oldest_due(session)
    except SQLAlchemyError:
        session.rollback()
        return {}
    return {"mail": waiting(waits)}


def waiting(longest: timedelta | None) -> str:
    """How long what is due has waited."""
    return "nothing is due" if longest is None else f"due for {round(longest.total_seconds())} s"


def clock_acts(session: Session) -> bool:
    """On any machine."""
    return bool(session.scalar(CLOCK_ACTS))


@dataclass(frozen=True)
class Queued:
    """What one queue has to do, and how many processes do it."""

    waiting: int
    failed: int
    workers: int


def queues(redis_url: str) -> dict[str, Queued] | None:
    """Each queue by its name; None when Redis does not answer."""
    try:
        with redis.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=2) as broker:
            found = {}
            for name in (nudge.QUEUE, nudge.MAIL):
                queue = Queue(name, connection=broker)
                found[name] = Queued(queue.count, queue.failed_job_registry.count, Worker.count(queue=queue))
            return found
    except redis.RedisError:
        return None


def jobs_by_state(session: Session) -> dict[JobState, int]:
    counted = select(Job.state, func.count()).group_by(Job.state).execution_options(unscoped=True)
    return dict.fromkeys(JobState, 0) | dict(session.execute(counted).all())


def _base(session: Session) -> str:
    try:
        version = migration(session)
    except SQLAlchemyError:
        session.rollback()
        return "does not answer"
    if version is None:
        return "no tables: run `db upgrade`"
    return OK if version == head() else f"migration {version} instead of {head()}: run `db upgrade`"


def _broker(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as broker:
            broker.ping()
    except redis.RedisError:
        return "does not answer"
    return OK
