"""How often what is planned was moved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from app.models.contacts import Contact
from app.models.histories import ContactMove
from app.models.tasks import Task, TaskMove
from app.queries.sql import one_of

Movable = Contact | Task
KEPT: dict[type, Any] = {Contact: ContactMove.contact_id, Task: TaskMove.task_id}


def times_moved(row: Movable, *others: Movable) -> Select[int]:
    """How often each of the rows of one kind was moved; nothing of those that never were."""
    column = KEPT[type(row)]
    theirs = one_of(column, [each.id for each in (row, *others)])
    return select(func.count()).select_from(column.class_).where(theirs).group_by(column)
