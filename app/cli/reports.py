"""`report`: any report with the rights and rows of any user."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.cli.plain import writing
from app.errors import Refused
from app.extensions import db
from app.queries.rights import user_who_may
from app.web.access.rowsec import look_unlogged
from app.web.reports.snapshot import read
from reports import CATALOGUE, report_named
from reports.kit.plain import to_text
from reports.kit.report import TableSet
from reports.kit.table import ReportTable
from reports.work import FORMS, as_text, spool

PAPERS = ("xlsx", "pdf")  # not for a screen
FORMATS = ("text", *FORMS)


@click.command("report")
@click.argument("slug")
@click.argument("choices", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--as", "username", help="With the rights and the rows of that user; without it, of an administrator.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Without it, to the screen.")
@with_appcontext
def report(slug: str, choices: tuple[str, ...], username: str | None, form: str, output: Path | None) -> None:
    """Print the report SLUG with the choices given, as period=last-month."""
    found = report_named(slug)
    if found is None:
        raise Refused(_("There is no report “%(slug)s”. Reports: %(known)s.", slug=slug, known=slugs()))
    session = db.session()
    if username is not None:
        look_as(session, username, found)
    if form in PAPERS and output is None and sys.stdout.isatty():
        raise Refused(_("This is not for the screen: name a file with -o."))
    asked, today = pairs(choices), clock.today()
    with read(lambda own: spooled(found.tables(own, asked, today=today), form)) as made:
        put(made, output)


def slugs() -> str:
    return ", ".join(report.slug for report in CATALOGUE)


def pairs(choices: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for choice in choices:
        name, equals, text = choice.partition("=")
        if not equals or not name or name in found:
            raise Refused(_("NAME=VALUE is expected once for each name, not “%(text)s”.", text=choice))
        found[name] = text
    return found


def look_as(session: Session, username: str, report: TableSet) -> None:
    """From here on the session sees what the user may see; refused where he may not open the report."""
    user = session.scalars(user_who_may(username, "read", report.section)).first()
    if user is None:
        raise Refused(_("There is no user “%(name)s” who may open this report.", name=username))
    look_unlogged(session, user)


def spooled(tables: Sequence[ReportTable], form: str) -> BinaryIO:
    out = spool()
    (FORMS[form].write if form in FORMS else as_text(to_text))(tables, out)
    out.seek(0)
    return out


def put(made: BinaryIO, output: Path | None) -> None:
    with writing(), output.open("wb") if output else nullcontext(sys.stdout.buffer) as file:
        copyfileobj(made, file)


def init_app(app: Flask) -> None:
    app.cli.add_command(report)
