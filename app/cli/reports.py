"""`report`: any report with the rights and rows of any user."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, TextIO

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.errors import Refused
from app.extensions import db
from app.models.settings import Policy
from app.queries.rights import user_who_may
from app.web.access.rowsec import viewer_for
from app.web.snapshot import reading
from reports import CATALOGUE, report_named
from reports.kit.plain import json_pieces, to_csv, to_text
from reports.kit.report import TableSet
from reports.kit.table import ReportTable
from reports.work import FORMS

FORMATS = ("text", "json", "csv", *FORMS)


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
    if form in FORMS and output is None and sys.stdout.isatty():
        raise Refused(_("This is not for the screen: name a file with -o."))
    with reading() as own:
        write(found.tables(own, pairs(choices), today=clock.today()), form, output)


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
    managers_see_all = bool(session.scalar(select(Policy.managers_see_all)))
    session.info["viewer"] = viewer_for(user, managers_see_all=managers_see_all)


def write(tables: Sequence[ReportTable], form: str, output: Path | None) -> None:
    try:
        if form in FORMS:
            binary: AbstractContextManager[BinaryIO] = output.open("wb") if output else nullcontext(sys.stdout.buffer)
            with binary as file:
                FORMS[form].write(tables, file)
            return
        text: AbstractContextManager[TextIO] = (
            output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout)
        )
        with text as out:
            if form == "json":
                out.writelines(json_pieces(tables))
            else:
                {"csv": to_csv, "text": to_text}[form](tables, out)
    except OSError as problem:
        raise Refused(_("The file cannot be written: %(problem)s.", problem=problem.strerror)) from None


def init_app(app: Flask) -> None:
    app.cli.add_command(report)
