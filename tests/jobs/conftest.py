"""A base and a broker of the test's own, and real worker processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.words import JobKind
from app.extensions import db
from app.models.jobs import Job, StoredFile
from app.services import jobs
from config import ROOT
from jobs import runtime
from tests.conftest import user_named
from tests.jobs import begun
from tests.waiting import PATIENCE

Start = Callable[..., BaseProcess]
LOADED = multiprocessing.get_context("forkserver")  # with what each of the processes would load anew
LOADED.set_forkserver_preload(["tests.jobs.tied", "pytest", "jobs.clock", "jobs.worker"])


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def here(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Work is done in this process, on the test's base."""
    monkeypatch.setattr(runtime, "app", lambda: committed)
    return committed


@pytest.fixture
def start(committed: Flask, broker: redis.Redis) -> Iterator[Start]:
    """`start("jobs.worker", "1")` runs a process of the product on the test's base."""
    running: list[BaseProcess] = []
    settings = committed.config["CRM"]
    env = {
        "CRM_DATABASE_URL": settings.database_url,
        "CRM_REDIS_URL": settings.redis_url,
        "CRM_DATA_DIR": str(settings.data_dir),
    }

    def run(module: str, *arguments: str, cwd: Path = ROOT) -> BaseProcess:
        process = LOADED.Process(target=begun.run, args=(module, arguments, env, str(cwd)))
        process.start()
        running.append(process)
        return process

    yield run
    for process in running:
        end(process, signal.SIGKILL)


def end(process: BaseProcess, number: int) -> None:
    """Signal the process; wait for its end."""
    if process.is_alive():
        os.kill(process.pid or 0, number)
    process.join(PATIENCE)


@pytest.fixture
def ask(committed: Flask) -> Callable[..., int]:
    """`ask("items", source)` asks for an import; by default the administrator does; gives the number of the job."""

    def enqueue(kind: str, source: bytes, user_id: int | None = None, **params: Any) -> int:
        with committed.app_context():
            asked_by = user_id or user_named(db.session(), "admin").id
            file = StoredFile(name="a.csv", size=len(source), content=source)
            job = jobs.enqueue(
                db.session(), JobKind.IMPORT, user_id=asked_by, params={"kind": kind, **params}, file=file
            )
            db.session.commit()
            return job.id

    return enqueue


@pytest.fixture
def look(committed: Flask) -> Callable[[int], Job]:
    """The job as the base knows it now."""

    def at(job_id: int) -> Job:
        with committed.app_context(), Session(db.engine, expire_on_commit=False) as session:
            return session.get_one(Job, job_id)

    return at


def count(app: Flask, statement: Any) -> int:
    with app.app_context(), Session(db.engine) as session:
        return int(session.scalar(statement) or 0)
