"""`report`: any report with the rights and rows of any user; `classify`: the run that assigns classes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import BinaryIO, TextIO

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.abc import Moves
from app.domain.periods import Period
from app.domain.words import AbcClass
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption
from app.models.classes import AbcRun
from app.models.settings import Policy
from app.queries.rights import user_who_may
from app.services.classification import classify_abc, next_abc_period
from app.web.rowsec import viewer_for
from reports import CATALOGUE, report_named
from reports.kit.params import DateParam, PeriodParam, short_date, show_period
from reports.kit.plain import json_pieces, to_csv, to_text
from reports.kit.report import Board
from reports.kit.table import Table
from reports.kit.xlsx import to_xlsx

FORMATS = ("text", "json", "csv", "xlsx")
classify = AppGroup("classify", help="Assign classes to buyers.")


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
        raise Refused(_("There is no report “%(slug)s”. Reports: %(known)s.", slug=slug, known=known()))
    session = db.session()
    if username is not None:
        look_as(session, username, found)
    tables = found.tables(session, pairs(choices), today=clock.today())
    if form == "xlsx" and output is None and sys.stdout.isatty():
        raise Refused(_("A workbook is not for the screen: name a file with -o."))
    write(tables, form, output)


def known() -> str:
    return ", ".join(report.slug for report in CATALOGUE)


def pairs(choices: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for choice in choices:
        name, equals, text = choice.partition("=")
        if not equals or not name or name in found:
            raise Refused(_("NAME=VALUE is expected once for each name, not “%(text)s”.", text=choice))
        found[name] = text
    return found


def look_as(session: Session, username: str, report: Board) -> None:
    """From here on the session sees what the user may see; refused where he may not open the report."""
    user = session.scalars(user_who_may(username, "read", report.section)).first()
    if user is None:
        raise Refused(_("There is no user “%(name)s” who may open this report.", name=username))
    managers_see_all = bool(session.scalar(select(Policy.managers_see_all)))
    session.info["viewer"] = viewer_for(user, managers_see_all=managers_see_all)


def write(tables: Sequence[Table], form: str, output: Path | None) -> None:
    try:
        if form == "xlsx":
            binary: AbstractContextManager[BinaryIO] = output.open("wb") if output else nullcontext(sys.stdout.buffer)
            with binary as file:
                to_xlsx(tables, file)
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


@classify.command("abc")
@click.option("--period", help="2026-03, last-month …; without it, the period after the last run's.")
@click.option("--on", "day", help="The day from which the classes hold; without it, the end of the period or today.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def abc(period: str | None, day: str | None, dry_run: bool) -> None:
    """Assign classes A, B and C to all buyers and print how many moved where."""
    session, today = db.session(), clock.today()
    days = PeriodParam("period", "").value(session, period, today) if period else next_abc_period(session, today)
    on: date | None = DateParam("on", "").value(session, day, today) if day else None
    run = classify_abc(session, days, today=today, on=on)
    lines = told(run)
    if dry_run:
        session.rollback()
        lines.append(_("Nothing was written."))
    else:
        session.commit()
    click.echo("\n".join(lines))


def told(run: AbcRun) -> list[str]:
    """What the run did, in words."""
    moves = Moves.from_json(run.moves)
    shares = " / ".join(f"{share.normalize():f}" for share in (run.share_a, run.share_b, run.share_c))
    return [
        f"{show_period(Period(run.start, run.end))} ({short_date(run.start)} – {short_date(run.end)})",
        f"{caption(run.measure)}, {shares} %",
        _("Classes from %(day)s", day=short_date(run.on)),
        *(f"{abc}  {moves.now_in(abc):>9}" for abc in AbcClass),
        *(f"{old or '—'} → {new or '—'}  {count:>5}" for old, new, count in moves.changed()),
        _("Up: %(up)s, down: %(down)s, as before: %(same)s", up=moves.up, down=moves.down, same=moves.stayed),
    ]


def init_app(app: Flask) -> None:
    app.cli.add_command(report)
    app.cli.add_command(classify)
