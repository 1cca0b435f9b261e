"""`flask demo`: a believable company to try the product on."""

import time

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import text

from app import clock
from app.extensions import db
from app.services import demo


@click.command("demo")
@click.option("--size", type=click.Choice(list(demo.SIZES)), default="small", show_default=True)
@with_appcontext
def demo_command(size: str) -> None:
    """Fill an empty base with a company and three years of its trade."""
    started = time.monotonic()

    def tell(line: str) -> None:
        click.echo(f"{time.monotonic() - started:6.1f}  {line}")

    result = demo.fill(db.session(), size, today=clock.today(), now=clock.now(), tell=tell)
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    tell(_("Done."))
    click.echo()
    for user in result.users:
        click.echo(f"{user.username:<16}{user.name:<28}{user.role}")
    click.echo(_("The password of them all: %(password)s", password=result.password))


def init_app(app: Flask) -> None:
    app.cli.add_command(demo_command)
