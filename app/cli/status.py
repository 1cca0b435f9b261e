"""`status`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import redis
from flask import Flask, current_app
from flask.cli import with_appcontext
from rq import Queue, Worker
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app import clock, nudge, readiness
from app.domain.words import JobState
from app.extensions import db
from app.models.jobs import Job
from app.services import backups


@click.command("status")
@with_appcontext
def status() -> None:
    """PostgreSQL, Redis, migrations, queues, workers, unfinished jobs, due letters; exit code 1 where it is wrong."""
    lines = readiness.checks(db.session(), current_app.config["REDIS_URL"])
    wrong = any(found != readiness.OK for found in lines.values())
    if lines["postgresql"] == readiness.OK:
        lines["jobs"] = _jobs()
        lines |= readiness.details(db.session()) | {"backup": _backup(current_app.config["CRM"].backup_dir)}
    if lines["redis"] == readiness.OK:
        lines |= _queue()
        wrong = wrong or lines["workers"] == "0"
    for name, found in lines.items():
        click.echo(f"{name:<12}{found}")
    sys.exit(1 if wrong else 0)


def _jobs() -> str:
    counted = select(Job.state, func.count()).where(Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    try:
        found = dict(db.session.execute(counted.group_by(Job.state)).all())
    except SQLAlchemyError:
        return "unknown"
    return f"{found.get(JobState.QUEUED, 0)} waiting, {found.get(JobState.RUNNING, 0)} running"


def _backup(folder: Path | None) -> str:
    if folder is None:
        return "switched off"
    last = backups.newest(folder)
    return "none yet" if last is None else f"{(clock.now() - last).total_seconds() / 3600:.0f} h ago"


def _queue() -> dict[str, str]:
    try:
        with nudge.connection() as broker:
            queue = Queue(nudge.QUEUE, connection=broker)
            failed = queue.failed_job_registry.count
            return {"queue": f"{queue.count} waiting, {failed} failed", "workers": str(Worker.count(broker))}
    except redis.RedisError:
        return {"queue": "unknown", "workers": "0"}


def init_app(app: Flask) -> None:
    app.cli.add_command(status)
