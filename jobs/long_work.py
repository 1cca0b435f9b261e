"""Long work that people ask for: the rows of models.jobs.Job, one after another."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock, tracing
from app.domain.words import Road
from app.errors import Refused
from app.extensions import db
from app.models import authorship
from app.models.jobs import Job
from app.services import jobs
from app.services.access import guessing, sessions
from app.services.contacts import inquiries
from app.services.counterparties import calls
from app.services.exchange.commerceml import talking
from app.services.mail import mailings
from app.web.access.rowsec import look_unlogged
from app.web.reports.snapshot import read
from app.web.work import KINDS, rights_still_held
from config import LANGUAGES
from jobs import runtime

REMEMBERED = timedelta(days=1)  # how long it is known which screens took a worker
PROGRESS_EVERY = 0.3  # seconds
log = logging.getLogger(__name__)


def run() -> int:
    """Everything that waits; returns how many pieces of work were taken."""
    return runtime.repeat(run_next)


def run_next(session: Session) -> bool:
    """Take one job and work on it; False when none is free."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        job_id = jobs.claim(watch, now=clock.now())
        if job_id is None:
            return False
        asked_by = watch.scalar(select(Job.request_id).where(Job.id == job_id))
        try:
            with tracing.at_work(tracing.Trace(tracing.accepted(asked_by))):
                work(session, watch, job_id)
        finally:
            jobs.release(watch, job_id)
    return True


def tidy() -> None:
    """Drop what no longer counts of logins, inquiries and calls, and mailings begun in vain."""
    runtime.repeat(lambda session: bool(guessing.tidy(session, now=clock.now())))
    runtime.repeat(lambda session: bool(inquiries.tidy(session, now=clock.now())))
    runtime.repeat(lambda session: bool(calls.tidy(session, now=clock.now())))
    runtime.repeat(lambda session: bool(sessions.tidy(session, now=clock.now())))
    runtime.repeat(lambda session: bool(mailings.tidy(session, now=clock.now())))
    runtime.repeat(lambda session: bool(talking.tidy(session, now=clock.now())))
    runtime.repeat(lambda session: bool(jobs.tidy_pages(session, clock.now() - REMEMBERED)))


def work(session: Session, watch: Connection, job_id: int) -> None:
    """Do the work and write its end in one transaction; a refusal or a bug ends it with a sentence for its owner."""
    try:
        job = session.get(Job, job_id)
        if job is None:
            return
        if job.attempts > jobs.ATTEMPTS:
            raise Refused(_("The work was interrupted too many times and was given up."))
        with force_locale(locale_of(job)):
            outcome = handle(session, watch, job)
        if not outcome.done:
            session.rollback()
        if not is_stopped(watch, job_id):
            jobs.finish(session, session.get_one(Job, job_id), outcome, now=clock.now())
            session.commit()
    except Refused as refusal:
        end(session, job_id, str(refusal))
    except OperationalError:
        if not is_stopped(watch, job_id):
            raise  # the base went away: the job stays unfinished and is taken again
    except Exception:
        # A bug must not stop the queue behind it.
        log.exception("Job %s failed", job_id)
        end(
            session,
            job_id,
            _(
                "Something went wrong; nothing was changed. The administrator finds the reason in the log: %(number)s.",
                number=tracing.current_id(),
            ),
        )


def is_stopped(watch: Connection, job_id: int) -> bool:
    """Whoever asked wants it no longer; see `jobs.stop`."""
    return watch.scalar(select(Job.id).where(Job.id == job_id)) is None


def end(session: Session, job_id: int, sentence: str) -> None:
    session.rollback()
    jobs.fail(session, job_id, sentence, now=clock.now())
    session.commit()


def handle(session: Session, watch: Connection, job: Job) -> jobs.Outcome:
    """The handler is told who asked by the viewer of its session, and what he may do now."""
    rights = rights_still_held(session, job)
    if job.user:
        look_unlogged(session, job.user)
    run = jobs.Run(clock.now(), clock.today(), watcher(watch, job.id), rights)
    kind = KINDS[job.kind]
    authorship.by(session, Road.JOB, job.kind)
    if kind.only_reads:
        return read(lambda own: kind.handler(own, job, run))
    return kind.handler(session, job, run)


def watcher(watch: Connection, job_id: int) -> Callable[[int, int], None]:
    """A progress function that writes at most a few times a second."""
    last = 0.0

    def show(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY:
            last = time.monotonic()
            jobs.show_progress(watch, job_id, done, total)

    return show


def locale_of(job: Job) -> str:
    """The language of whoever asked."""
    profile: Any = getattr(job.user, "profile", None)
    locale = profile.locale if profile else None
    return locale if locale in LANGUAGES else str(runtime.app().config["BABEL_DEFAULT_LOCALE"])
