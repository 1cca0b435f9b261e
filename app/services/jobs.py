"""Long work: asked for here, taken by a worker, finished exactly once.

The row is the truth. Whoever works on it holds an advisory lock on its own
connection, which the server drops when the process dies: an unfinished row
without a lock is free to take. The end of the work is written in the same
transaction as the work itself, so a finished row never runs twice and a killed
one has done nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.words import JobKind, JobState
from app.errors import Refused
from app.models.jobs import Job, StoredFile
from app.queries.rights import Right

LOCK = 0x6A6F62  # the class of advisory locks: "job"
TASK = "jobs.long_work.run"  # what the edges ask a worker for after the commit
ATTEMPTS = 5  # work that killed its worker so often is given up
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)

Progress = Callable[[int, int], None]  # steps done, of how many


def unwatched(_done: int, _total: int) -> None:
    """The progress of work that nobody watches."""


@dataclass(frozen=True)
class Run:
    """What a handler is given besides its session and its job; `rights` are those of whoever asked, of now."""

    now: datetime
    today: date
    progress: Progress
    rights: Set[Right] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """What a handler made: figures for the screen, and a file to take away if there is one.

    `done` False says that the work ended without changing anything, as asked;
    its changes are rolled back and the result is kept.
    """

    result: dict[str, Any] = field(default_factory=dict)
    output: StoredFile | None = None
    done: bool = True


# A handler reads the job and never changes it: its row is written by the runtime.
Handler = Callable[[Session, Job, Run], Outcome]


def enqueue(
    session: Session,
    kind: JobKind,
    *,
    user_id: int | None,
    params: dict[str, Any] | None = None,
    file: StoredFile | None = None,
) -> Job:
    """Ask for work; after the commit the edge calls `nudge.soon(jobs.TASK)`."""
    job = Job(kind=kind, user_id=user_id, params=params or {}, input=file)
    session.add(job)
    session.flush()
    return job


def sent_file(job: Job) -> StoredFile:
    """The file that the work is about; Refused once it was dropped."""
    if job.input is None:
        raise Refused(_("The file is not kept any more. Choose it again."))
    return job.input


def claim(watch: Connection, *, now: datetime) -> int | None:
    """Take the oldest free unfinished job and hold its lock on this (autocommit) connection; None: nothing is free.

    Before all else what somebody looks at a screen for.
    """
    waiting = select(Job.id).where(Job.state.in_(UNFINISHED)).order_by(Job.kind != JobKind.PAGE, Job.id)
    for job_id in watch.scalars(waiting).all():
        if not watch.scalar(select(func.pg_try_advisory_lock(LOCK, job_id))):
            continue
        taken = watch.scalar(
            update(Job)
            .where(Job.id == job_id, Job.state.in_(UNFINISHED))  # it may have been finished meanwhile
            .values(state=JobState.RUNNING, started_at=now, attempts=Job.attempts + 1, progress=0, total=None)
            .returning(Job.id)
        )
        if taken:
            return job_id
        release(watch, job_id)
    return None


def release(watch: Connection, job_id: int) -> None:
    watch.execute(select(func.pg_advisory_unlock(LOCK, job_id)))


def show_progress(watch: Connection, job_id: int, done: int, total: int) -> None:
    """Let the browser see how far the work is; never waits for the work's own transaction."""
    free = select(Job.id).where(Job.id == job_id).with_for_update(skip_locked=True).scalar_subquery()
    watch.execute(update(Job).where(Job.id == free).values(progress=done, total=total))


def finish(session: Session, job: Job, outcome: Outcome, *, now: datetime) -> None:
    job.state, job.result, job.output, job.finished_at = JobState.DONE, outcome.result, outcome.output, now


def fail(session: Session, job_id: int, sentence: str, *, now: datetime) -> None:
    """Say to the owner why nothing was done."""
    session.execute(
        update(Job).where(Job.id == job_id).values(state=JobState.FAILED, error=sentence, finished_at=now),
        execution_options={"unscoped": True},
    )


def stop(session: Session, job: Job) -> None:
    """Nobody wants it any more: nothing of it stays, and whoever is at it finds out when he has to write its end."""
    session.execute(delete(Job).where(Job.id == job.id))
    session.execute(delete(StoredFile).where(StoredFile.id == job.output_id))


def tidy_pages(session: Session, before: datetime) -> int:
    """What screens were made of is not kept for long; returns how many."""
    old = (Job.kind == JobKind.PAGE, Job.created_at < before)
    gone = session.scalars(delete(Job).where(*old).returning(Job.output_id)).all()
    session.execute(delete(StoredFile).where(StoredFile.id.in_(gone)))
    return len(gone)


def old_files(before: date) -> Select[int]:
    """The files of work that ended before that day; the rows of the work and their figures stay."""
    return _files(Job.finished_at < before)


def drop_files(session: Session) -> None:
    """All files of work that has ended: whoever needs one has it made again."""
    session.execute(delete(StoredFile).where(StoredFile.id.in_(_files(Job.finished_at.is_not(None)))))


def _files(ended: ColumnElement[bool]) -> Select[int]:
    alive = select(Job.input_id).where(Job.input_id.is_not(None), Job.state.in_(UNFINISHED))
    old = select(Job.input_id, Job.output_id).where(ended).subquery()
    return select(StoredFile.id).where(
        or_(StoredFile.id.in_(select(old.c.input_id)), StoredFile.id.in_(select(old.c.output_id))),
        StoredFile.id.not_in(alive),
    )
