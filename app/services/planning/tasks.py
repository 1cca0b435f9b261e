"""Tasks: made whole, done, moved, handed over, cancelled."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import authorship
from app.models.tasks import Task
from app.models.users import User
from app.models.visibility import viewer_of
from app.services import moves

LONGEST = 60_000  # minutes
ABOUT = ("order", "supplier_order", "contact")


def complete(session: Session, task: Task, *, today: date) -> None:
    """Check the task by whichever way it is written, and fill in its author and whose order or contact it is about."""
    viewer, changed = viewer_of(session), _changed(task)
    if task.author is None and task.author_id is None:
        task.author_id = viewer.user_id if viewer else None
    if task.id is not None and changed("text", "author"):
        check_author(session, task, "text")
    if changed("executor"):
        _check_executor(task.executor)
    _fill_counterparty(task)
    for name in ("done_on", "cancelled_on"):
        if (getattr(task, name) or today) > today:
            raise Refused(_("It has not happened yet: the day is in the future."), field=name)
    if task.done_on and task.cancelled_on:
        raise Refused(_("What is cancelled was not done."), field="cancelled_on")
    if task.is_open and not changed("done_on", "cancelled_on"):
        moves.check_typed(session, task, "due_on")


def check_author(session: Session, task: Task, field: str | None = None) -> None:
    """What is to be done is said, changed and taken back by its author, or by whoever leads people."""
    viewer = viewer_of(session)
    if viewer is None or viewer.leads or viewer.user_id == (task.author.id if task.author else task.author_id):
        return
    raise Refused(_("Only its author changes what is to be done: write down as the result what you know."), field=field)


def finish(session: Session, task: Task, *, text: str, today: date, minutes: int | None = None) -> None:
    """It is done; what came of it stands under what was written before."""
    _check_open(task)
    if minutes is not None and not 0 <= minutes <= LONGEST:
        raise Refused(_("From 0 to %(most)s minutes.", most=LONGEST), field="minutes")
    task.done_on = today
    task.spent_minutes = minutes if minutes is not None else task.spent_minutes
    task.result = "\n".join(part for part in (task.result, text.strip()) if part)
    session.flush()


def move(session: Session, task: Task, to: date, *, today: date, reason: str = "") -> None:
    """It is due on another day."""
    _check_open(task)
    if to < today:
        raise Refused(_("A task is moved to a day that is still to come."), field="on")
    reason = moves.required_reason(session, task, reason)
    task.due_on = to
    authorship.flush_because(session, reason)


def hand_over(session: Session, task: Task, executor: User) -> None:
    """Somebody else does it; its author controls it as before."""
    _check_open(task)
    _check_executor(executor)
    task.executor = executor
    session.flush()


def cancel(session: Session, task: Task, *, today: date) -> None:
    """Nobody will do it."""
    _check_open(task)
    check_author(session, task)
    task.cancelled_on = today
    session.flush()


def _changed(task: Task) -> Any:
    attrs: Any = inspect(task).attrs
    return lambda *names: any(attrs[name].history.has_changes() for name in names)


def _check_executor(executor: User | None) -> None:
    if executor is not None and not executor.active:
        raise Refused(_("This user no longer works here."), field="executor")


def _check_open(task: Task) -> None:
    if not task.is_open:
        raise Refused(_("This task is not to be done any more."))


def _fill_counterparty(task: Task) -> None:
    for name in ABOUT:
        row = getattr(task, name)
        if row is None or row.counterparty_id is None:
            continue
        if task.counterparty is None and task.counterparty_id is None:
            task.counterparty_id = row.counterparty_id
        elif row.counterparty_id != (task.counterparty.id if task.counterparty else task.counterparty_id):
            raise Refused(_("It belongs to another counterparty."), field=name)
