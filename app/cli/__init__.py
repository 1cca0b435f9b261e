"""The command line: `flask --app run COMMAND`. One module a group of commands; each has `init_app(app)`."""

from typing import Any

import click
from flask import Flask, appcontext_pushed

from app.cli import backups, classification, demo, exchange, permissions, plain, prepare, reports, status, users
from app.domain.words import Road
from app.extensions import db
from app.models import authorship
from config import ROOT


def init_app(app: Flask) -> None:
    """Add every command to the application."""
    for module in (backups, classification, demo, exchange, permissions, prepare, reports, status, users):
        module.init_app(app)
    if click.get_current_context(silent=True):
        migrates(app)
    plain.plainly(app.cli)
    appcontext_pushed.connect(_name_command, app)


def migrates(app: Flask) -> None:
    """The base of the application may be migrated by it. Only commands do: it is a fifth of a start."""
    from flask_migrate import Migrate  # noqa: PLC0415

    Migrate(app, db, directory=str(ROOT / "migrations"))


def _name_command(_app: Flask, **_more: Any) -> None:
    """What a command writes is the command's."""
    running = click.get_current_context(silent=True)
    if running is not None:
        authorship.by(db.session(), Road.COMMAND, running.command_path.partition(" ")[2])
