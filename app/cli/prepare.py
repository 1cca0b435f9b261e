"""`prepare`: everything that a base needs before people may come in. Running it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import func, select, text

from app import clock, readiness, roles
from app.domain import passwords
from app.errors import Refused
from app.extensions import db
from app.services import backups, demo, users
from app.services.access import permissions
from app.services.sales import posting
from config import Settings

ADMINISTRATOR = "admin"
ALONE = 0x70726570  # a lock of the base: "prep"
WITHOUT_FIGURES = "0001"
TO_BE_SETTLED = "to be laid on orders"


@click.command("prepare")
@with_appcontext
def prepare() -> None:
    """Migrations, rights, and on the first start the administrator and the demo company.

    What people need to log in is printed to stdout, once.
    """
    with alone():
        _prepare(current_app.config["CRM"])


@contextmanager
def alone() -> Iterator[None]:
    """Of machines that start together one prepares, and the others find it done; so does `restore`."""
    with db.engine.connect() as connection:
        connection.execute(select(func.pg_advisory_lock(ALONE)))
        yield


def _prepare(settings: Settings) -> None:
    if backups.is_unfinished(db.session.connection()):
        raise Refused(_("A copy was not brought back to the end: run %(command)s once more.", command="`restore`"))
    was = readiness.migration(db.session())
    db.session.rollback()  # the upgrade has a connection of its own
    if was is not None and was != readiness.head():
        _copy_first(settings, was)
    upgrade(was)
    permissions.write(current_app.appbuilder)  # type: ignore[attr-defined]
    db.session.commit()
    if settings.demo and not users.are_there(db.session()):
        _fill_demo()
    if not users.are_there(db.session(), roles.ADMIN):
        _add_administrator(settings)


def upgrade(was: str | None) -> None:
    """The base of that version becomes one of this; what orders were paid, which the first did not keep, is posted.

    An upgrade that was killed before all was posted goes on the next time.
    """
    if was == WITHOUT_FIGURES:
        _remark(TO_BE_SETTLED)
    from flask_migrate import upgrade as migrate  # noqa: PLC0415 - see app.cli

    migrate()
    if db.session.scalar(select(func.obj_description(text("'payment'::regclass"), "pg_class"))) == TO_BE_SETTLED:
        for _done in posting.settle_all(db.session()):
            db.session.commit()
        _remark(None)


def _remark(said: str | None) -> None:
    """What is to be known of the payments of the base whatever becomes of this process."""
    db.session.execute(text(f"COMMENT ON TABLE payment IS {'NULL' if said is None else repr(said)}"))
    db.session.commit()


def _copy_first(settings: Settings, was: str) -> None:
    """An upgrade begins with a copy of the base, and says what it will change."""
    if not readiness.knows(was):
        raise Refused(_("The base is of a newer version of the product (%(version)s).", version=was))
    if settings.backup_dir:
        folder = backups.before_upgrade(
            db.engine, settings.backup_dir, was, now=clock.now(), secret_key=settings.secret_key
        )
        click.echo(_("A copy of the base before its upgrade: %(folder)s", folder=folder))
    for change in readiness.changes_since(was):
        click.echo(f"  {change}")


def _fill_demo() -> None:
    def tell(line: str) -> None:
        click.echo(line, err=True)

    filled = demo.fill(db.session(), "small", today=clock.today(), now=clock.now(), tell=tell)
    db.session.commit()
    click.echo(f"The people of the demo company log in with the password {filled.password}")
    for user in filled.users:
        click.echo(f"  {user.username:<16}{user.name:<28}{user.role}")


def _add_administrator(settings: Settings) -> None:
    password = settings.admin_password or passwords.new_password()
    users.add(
        db.session(),
        username=ADMINISTRATOR,
        role=roles.ADMIN,
        password=password,
        first_name="Администратор",
        must_change_password=not settings.admin_password,
    )
    db.session.commit()
    if settings.admin_password:
        click.echo(f"Administrator: {ADMINISTRATOR}, password as in CRM_ADMIN_PASSWORD")
    else:
        click.echo(f"Administrator: {ADMINISTRATOR}, password {password} (to be changed at the first login)")


def init_app(app: Flask) -> None:
    app.cli.add_command(prepare)
