"""`import KIND FILE`, `export KIND -o FILE`, `real-data FOLDER`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO, Any

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import func, select

from app import clock
from app.cli.plain import writing
from app.cli.real_data import tables_of
from app.domain.words import BankLineState
from app.errors import Refused
from app.extensions import db
from app.models.bank import BankLine
from app.services import exchange
from app.services import import_habits as habits
from app.services.exchange import TABLES, ImportReport, ImportTable, LineError, exporting, table_for
from app.services.exchange.bank.loading import SLUG as BANK_STATEMENT
from app.services.exchange.bank.loading import load
from app.services.exchange.bank.posting import post
from app.services.exchange.columns import ColumnChoices
from app.services.exchange.opening import Place
from app.services.exchange.staging import RowChoice, RowVerdict

KIND = click.Choice(list(TABLES))
KIND_IN = click.Choice([*TABLES, BANK_STATEMENT])
VERDICT = click.Choice([each.value for each in RowVerdict])
VERDICT_OF_NEW = click.Choice([RowVerdict.TAKE.value, RowVerdict.LEAVE.value])
SHOWN = 20  # lines of warnings; wrong lines are all shown


@click.command("import")
@click.argument("kind", type=KIND_IN)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and count only; nothing is changed.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="The header or the letter of a field's column. FIELD= leaves the field out; a field twice takes two columns, "
    "a column twice goes into two fields.",
)
@click.option("--guess", is_flag=True, help="Take the columns by their headers, not as --map said the last time.")
@click.option(
    "--search",
    multiple=True,
    metavar="FIELD",
    help="What must be equal for a person to be found: counterparty, last_name, email; of clients counterparty_inn …",
)
@click.option("--found", type=VERDICT, default=RowVerdict.UPDATE.value, help="What becomes of people who are found.")
@click.option("--new", type=VERDICT_OF_NEW, default=RowVerdict.TAKE.value, help="What becomes of people who are not.")
@click.option("--row", "rows", multiple=True, metavar="LINE=take|leave|update", help="The same of one line.")
@click.option("--name", "names", multiple=True, metavar="LINE=NAME", help="What the person of a line is to be called.")
@click.option("--sheet", default="", help="The sheet of a workbook; otherwise the one with most known headers.")
@click.option("--line", default=0, help="The line of the header; otherwise the one with most known headers.")
@click.option("--clear", multiple=True, metavar="FIELD", help="Let empty cells of the field clear what is known.")
@click.option("--confirm", is_flag=True, help="Changes that are asked about are meant.")
@click.option("--skip-wrong", is_flag=True, help="Import the right lines; the wrong ones go to FILE.wrong.xlsx.")
@click.option("--make-unknown", is_flag=True, help="Make unknown counterparties and items of their names alone.")
@with_appcontext
def import_table(
    kind: str,
    file: Path,
    dry_run: bool,
    pairs: tuple[str, ...],
    guess: bool,
    search: tuple[str, ...],
    found: str,
    new: str,
    rows: tuple[str, ...],
    names: tuple[str, ...],
    sheet: str,
    line: int,
    clear: tuple[str, ...],
    confirm: bool,
    skip_wrong: bool,
    make_unknown: bool,
) -> None:
    """Import the table FILE (CSV, XLSX, XLS, ODS, vCard or CommerceML) or the statement of a bank, all or nothing."""
    if kind == BANK_STATEMENT:
        _import_statement(file, dry_run=dry_run, confirmed=confirm)
        return
    mapping = _mapping_of(pairs)
    table, place, session = table_for(db.session(), kind, (), to_write=True), Place(sheet, line), db.session()
    header = [] if table.parts else habits.header_of(table, file, place)
    columns: ColumnChoices | None = mapping or None
    is_told = bool(mapping or search)
    if not (is_told or guess) and (habit := habits.habit_of(session, None, table, header)):
        columns, search = habit.columns, tuple(habit.search)
        click.echo("columns: as the last time for such a file; --guess takes them by their headers")
    options = {
        "mapping": columns,
        "choice": RowChoice(
            frozenset(search), RowVerdict(found), RowVerdict(new), dict(map(_row, rows)), dict(map(_name, names))
        ),
        "clear": clear,
        "confirmed": confirm,
        "skip_wrong": skip_wrong,
        "make_unknown": make_unknown,
    }
    report = _import(kind, file, dry_run=dry_run, place=place, **options)
    tell(report)
    if report.wrong_count and not report.skipped_wrong:
        db.session.rollback()
        raise Refused(
            _(
                "Nothing was imported: %(count)s errors, the first is in line %(line)s.",
                count=report.wrong_count,
                line=report.wrong[0].line,
            )
        )
    if is_told and not (dry_run or table.parts):
        habits.keep(session, None, table, header, columns, search)
    wrong = file.with_name(f"{file.name}.wrong.xlsx")
    if report.wrong_rows:
        with writing(), wrong.open("wb") as left_out:
            exchange.write_wrong(report, left_out)
    session.commit()
    if report.wrong_rows:
        click.echo(f"left out: {report.left_out}, {wrong}")


def _mapping_of(pairs: tuple[str, ...]) -> dict[str, list[str]]:
    """The columns of each field, of `FIELD=COLUMN`."""
    mapping: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--map: FIELD=COLUMN is expected, not {pair!r}")
        mapping.setdefault(name.strip(), []).append(column.strip())
    return mapping


def _row(told: str) -> tuple[int, RowVerdict]:
    line, verdict = _of_line(told)
    if line is None or verdict not in list(RowVerdict):
        raise click.UsageError(f"--row: LINE=take, LINE=leave or LINE=update is expected, not {told!r}")
    return line, RowVerdict(verdict)


def _name(told: str) -> tuple[int, str]:
    line, name = _of_line(told)
    if line is None or not name.strip():
        raise click.UsageError(f"--name: LINE=NAME is expected, not {told!r}")
    return line, name.strip()


def _of_line(told: str) -> tuple[int | None, str]:
    """What is said of a line of the file; None where no line is named."""
    line, _equals, said = told.partition("=")
    return int(line) if line.strip().isdecimal() else None, said


def _import_statement(file: Path, *, dry_run: bool, confirmed: bool) -> None:
    """Load a statement and post what is recognised; the rest waits on the page."""
    session = db.session()
    loaded = load(session, file, file.name, confirmed=confirmed)
    posted = post(session, loaded.statement.id)
    waiting = select(func.count()).where(
        BankLine.statement_id == loaded.statement.id, BankLine.state == BankLineState.WAITING
    )
    counts = {"created": loaded.new, "skipped": loaded.known, "posted": posted, "waiting": session.scalar(waiting)}
    for name, count in counts.items():
        click.echo(f"{name}: {count}")
    if dry_run or not loaded.new:
        session.rollback()
    else:
        session.commit()


def _import(kind: str, source: Path | bytes, **options: Any) -> ImportReport:
    return exchange.run_import(db.session(), kind, source, now=clock.now(), today=clock.today(), **options)


def tell(report: ImportReport) -> None:
    """The counts, in words that scripts may rely on; then what is wrong and what is odd, by line."""
    for name in ("created", "updated", "skipped"):
        click.echo(f"{name}: {getattr(report, name)}")
    click.echo(f"wrong: {report.wrong_count}")
    for table, made in report.brought.items():
        click.echo(f"created {table}: {made}")
    if report.ignored:
        click.echo(f"ignored columns: {', '.join(report.ignored)}")
    if report.left:
        click.echo(f"left: {report.left}")
    for row in report.people:
        known = f"found {row.known}" if row.known else "new"
        click.echo(f"line {row.line}: {row.title or row.of}, {known}: {row.verdict}")
    for error in report.wrong:
        click.echo(f"{_place(error)}: {error.text}")
    for warning in report.warnings[:SHOWN]:
        click.echo(f"warning: {_place(warning)}: {warning.text}")
    if report.warnings_count > SHOWN:
        click.echo(f"warnings: {report.warnings_count}")


def _place(error: LineError) -> str:
    return f"line {error.line}, {error.field}" if error.field else f"line {error.line}"


@click.command("export")
@click.argument("kind", type=KIND)
@click.option(
    "-o",
    "output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="*.csv or *.xlsx; *.vcf of vcard, *.xml of commerceml.",
)
@with_appcontext
def export_table(kind: str, output: Path) -> None:
    """Export the table KIND, as `import` reads it."""
    chosen, ending = table_for(db.session(), kind, (), to_write=False), output.suffix.lower()
    if ending.removeprefix(".") not in chosen.endings:
        possible = " or ".join(f".{each}" for each in chosen.endings)
        raise click.UsageError(f"{output}: a name that ends with {possible} is expected")
    part = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with writing():
            with part.open("wb") as file:
                rows = exporting.write_xlsx(db.session(), chosen, file) if ending == ".xlsx" else _write(chosen, file)
            part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"rows: {rows}")


def _write(table: ImportTable, file: IO[bytes]) -> int:
    rows = -1 if "csv" in table.endings else 0  # the header is none
    for count, block in exchange.blocks(db.session(), table, exporting.PLAIN):
        rows += count
        file.write(block)
    return rows


@click.command("real-data")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_appcontext
def real_data(folder: Path) -> None:
    """Import the trade data of Northwind and CDNOW from FOLDER (northwind/*.csv, cdnow/CDNOW_master.txt)."""
    begun = time.monotonic()
    lines = 0
    for title, kind, table in tables_of(folder):
        start = time.monotonic()
        report = _import(kind, table)
        if report.wrong_count:
            tell(report)
            raise Refused(_("%(table)s cannot be imported.", table=title))
        db.session.commit()
        lines += report.lines
        click.echo(
            f"{title}, {kind}: lines {report.lines}, created {report.created}, updated {report.updated}, "
            f"skipped {report.skipped}, {time.monotonic() - start:.1f} s"
        )
    click.echo(f"total: {lines} lines in {time.monotonic() - begun:.1f} s")


def init_app(app: Flask) -> None:
    for command in (import_table, export_table, real_data):
        app.cli.add_command(command)
