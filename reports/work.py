"""A long workbook, made by a worker."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.formats.writing import MIME
from app.errors import Refused
from app.models.jobs import Job, StoredFile
from app.services.jobs import Outcome, Progress, Run
from reports import report_named
from reports.kit.columns import Row
from reports.kit.table import ReportTable
from reports.kit.xlsx import to_xlsx

LONG = 20_000  # rows that make a workbook the work of a worker
IN_MEMORY = 4 * 1024 * 1024  # bytes of a workbook; what is more goes to the disk


def spool() -> BinaryIO:
    """Where a file is made before it is sent: what can still fail fails before the first byte leaves."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))  # whoever sends it closes it


def workbook_job(session: Session, job: Job, run: Run) -> Outcome:
    """The workbook of `params`: slug, args and name, with the rows that whoever asked may see."""
    report = report_named(job.params["slug"])
    if report is None:
        raise Refused(_("This report is no longer there."))
    tables = report.tables(session, job.params["args"], today=run.today)
    total = sum(table.count for table in tables)
    watched, done = [], 0
    for table in tables:
        watched.append(replace(table, rows=_watched(table, done, total, run.progress)))
        done += table.count
    with spool() as out:
        to_xlsx(watched, out)
        size = out.tell()
        out.seek(0)
        file = StoredFile(name=job.params["name"], mime=MIME, size=size, content=out.read())
    return Outcome({"rows": total}, output=file)


def _watched(table: ReportTable, done: int, total: int, progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(table.rows, done + 1):
        yield row
        progress(number, total)
