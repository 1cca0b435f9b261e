"""Import and export of tables: counterparties, persons, items, documents, contacts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from psycopg.errors import NumericValueOutOfRange
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.domain.formats.commerceml import Passed
from app.domain.formats.commerceml_writing import MIME as XML_MIME
from app.domain.formats.sheets import Sheets
from app.domain.formats.table import Table
from app.domain.formats.vcard import MIME as VCARD_MIME
from app.domain.formats.writing import MIME
from app.domain.words import Road
from app.errors import Refused
from app.models import authorship
from app.models.jobs import Job, StoredFile
from app.queries.rights import Right
from app.services.exchange import exporting, own
from app.services.exchange.bringing import make_brought
from app.services.exchange.checking import check
from app.services.exchange.columns import ColumnChoices, captions, columns_of, present, unused
from app.services.exchange.commerceml import writing
from app.services.exchange.commerceml.tables import COMMERCEML
from app.services.exchange.fields import SECTIONS
from app.services.exchange.left_out import LeftOut, write_wrong
from app.services.exchange.loading import load
from app.services.exchange.opening import PASSED, Place, opened, opened_sheets
from app.services.exchange.people import cards
from app.services.exchange.people.tables import OUTLOOK, VCARD
from app.services.exchange.report import ImportReport, LineError
from app.services.exchange.staging import ImportRequest, ImportTable, RowChoice, RowVerdict, Staging
from app.services.exchange.tables import OF_TRADE
from app.services.jobs import Outcome, Progress, Run, sent_file, unwatched
from app.services.journal import act_of

__all__ = [
    "TABLES",
    "ImportReport",
    "ImportTable",
    "LineError",
    "Table",
    "export_job",
    "import_job",
    "lacking",
    "opened",
    "opened_sheets",
    "run_import",
    "table_for",
    "table_named",
    "write_wrong",
]

TABLES: dict[str, ImportTable] = {table.slug: table for table in (*OF_TRADE, VCARD, OUTLOOK, COMMERCEML)}
Opening = Callable[[], AbstractContextManager[Table]]
WHOLE = RowChoice()  # all rows, looked for as their table does it
LOCK = 0x696D70  # the class of advisory locks: "imp"


def table_named(slug: str) -> ImportTable:
    if slug not in TABLES:
        raise Refused(_("“%(kind)s” is not one of: %(kinds)s.", kind=slug, kinds=", ".join(TABLES)), field="kind")
    return TABLES[slug]


def table_for(session: Session, slug: str, lacking: Collection[str], *, to_write: bool) -> ImportTable:
    """The table for whoever works in the session and has no right to these sections, with its own fields."""
    return own.with_own_fields(session, table_named(slug), to_write=to_write).without(lacking)


def lacking(permission: str, rights: Collection[Right]) -> list[str]:
    """The sections without which parts of tables are out of reach, and which these rights do not open."""
    return [section for section in SECTIONS if (permission, section) not in rights]


def run_import(
    session: Session,
    slug: str,
    source: Path | bytes | Table,
    *,
    now: datetime,
    today: date,
    mapping: ColumnChoices | None = None,
    dry_run: bool = False,
    lacking: Collection[str] = (),
    place: Place | None = None,
    clear: Iterable[str] = (),
    confirmed: bool = False,
    skip_wrong: bool = False,
    tell_rows: bool = False,
    make_unknown: bool = False,
    only: Collection[str] = (),
    choice: RowChoice = WHOLE,
    progress: Progress = unwatched,
) -> ImportReport:
    """Import one file, or a table that is read already, all or nothing.

    When any line is wrong, or only a check was asked for, nothing is changed.

    `clear`, `confirmed`, `skip_wrong`, `tell_rows`, `make_unknown` and `choice` are those of `ImportRequest`; in a file
    of several tables `only` these may stand, and `mapping` is of those that may be mapped. Of two imports of one table
    at once the second waits. Who imports is the session's viewer: he reaches no further than he sees, nor into the
    sections `lacking` among his rights.
    """
    table = table_for(session, slug, lacking, to_write=True)
    if unknown := set(clear) - set(table.clearable(clear)):
        raise Refused(_("There is no field “%(field)s” that may be cleared.", field=min(unknown)), field="clear")
    if unfit := choice.search - set(table.searchable):
        raise Refused(_("There is no field “%(field)s” to look for rows by.", field=min(unfit)), field="search")
    asked = ImportRequest(
        now,
        today,
        dry_run,
        frozenset(clear),
        confirmed,
        tell_rows=tell_rows,
        make_unknown=make_unknown,
        skip_wrong=skip_wrong,
        choice=choice,
    )
    session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(slug))))
    authorship.by(session, Road.IMPORT, slug)
    authorship.sign(session)
    if table.parts and not isinstance(source, Table):
        return _imported_parts(session, table, source, place, asked, mapping or {}, only, progress)

    def opening() -> AbstractContextManager[Table]:
        if isinstance(source, Table):
            return nullcontext(source)
        return opened(source, captions(table), place, reader=table.reader)

    return _imported(session, table, opening, asked, mapping, progress)


def _imported_parts(
    session: Session,
    table: ImportTable,
    source: Path | bytes,
    place: Place | None,
    asked: ImportRequest,
    mapping: ColumnChoices,
    only: Collection[str],
    progress: Progress,
) -> ImportReport:
    """The tables of a file of several, one after another, in one savepoint and one report."""
    report = ImportReport(table.slug, asked.dry_run, header=[_("Line")])
    with opened_sheets(source, place, reader=table.reader) as file, session.begin_nested() as savepoint:
        held = [sheet for sheet in table.parts if sheet in file.found]
        if only and (others := [str(table.parts[sheet].caption) for sheet in held if sheet not in only]):
            raise Refused(_("The file holds what is not meant here: %(what)s.", what=", ".join(others)))
        for sheet in held:  # each finds what the one before has made
            part = table.parts[sheet]
            said = {name: column for name, column in mapping.items() if name in part.mapped}
            lost = {name: column for name, column in said.items() if column not in file.found[sheet].header}
            opening, known = partial(_sheet, file, sheet), said | dict.fromkeys(lost)
            told = _imported(session, part, opening, asked, known, progress, keep=True)
            for name, column in lost.items():
                told.warn(0, name, _("The file has no column “%(column)s”.", column=column))
            report.take(told)
        if (report.wrong_count and not asked.skip_wrong) or asked.dry_run:
            savepoint.rollback()
    return report


def _sheet(file: Sheets, name: str) -> AbstractContextManager[Table]:
    return nullcontext(file.table(name))


def _imported(
    session: Session,
    table: ImportTable,
    opening: Opening,
    asked: ImportRequest,
    mapping: ColumnChoices | None,
    progress: Progress,
    *,
    keep: bool = False,
) -> ImportReport:
    """One table, opened as often as it is read; `keep`: even a check leaves what it did, for whoever takes it back."""

    def once(left_out: LeftOut) -> ImportReport:
        with opening() as file:
            return _pass(session, table, file, asked, mapping, left_out, progress, keep=keep)

    report = once(LeftOut())
    if odd := report.month_first:
        as_met, asked = asked, replace(asked, month_first=frozenset(odd))
        other = once(LeftOut())
        if other.no_days.isdisjoint(odd):
            report = other
            for name, (line, text) in odd.items():
                report.warn(line, name, _("The month stands before the day in this column: %(value)s.", value=text))
        else:
            asked = as_met
    if asked.skip_wrong and report.wrong_count:
        report = _without_wrong(once, report)
    report.wrong.sort(key=lambda error: error.line)
    report.warnings.sort(key=lambda error: error.line)
    return report


def _without_wrong(once: Callable[[LeftOut], ImportReport], first: ImportReport) -> ImportReport:
    """Import what is right; documents with a wrong line are left out whole.

    Leaving lines out may make others wrong, such as a payment of a left-out document: they go too.
    """
    left_out, report = LeftOut(), first
    while report.wrong_count or left_out.grew:
        left_out.add(report)
        report = once(left_out)
    report.wrong, report.wrong_count, report.wrong_lines = left_out.errors, left_out.count, left_out.lines
    report.left_out = len(left_out.rows)
    report.wrong_rows = left_out.rows
    report.skipped_wrong = True
    return report


def _pass(
    session: Session,
    table: ImportTable,
    file: Table,
    asked: ImportRequest,
    mapping: ColumnChoices | None,
    left_out: LeftOut,
    progress: Progress,
    *,
    keep: bool,
) -> ImportReport:
    """The file once, from its first line to the base."""
    report = ImportReport(table.slug, asked.dry_run)
    with session.begin_nested() as savepoint:
        columns = columns_of(table, file.header, mapping)
        report.ignored = unused(columns, file.header[: len(file.header) - file.kept])
        report.header = file.header
        left_out.begin(table, columns)
        staging = Staging.make(session, table, present(columns), asked)
        # The statements after the last line take about as long as the lines.
        load(staging, file, columns, report, left_out, lambda done, total: progress(done, 2 * total))
        for line, why, what in file.passed:
            report.warn(line, "", str(PASSED[Passed(why)]) % {"what": what})
        for line in file.totals:
            report.warn(line, "", _("A line of totals is not imported."))
        tell_broken(file, left_out, report, spared=asked.skip_wrong)
        progress(report.lines, 2 * report.lines)
        staging.analyze()
        check(staging, report)
        progress(3 * report.lines, 4 * report.lines)
        unfinished = bool(report.wrong_count) or left_out.grew
        if not unfinished:
            try:
                make_brought(staging, report)
                table.writer(staging, report).write()
                session.expire_all()
            except IntegrityError as error:
                raise Refused(_("Somebody changed the same rows meanwhile. Import the file again.")) from error
            except DataError as error:
                if not isinstance(error.orig, NumericValueOutOfRange):
                    raise
                raise Refused(_("Together with what is there already the numbers of this file are too big.")) from error
        if unfinished or report.wrong_count or (asked.dry_run and not keep):
            savepoint.rollback()
        else:
            staging.drop()
    if report.wrong_count:
        report.created = report.updated = report.skipped = 0
        report.brought.clear()
    return report


def tell_broken(file: Table, left_out: LeftOut, report: ImportReport, *, spared: bool) -> None:
    """A row that a line of the file was lost of is wrong as a whole, or is `spared` and comes in without that line."""
    for row, line in file.broken:
        if row in left_out.lines:
            continue
        told = _("Line %(line)s of the file cannot be understood.", line=line)
        if spared and line != row:
            report.warn(row, "", told)
        else:
            report.error(row, "", told)


def import_job(session: Session, job: Job, run: Run) -> Outcome:
    """An import that was asked for in the browser."""
    report = run_import(
        session,
        job.params["kind"],
        sent_file(job).content,
        now=run.now,
        today=run.today,
        mapping=job.params.get("mapping"),
        dry_run=job.params.get("dry_run", False),
        lacking={*job.params.get("lacking", ()), *lacking("can_write", run.rights)},
        place=Place(job.params.get("sheet", ""), job.params.get("line", 0)),
        clear=job.params.get("clear", ()),
        confirmed=job.params.get("confirmed", False),
        skip_wrong=job.params.get("skip_wrong", False),
        make_unknown=job.params.get("make_unknown", False),
        choice=choice_of(job.params.get("choice", {})),
        progress=run.progress,
    )
    file = None
    if report.wrong_rows:
        book = BytesIO()
        write_wrong(report, book)
        name = f"{Path(job.params['name']).stem}.wrong.xlsx"
        file = StoredFile.written(name, MIME, book)
    done = not (report.dry_run or (report.wrong_count and not report.skipped_wrong))
    return Outcome(report.to_dict() | {"act": act_of(session) if done else None}, output=file, done=done)


def choice_of(told: Mapping[str, Any]) -> RowChoice:
    """The choice that a job keeps."""
    rows = {int(line): RowVerdict(verdict) for line, verdict in told.get("rows", {}).items()}
    found, new = RowVerdict(told.get("found", RowVerdict.UPDATE)), RowVerdict(told.get("new", RowVerdict.TAKE))
    names = {int(line): name for line, name in told.get("names", {}).items()}
    return RowChoice(frozenset(told.get("search", ())), found, new, rows, names)


def export_job(session: Session, job: Job, run: Run) -> Outcome:
    """A table that was asked for in the browser: `params` are kind, ending and name."""
    table = table_for(session, job.params["kind"], lacking("can_read", run.rights), to_write=False)
    total = exporting.count_rows(session, table)
    with tempfile.TemporaryFile() as out:
        if job.params["ending"] == "xlsx":
            rows = exporting.write_xlsx(session, table, out, captions=True, done=lambda row: run.progress(row, total))
        else:
            rows = -1 if job.params["ending"] == "csv" else 0  # the header is none
            for count, block in blocks(session, table, exporting.OFFICE, lacking("can_read", run.rights)):
                out.write(block)
                rows += count
                run.progress(rows, total)
        file = StoredFile.written(job.params["name"], mime_of(job.params["ending"]), out)
    return Outcome({"rows": rows}, output=file)


def blocks(
    session: Session, table: ImportTable, spelling: exporting.Spelling, lacking: Collection[str] = ()
) -> Iterator[tuple[int, bytes]]:
    """The table as blocks of its own kind of file, each with the number of its rows."""
    if table.parts:
        return writing.file_of(session, lacking)
    if table.reader == VCARD.reader:
        people = cards.persons(session, lacking)
        if table.slug == VCARD.slug:
            return cards.vcard_blocks(people)
        return cards.outlook_blocks(list(people), english=str(get_locale()) == "en")
    return exporting.csv_blocks(session, table, spelling)


def mime_of(ending: str) -> str:
    return {"xlsx": MIME, "vcf": VCARD_MIME, "xml": XML_MIME}.get(ending, "text/csv")
