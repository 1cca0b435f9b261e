"""A report as a file: a short one at once, a long one by a worker."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO, TextIOWrapper
from typing import BinaryIO, TextIO, cast

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.formats.pdf import PDF
from app.domain.formats.writing import MIME
from app.errors import Refused
from app.models.jobs import Job, StoredFile
from app.services.jobs import Outcome, Progress, Run
from reports import report_named
from reports.kit.columns import Row
from reports.kit.kept import tables_of_kept
from reports.kit.paper import to_pdf
from reports.kit.plain import to_csv, to_json
from reports.kit.recorded import Recording
from reports.kit.report import TableSet
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx

LONG = 20_000  # rows that make a file the work of a worker
PAGE_ROWS = 500  # of a table on the screen
IN_MEMORY = 4 * 1024 * 1024  # bytes of a file; what is more goes to the disk


Write = Callable[[Sequence[ReportTable], BinaryIO], None]


@dataclass(frozen=True)
class FileKind:
    """A kind of file: what writes it, and from how many rows on a worker does."""

    write: Write
    mime: str
    long: int


def as_text(write: Callable[[Sequence[ReportTable], TextIO], None]) -> Write:
    def written(tables: Sequence[ReportTable], out: BinaryIO) -> None:
        text = TextIOWrapper(out, "utf-8", newline="")
        write(tables, text)
        text.detach()

    return written


FORMS: Mapping[str, FileKind] = {
    "xlsx": FileKind(to_xlsx, MIME, LONG),
    "pdf": FileKind(to_pdf, PDF, 2_000),
    "csv": FileKind(as_text(to_csv), "text/csv", LONG),
    "json": FileKind(as_text(to_json), "application/json", 50_000),
}


def spool() -> BinaryIO:
    """Where a file is made before it is sent: what can still fail fails before the first byte leaves."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))  # whoever sends it closes it


def page_job(session: Session, job: Job, run: Run) -> Outcome:
    """A recording of what the screen is made of: `params` are slug, args and the locale of the reader."""
    params, recording = job.params, Recording()
    recording.begin(session)
    with force_locale(params["locale"]):
        tables_of_kept(report_or_refused(params["slug"]), session, params["args"], today=run.today, limit=PAGE_ROWS)
    return Outcome(output=StoredFile.written(params["slug"], "application/gzip", BytesIO(recording.written())))


def report_or_refused(slug: str) -> TableSet:
    report = report_named(slug)
    if report is None:
        raise Refused(_("This report is no longer there."))
    return report


def workbook_job(session: Session, job: Job, run: Run) -> Outcome:
    """The file of `params`: slug, args, name and form, with the rows that whoever asked may see."""
    form = FORMS[job.params["form"]]
    tables = report_or_refused(job.params["slug"]).tables(session, job.params["args"], today=run.today)
    total = sum(table.length for table in tables)
    watched, done = [], 0
    for table in tables:
        watched.append(replace(table, rows=_watched(table, done, total, run.progress)))
        done += table.length
    with spool() as out:
        form.write(watched, out)
        file = StoredFile.written(job.params["name"], form.mime, out)
    return Outcome({"rows": total}, output=file)


def _watched(table: ReportTable, done: int, total: int, progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(table.rows, done + 1):
        yield row
        progress(number, total)
