"""Long work: what kinds of it there are, and how a screen asks a worker for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from flask import abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app import clock, nudge
from app.domain.words import JobKind
from app.errors import Refused
from app.extensions import db
from app.models.jobs import Job, StoredFile
from app.services import exchange, jobs
from app.services.classification import abc as classification
from app.services.classification import drafts as classification_drafts
from app.services.classification import stages
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
    JobKind.FILL_DRAFT: KindOfWork(classification_drafts.fill_job),
    JobKind.REDISTRIBUTE_DRAFT: KindOfWork(classification_drafts.redistribute_job),
    JobKind.POST_DRAFT: KindOfWork(classification_drafts.post_job),
}


class Params(Protocol):
    """What work is about, as a dataclass; its handler reads what `to_params` gives."""

    def to_params(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Work:
    kind: JobKind
    params: Params
    title: str  # of the page that shows how far it is


def now_or_later(work: Work, back: str) -> Response:
    """Do it now and go to `back`, or leave it to a worker where there are many buyers. Refused as the work refuses."""
    session, params = db.session(), work.params.to_params()
    if classification.is_long(session):
        return ask_worker(work.kind, {**params, "title": work.title, "back": back})
    user = current_user._get_current_object()
    moment = jobs.Run(clock.now(), clock.today(), progress=lambda _done, _total: None)
    outcome = KINDS[work.kind].handler(session, Job(kind=work.kind, params=params, user=user), moment)
    session.commit()
    flash(outcome.result["told"], "success")
    return redirect(back)


def refuse(problem: Refused, back: str) -> Response:
    """Nothing is changed; say why at `back`."""
    db.session.rollback()
    flash(str(problem), "danger")
    return redirect(back)


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
