"""`backup DIR`, `restore DIR`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app import clock, readiness
from app.cli.prepare import alone, upgrade
from app.extensions import db
from app.services import backups, subscriptions
from app.services.exchange.devices import books
from app.services.mail import outbox
from app.services.privacy import erasures
from config import Settings

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("backup")
@click.argument("folder", type=FOLDER)
@with_appcontext
def backup(folder: Path) -> None:
    """A copy of the whole base, of one moment, into an empty folder."""
    settings: Settings = current_app.config["CRM"]
    copy = backups.write(db.engine, folder, now=clock.now(), secret_key=settings.secret_key)
    click.echo(_("%(rows)s rows of %(tables)s tables, %(size)s MB", **_figures(copy)))


@click.command("restore")
@click.argument("folder", type=FOLDER)
@with_appcontext
def restore(folder: Path) -> None:
    """The base of a copy, into an empty one; every table is compared with what it was."""
    with alone():
        _restore(folder, current_app.config["CRM"])


def _restore(folder: Path, settings: Settings) -> None:
    copy = backups.restore(db.engine, folder, readiness.knows)
    click.echo(_("%(rows)s rows of %(tables)s tables are what they were, %(size)s MB", **_figures(copy)))
    if copy.migration != readiness.head():
        upgrade(copy.migration)
        click.echo(_("The base was of version %(version)s and is of this one now.", version=copy.migration))
    _erase_again(folder, settings, datetime.fromisoformat(copy.made_at))
    if held := outbox.hold_due(db.session()):
        click.echo(_("Letters that were due then and wait for «send again»: %(count)s", count=held))
    subscriptions.pass_over_due(db.session(), now=clock.now())
    books.begin_anew(db.session())
    backups.finish(db.session.connection())
    db.session.commit()
    if not backups.has_key(copy, settings.secret_key):
        click.echo(
            _("The secret key is another one than then: passwords of mailboxes have to be typed again."), err=True
        )


def _erase_again(folder: Path, settings: Settings, since: datetime) -> None:
    """Whoever was erased after the copy was made is in it still: the files beside the copies know him."""
    places = {folder.resolve().parent, *filter(None, [settings.backup_dir])}
    again = erasures.again(db.session(), set().union(*map(erasures.read, places)), since)
    if again.erased:
        click.echo(_("People erased since then are erased again: %(count)s", count=again.erased))
    if again.doubted:
        numbers = ", ".join(map(str, again.doubted))
        click.echo(_("People who may be those erased since then; look at them yourself: %(numbers)s", numbers=numbers))


def _figures(copy: backups.Copy) -> dict[str, object]:
    return {"rows": copy.rows, "tables": len(copy.tables), "size": f"{copy.size / 1e6:.1f}"}


def init_app(app: Flask) -> None:
    app.cli.add_command(backup)
    app.cli.add_command(restore)
