"""`status`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from app import clock, nudge, readiness
from app.domain.words import JobState
from app.extensions import db
from app.services import backups
from app.services.bell import reminders
from app.services.mail import outbox
from app.web.reports import snapshot
from config import Settings

OLD = timedelta(seconds=100_000)  # of the last copy: a night was missed
ROOM = 300  # MB that are too few to go on with
Line = tuple[str, str, bool]  # what, how it is, whether that is wrong


@click.command("status")
@with_appcontext
def status() -> None:
    """Servers, migrations, queues, workers, clock, jobs, due letters, copies, room; exit code 1 if one is wrong."""
    lines = list(_lines(current_app.config["CRM"], current_app.config["REDIS_URL"]))
    for name, found, _is_wrong in lines:
        click.echo(f"{name:<12}{found}")
    sys.exit(any(is_wrong for _name, _found, is_wrong in lines))


def _lines(settings: Settings, redis_url: str) -> Iterator[Line]:
    servers = readiness.checks(db.session(), redis_url)
    for name, found in servers.items():
        yield name, found, found != readiness.OK
    if servers["postgresql"] == readiness.OK:
        yield from _of_base(db.session())
        if settings.reports_database_url:
            yield _copy_for_reports()
    if settings.backup_dir is None:
        yield "backup", "switched off", False
    else:
        yield _backup(settings.backup_dir)
    yield _room(settings.data_dir, settings.backup_dir)
    if servers["redis"] == readiness.OK:
        yield from _queues(redis_url)


def _of_base(session: Session) -> Iterator[Line]:
    jobs = readiness.jobs_by_state(session)
    yield "jobs", f"{jobs[JobState.QUEUED]} waiting, {jobs[JobState.RUNNING]} running", False
    letters = outbox.oldest_due(session)
    yield "mail", readiness.waiting(letters), letters is not None and letters > readiness.LATE
    yield "reminders", readiness.waiting(reminders.oldest_due(session)), False
    acts = readiness.clock_acts(session)
    yield "clock", readiness.OK if acts else "does not run", not acts


def _copy_for_reports() -> Line:
    moment = snapshot.read(lambda session: session.info.get("as_of"))
    if moment is None:
        return "reports", "the copy does not answer", True
    behind = clock.now() - moment
    return "reports", f"{max(behind.total_seconds(), 0):.0f} s behind", behind > readiness.LATE


def _backup(folder: Path) -> Line:
    last = backups.newest(folder)
    if last is None:
        return "backup", "none yet", False
    age = clock.now() - last
    return "backup", f"{age.total_seconds() / 3600:.0f} h ago", age > OLD


def _room(*folders: Path | None) -> Line:
    there = [next(each for each in (folder, *folder.parents) if each.exists()) for folder in folders if folder]
    left = min(shutil.disk_usage(folder).free >> 20 for folder in there)
    return "disk", f"{left} MB left", left < ROOM


def _queues(redis_url: str) -> Iterator[Line]:
    found = readiness.queues(redis_url) or {}
    for name, each in found.items():
        told = f"{each.waiting} waiting, {each.failed} failed" + ("" if each.workers else ", nobody works")
        yield "queue" if name == nudge.QUEUE else f"queue {name}", told, not each.workers
    yield "workers", str(sum(each.workers for each in found.values())), False


def init_app(app: Flask) -> None:
    app.cli.add_command(status)
