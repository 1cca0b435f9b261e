"""Long work: what kinds of it there are, and how a screen asks a worker for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from flask import abort, flash, redirect, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, nudge
from app.domain.words import JobKind, OneCSubject
from app.errors import Refused
from app.extensions import db
from app.models.jobs import Job, StoredFile
from app.queries.rights import Right, rights_of
from app.services import exchange, jobs, undoing
from app.services.classification import abc as classification
from app.services.classification import drafts as classification_drafts
from app.services.classification import stages
from app.services.counterparties import duplicate_search
from app.services.counterparties.duplicate_search import DUPLICATES
from app.services.exchange.bank import loading as bank_loading
from app.services.exchange.bank import posting as bank_posting
from app.services.exchange.commerceml import talking
from app.services.mail import mailings
from app.web.lists.bulk import bulk_change_job, needs_of
from app.web.lists.chosen import screen_named
from app.web.lists.workbook import list_workbook_job
from reports.kit.report import section_of
from reports.work import page_job, workbook_job


@dataclass(frozen=True)
class KindOfWork:
    """What does it, whose right it needs, and the endpoint of the page that shows how far it is and what came of it.

    The rights are asked whenever it is done and whenever its file is taken, not only when it is asked for. Work
    that `only_reads` is given one moment of the base.
    """

    handler: jobs.Handler
    needs: Callable[[Mapping[str, Any]], set[Right]]  # by the parameters
    page: str = "WorkView.page"
    only_reads: bool = False


def classifying(_params: Mapping[str, Any]) -> set[Right]:
    return {("can_write", "Classification")}


def searching_duplicates(_params: Mapping[str, Any]) -> set[Right]:
    return {("can_write", DUPLICATES)}


def importing(params: Mapping[str, Any]) -> set[Right]:
    sections = exchange.table_named(params["kind"]).sections
    return {("can_write", "Import"), *(("can_write", section) for section in sections)}


def exporting_a_table(params: Mapping[str, Any]) -> set[Right]:
    sections = exchange.table_named(params["kind"]).read_sections
    return {("can_read", "Export"), *(("can_read", section) for section in sections)}


def posting_a_statement(_params: Mapping[str, Any]) -> set[Right]:
    return {("can_write", "Bank statements")}


def taking_back(_params: Mapping[str, Any]) -> set[Right]:
    return {("can_write", "Journal")}


def bringing_from_1c(params: Mapping[str, Any]) -> set[Right]:
    return {("can_write", part.section) for part in talking.parts_of(OneCSubject(params["subject"]))}


def mailing(_params: Mapping[str, Any]) -> set[Right]:
    return {("can_write", "Mailings"), ("can_write", "Letters")}


def reading_a_report(params: Mapping[str, Any]) -> set[Right]:
    return {("can_read", section_of(params["slug"]))}


def reading_a_list(params: Mapping[str, Any]) -> set[Right]:
    return {("can_read", "Export"), *screen_named(params["view"]).workbook_needs(params)}


KINDS: dict[str, KindOfWork] = {
    JobKind.IMPORT: KindOfWork(exchange.import_job, importing, "ImportView.job"),
    JobKind.WORKBOOK: KindOfWork(workbook_job, reading_a_report, only_reads=True),
    JobKind.PAGE: KindOfWork(page_job, reading_a_report, only_reads=True),
    JobKind.LIST_WORKBOOK: KindOfWork(list_workbook_job, reading_a_list, only_reads=True),
    JobKind.BULK_CHANGE: KindOfWork(bulk_change_job, needs_of),
    JobKind.EXPORT: KindOfWork(exchange.export_job, exporting_a_table, only_reads=True),
    JobKind.CLASSES: KindOfWork(classification.classification_job, classifying),
    JobKind.STAGES: KindOfWork(stages.classification_job, classifying),
    JobKind.FILL_DRAFT: KindOfWork(classification_drafts.fill_job, classifying),
    JobKind.REDISTRIBUTE_DRAFT: KindOfWork(classification_drafts.redistribute_job, classifying),
    JobKind.POST_DRAFT: KindOfWork(classification_drafts.post_job, classifying),
    JobKind.DUPLICATES: KindOfWork(duplicate_search.search_job, searching_duplicates),
    JobKind.BANK: KindOfWork(bank_posting.post_job, posting_a_statement),
    JobKind.BANK_FILE: KindOfWork(bank_loading.load_job, posting_a_statement),
    JobKind.UNDO: KindOfWork(undoing.undo_job, taking_back),
    JobKind.MAILING: KindOfWork(mailings.mailing_job, mailing),
    JobKind.ONE_C: KindOfWork(talking.import_job, bringing_from_1c),
}


def rights_still_held(session: Session, job: Job) -> set[Right]:
    """The rights that whoever asked has now; Refused where the work needs one that was taken away meanwhile."""
    rights = rights_of(session, job.user_id)
    if not KINDS[job.kind].needs(job.params) <= rights:
        raise Refused(_("The right to do this was taken away: nothing was done."))
    return rights


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
    job = Job(kind=work.kind, params=params, user_id=user.id, user=user)
    moment = jobs.Run(
        clock.now(), clock.today(), progress=lambda _done, _total: None, rights=rights_still_held(session, job)
    )
    outcome = KINDS[work.kind].handler(session, job, moment)
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


def made_by(job: Job) -> Response:
    """The file that the work made, for whoever may still do such work."""
    made = job.output or abort(404)
    try:
        rights_still_held(db.session(), job)
    except Refused:
        abort(403)
    return send_file(BytesIO(made.content), made.mime, as_attachment=True, download_name=made.name)


def is_running(job: Job) -> bool:
    return job.state in jobs.UNFINISHED
