"""Which tasks are whose, and where they stand from today."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, and_

from app.models.tasks import Task


class Whose(StrEnum):
    """From the reader's side."""

    MINE = "mine"
    CONTROLLED = "controlled"


class TaskStanding(StrEnum):
    """Where a task stands from today."""

    OPEN = "open"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    CANCELLED = "cancelled"


def of(whose: Whose, user_id: int) -> ColumnElement[bool]:
    """What he must do, or what he gave to others."""
    if whose is Whose.MINE:
        return Task.executor_id == user_id
    return and_(Task.author_id == user_id, Task.executor_id != user_id)


def standing(where: TaskStanding, today: date) -> ColumnElement[bool]:
    match where:
        case TaskStanding.OPEN:
            return Task.to_be_done()
        case TaskStanding.DUE:
            return and_(Task.to_be_done(), Task.due_on <= today)
        case TaskStanding.OVERDUE:
            return and_(Task.to_be_done(), Task.due_on < today)
        case TaskStanding.DONE:
            return Task.done_on.is_not(None)
        case TaskStanding.CANCELLED:
            return Task.cancelled_on.is_not(None)
