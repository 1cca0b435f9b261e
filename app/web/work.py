"""Long work: what kinds of it there are, and how a screen asks a worker for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app import nudge
from app.domain.words import JobKind
from app.extensions import db
from app.models.jobs import Job, StoredFile
from app.services import classification, classification_drafts, exchange, jobs, stages
from reports.work import workbook_job


@dataclass(frozen=True)
class KindOfWork:
    """What does it, and the endpoint of the page that shows how far it is and what came of it.

    Work that `only_reads` is given one moment of the base.
    """

    handler: jobs.Handler
    page: str = "WorkView.page"
    only_reads: bool = False


KINDS: dict[str, KindOfWork] = {
    JobKind.IMPORT: KindOfWork(exchange.import_job, "ImportView.job"),
    JobKind.WORKBOOK: KindOfWork(workbook_job, only_reads=True),
    JobKind.CLASSES: KindOfWork(classification.classification_job),
    JobKind.STAGES: KindOfWork(stages.classification_job),
    JobKind.DRAFT: KindOfWork(classification_drafts.draft_job),
}


def ask_worker(kind: JobKind, params: dict[str, Any], file: StoredFile | None = None) -> Response:
    """Leave the work to a worker and show how far it is.

    The common page needs two of the parameters: `title` says what it is, `back` is where it was asked for.
    """
    job = jobs.enqueue(db.session(), kind, user_id=current_user.id, params=params, file=file)
    db.session.commit()
    nudge.soon(jobs.TASK)
    return redirect(url_for(KINDS[kind].page, job_id=job.id))


def own_job(job_id: int, page: str = "") -> Job:
    """Work that the reader asked for; `page` is the endpoint of a page that shows some kinds alone."""
    job = db.session.get(Job, job_id)
    if job is None or job.user_id != current_user.id or job.kind not in KINDS:
        abort(404)
    if page and KINDS[job.kind].page != page:
        abort(404)
    return job


def is_running(job: Job) -> bool:
    return job.state in jobs.UNFINISHED
