"""Import and export of tables: counterparties, persons, items, documents, contacts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import authorship
from app.models.jobs import Job
from app.services.exchange.checking import check
from app.services.exchange.columns import ColumnChoices, captions, columns_of
from app.services.exchange.loading import load
from app.services.exchange.opening import Place, opened
from app.services.exchange.report import ImportReport, LineError
from app.services.exchange.staging import ImportTable, Staging
from app.services.exchange.tables import TABLES
from app.services.jobs import Outcome, Progress, Run

__all__ = [
    "TABLES",
    "ImportReport",
    "ImportTable",
    "LineError",
    "import_job",
    "opened",
    "run_import",
    "table_named",
]

LOCK = 0x696D70  # the class of advisory locks: "imp"


def nothing(_done: int, _total: int) -> None:
    """Nobody watches."""


def table_named(slug: str) -> ImportTable:
    if slug not in TABLES:
        raise Refused(_("“%(kind)s” is not one of: %(kinds)s.", kind=slug, kinds=", ".join(TABLES)), field="kind")
    return TABLES[slug]


def run_import(
    session: Session,
    kind: str,
    source: Path | bytes,
    *,
    now: datetime,
    today: date,
    mapping: ColumnChoices | None = None,
    dry_run: bool = False,
    lacking: Collection[str] = (),
    place: Place | None = None,
    progress: Progress = nothing,
) -> ImportReport:
    """Import one file, all or nothing: when any line is wrong, or only a check was asked for, nothing is changed.

    Of two imports of one kind at once the second waits. Who imports is the
    session's viewer: he reaches no further than he sees, nor into the sections `lacking` among his rights.
    """
    chosen = table_named(kind).without(lacking)
    report = ImportReport(kind, dry_run)
    session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(kind))))
    authorship.sign(session)
    with opened(source, captions(chosen), place) as file, session.begin_nested() as savepoint:
        columns = columns_of(chosen, file.header, mapping)
        taken = set(columns.values())
        report.ignored = [title for i, title in enumerate(file.header) if title and i not in taken]
        staging = Staging.make(session, chosen, frozenset(field.name for field in columns), now, today)
        # The statements after the last line take about as long as the lines.
        load(staging, file, columns, report, lambda done, total: progress(done, 2 * total))
        for line in file.totals:
            report.warn(line, "", _("A line of totals is not imported."))
        progress(report.lines, 2 * report.lines)
        staging.analyze()
        check(staging, report)
        progress(3 * report.lines, 4 * report.lines)
        if not report.wrong_count:
            try:
                chosen.writer(staging, report).write()
                session.expire_all()
            except IntegrityError as error:
                raise Refused(_("Somebody changed the same rows meanwhile. Import the file again.")) from error
        if report.wrong_count or dry_run:
            savepoint.rollback()
        else:
            staging.drop()
    if report.wrong_count:
        report.created = report.updated = report.skipped = 0
    report.wrong.sort(key=lambda error: error.line)
    report.warnings.sort(key=lambda error: error.line)
    return report


def import_job(session: Session, job: Job, run: Run) -> Outcome:
    """An import that was asked for in the browser."""
    if job.input is None:
        raise Refused(_("The file is not kept any more. Choose it again."))
    report = run_import(
        session,
        job.params["kind"],
        job.input.content,
        now=run.now,
        today=run.today,
        mapping=job.params.get("mapping"),
        dry_run=job.params.get("dry_run", False),
        lacking=job.params.get("lacking", ()),
        place=Place(job.params.get("sheet", ""), job.params.get("line", 0)),
        progress=run.progress,
    )
    return Outcome(report.to_dict(), done=not (report.wrong_count or report.dry_run))
