"""`users add`, `users password`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.domain import passwords
from app.errors import Refused
from app.extensions import db
from app.services import users
from app.services.access import second_factor

group = AppGroup("users", help="People who log in.")


@group.command("add")
@click.argument("name")
@click.option("--role", required=True, help="As in the list of roles: Admin, Sales manager …")
@click.option("--password", help="Without it one is made, printed once, and changed at the first login.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--email", default="")
def add(name: str, role: str, password: str | None, first_name: str, last_name: str, email: str) -> None:
    """Add a user NAME."""
    given = password or passwords.new_password()
    users.add(
        db.session(),
        username=name,
        role=role,
        password=given,
        first_name=first_name,
        last_name=last_name,
        email=email,
        must_change_password=password is None,
    )
    db.session.commit()
    _tell(name, given, password)


@group.command("password")
@click.argument("name")
@click.option("--password", help="Without it one is made, printed once, and changed at the next login.")
def change(name: str, password: str | None) -> None:
    """Give the user NAME another password."""
    given = password or passwords.new_password()
    users.set_password(db.session(), name, given, must_change=password is None)
    db.session.commit()
    _tell(name, given, password)


@group.command("forget-second-factor")
@click.argument("name")
def forget_second_factor(name: str) -> None:
    """Switch the second factor of NAME off: the telephone and the written codes are lost."""
    user = users.find(db.session(), name)
    if user is None:
        raise Refused(_("There is no user named %(name)s.", name=name))
    second_factor.switch_off(db.session(), user.id)
    db.session.commit()
    click.echo(name)


def _tell(name: str, given: str, typed: str | None) -> None:
    click.echo(f"{name}" if typed else f"{name}: {given}")


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
