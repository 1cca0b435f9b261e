"""How often what is planned was moved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from app.models.contacts import Contact
from app.models.histories import ContactMove
from app.models.tasks import Task, TaskMove

Movable = Contact | Task
KEPT: dict[type, Any] = {Contact: ContactMove.contact_id, Task: TaskMove.task_id}


def times_moved(row: Movable) -> Select[int]:
    column = KEPT[type(row)]
    return select(func.count()).select_from(column.class_).where(column == row.id)
