"""The first screen of a report: what is read at once is shown at once; all else a worker makes, and it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask_babel import get_locale
from flask_login import current_user
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, nudge, tracing
from app.domain.viewer import Viewer
from app.domain.words import JobKind, JobState
from app.extensions import db
from app.models.jobs import Job, StoredFile
from app.models.visibility import viewer_of
from app.queries.jobs import jobs_of
from app.services import jobs
from app.web.report_links import report_url
from app.web.reports.snapshot import AT_ONCE, PATIENCE, TakesLong, read
from config import REPORTS_BIND
from reports.kit.kept import KeptTables, tables_as_asked, tables_of_kept
from reports.kit.recorded import NotRecorded, Recording
from reports.kit.report import TableSet
from reports.work import PAGE_ROWS

FRESH = timedelta(minutes=10)  # what a worker made is shown as long
BUSY = timedelta(seconds=2)  # that nobody has begun it: it is tried here
CANCEL = text("""
    SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = :name AND state = 'active'""")
T = TypeVar("T")


@dataclass(frozen=True)
class AskedReport:
    """A report with its choices, as one reader sees it today; `texts` may be those of a kept setting."""

    report: TableSet
    texts: dict[str, str]
    is_kept: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """Of the job that makes it; another viewer, language or day makes another one."""
        return {
            "slug": self.report.slug,
            "args": self.texts,
            "title": str(self.report.title),
            "back": f"{report_url(self.report.slug)}?{urlencode(self.texts)}",
            "locale": str(get_locale()),
            "today": clock.today().isoformat(),
            "viewer": sight_of(viewer_of(db.session())),
        }

    def tables(self, session: Session) -> KeptTables:
        make = tables_of_kept if self.is_kept else tables_as_asked
        return make(self.report, session, self.texts, today=clock.today(), limit=PAGE_ROWS)


def sight_of(viewer: Viewer | None) -> list[Any]:
    """All that decides what somebody sees."""
    if viewer is None:
        return []
    assisted = sha256(repr(viewer.assisted).encode()).hexdigest() if viewer.assisted else ""
    return [viewer.user_id, sorted(viewer.sees), sorted(viewer.roles), viewer.leads, assisted]


@dataclass(frozen=True)
class FirstScreen:
    """What is shown: the tables, with the moment at which a worker made them, or the job that is making them.

    Neither, where no worker can be asked and nobody waits so long.
    """

    found: KeptTables | None = None
    made_at: datetime | None = None
    job: Job | None = None
    last_time: float | None = None  # seconds that it took
    tried: bool = False  # to read it here, while no worker was free

    @property
    def failed(self) -> bool:
        return self.job is not None and self.job.state is JobState.FAILED


def first_screen(asked: AskedReport) -> FirstScreen:
    """Refused as the report refuses."""
    session, params = db.session(), asked.params
    last = _last(session, params)
    if last and last.state in jobs.UNFINISHED:
        return _being_made(session, asked, last)
    if last and last.state is JobState.FAILED and _is_fresh(last):
        return FirstScreen(job=last)
    if last and _is_fresh(last):
        kept = _played(last, asked.tables)
        return FirstScreen(kept, made_at=last.finished_at) if kept else FirstScreen(_read(asked, PATIENCE))
    seconds = _seconds(last) if last else None
    is_quick = seconds is None or seconds < AT_ONCE
    if is_quick and (found := _read(asked, AT_ONCE)):
        return FirstScreen(found)
    job = jobs.enqueue(session, JobKind.PAGE, user_id=current_user.id, params=params)
    session.commit()
    if nudge.soon(jobs.TASK):
        return FirstScreen(job=job, last_time=seconds)
    _stop(session, job)
    return FirstScreen(_read(asked, PATIENCE))


def kept_or_read(asked: AskedReport, make: Callable[[Session], T]) -> T:
    """Of what the screen was made of, if that is enough; else TakesLong where it takes longer than a reader waits."""
    last = _last(db.session(), asked.params)
    kept = _played(last, make) if last and last.state is JobState.DONE and _is_fresh(last) else None
    return read(make, within=PATIENCE) if kept is None else kept


def forget(asked: AskedReport) -> None:
    """The reader wants what is there now, not what was made a while ago."""
    session = db.session()
    if last := _last(session, asked.params):
        stop(session, last)


def stop(session: Session, job: Job) -> None:
    """Nobody waits for it any more: the base ends what it is reading for it."""
    name = tracing.name_in_base("worker", job.request_id)
    is_running = job.state is JobState.RUNNING and job.request_id
    _stop(session, job)
    for bind in (None, REPORTS_BIND) if is_running else ():
        with Session(db.engines[bind]) as own:
            own.execute(CANCEL, {"name": name})


def _last(session: Session, params: dict[str, Any]) -> Job | None:
    """The newest job for the same, of those that are not forgotten."""
    mine = jobs_of(current_user.id, JobKind.PAGE).where(Job.params == params)
    return session.scalars(mine.limit(1)).first()


def _seconds(job: Job) -> float | None:
    if job.state is not JobState.DONE or job.finished_at is None or job.started_at is None:
        return None
    return (job.finished_at - job.started_at).total_seconds()


def _is_fresh(job: Job) -> bool:
    return job.finished_at is not None and clock.now() - job.finished_at < FRESH


def _played(job: Job, make: Callable[[Session], T]) -> T | None:
    """None: what was recorded is not all that is asked for, or it was dropped."""
    content = db.session.scalar(select(StoredFile.content).where(StoredFile.id == job.output_id))
    if content is None:
        return None
    recording = Recording.read(content)

    def play(session: Session) -> T:
        recording.play(session)
        return make(session)

    try:
        return read(play)
    except NotRecorded:
        return None


def _being_made(session: Session, asked: AskedReport, job: Job) -> FirstScreen:
    """Where all workers are busy it is read here, once more."""
    if job.state is JobState.RUNNING or clock.now() - job.created_at < BUSY:
        return FirstScreen(job=job)
    found = _read(asked, PATIENCE)
    if found is None:
        return FirstScreen(job=job, tried=True)
    _stop(session, job)
    return FirstScreen(found)


def _read(asked: AskedReport, within: float) -> KeptTables | None:
    """None: it takes longer than so many seconds."""
    try:
        return read(asked.tables, within=within)
    except TakesLong:
        return None


def _stop(session: Session, job: Job) -> None:
    jobs.stop(session, job)
    session.commit()
