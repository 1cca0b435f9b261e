"""`permissions`."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.extensions import db
from app.services.access import permissions


@click.command("permissions")
@with_appcontext
def write() -> None:
    """Write the roles and their rights into the base."""
    permissions.write(current_app.appbuilder)  # type: ignore[attr-defined]
    db.session.commit()
    click.echo("Roles and rights are written.")


def init_app(app: Flask) -> None:
    app.cli.add_command(write)
