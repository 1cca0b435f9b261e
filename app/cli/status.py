"""`status`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import clock, nudge, readiness
from app.domain.words import JobState
from app.extensions import db
from app.services import backups
from app.services.bell import reminders


@click.command("status")
@with_appcontext
def status() -> None:
    """PostgreSQL, Redis, migrations, queues, workers, unfinished jobs, due letters, reminders; exit code 1 if wrong."""
    lines = readiness.checks(db.session(), current_app.config["REDIS_URL"])
    wrong = any(found != readiness.OK for found in lines.values())
    if lines["postgresql"] == readiness.OK:
        lines["jobs"] = _jobs()
        lines |= readiness.details(db.session())
        lines["reminders"] = readiness.waiting(reminders.oldest_due(db.session()))
        lines["backup"] = _backup(current_app.config["CRM"].backup_dir)
    if lines["redis"] == readiness.OK:
        lines |= _queues()
        wrong = wrong or lines["workers"] == "0"
    for name, found in lines.items():
        click.echo(f"{name:<12}{found}")
    sys.exit(1 if wrong else 0)


def _jobs() -> str:
    found = readiness.jobs_by_state(db.session())
    return f"{found[JobState.QUEUED]} waiting, {found[JobState.RUNNING]} running"


def _backup(folder: Path | None) -> str:
    if folder is None:
        return "switched off"
    last = backups.newest(folder)
    return "none yet" if last is None else f"{(clock.now() - last).total_seconds() / 3600:.0f} h ago"


def _queues() -> dict[str, str]:
    found = readiness.queues(current_app.config["REDIS_URL"]) or {}
    told = {
        "queue" if name == nudge.QUEUE else f"queue {name}": f"{each.waiting} waiting, {each.failed} failed"
        for name, each in found.items()
    }
    return told | {"workers": str(sum(each.workers for each in found.values()))}


def init_app(app: Flask) -> None:
    app.cli.add_command(status)
