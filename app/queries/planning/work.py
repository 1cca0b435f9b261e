"""What employees planned and did: contacts and tasks of a period, each with its moves and minutes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Select, case, cast, func, literal, null, select, union_all

from app.domain.periods import DAY, Period
from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.counterparties import CounterpartyName
from app.models.histories import ContactMove
from app.models.tasks import Task, TaskMove


def work(period: Period, today: date, employee_id: int | None = None) -> Select[Any]:
    """A row a contact or a task that stands in the period: whose, on which day, what became of it.

    Every one of them was planned; what is cancelled takes no minutes, and a contact that took place took as many as
    it lasts. `why` are the reasons of its moves.
    """
    contacts, tasks = _contacts(period, today), _tasks(period, today)
    if employee_id is not None:
        contacts = contacts.where(Contact.manager_id == employee_id)
        tasks = tasks.where(Task.executor_id == employee_id)
    return select(union_all(contacts, tasks).subquery("work"))


def _contacts(period: Period, today: date) -> Select[Any]:
    lasts = func.extract("epoch", Contact.ends_at - Contact.starts_at) / 60
    return (
        select(
            literal("contact").label("event"),
            Contact.id.label("contact_id"),
            cast(null(), Integer).label("task_id"),
            Contact.manager_id.label("manager_id"),
            cast(Contact.starts_at, Date).label("day"),
            func.coalesce(func.nullif(Contact.subject, ""), func.left(Contact.text, 100)).label("subject"),
            func.coalesce(CounterpartyName.name, Contact.prospect).label("counterparty"),
            *_outcome(
                Contact.state == ContactState.DONE,
                Contact.state == ContactState.CANCELLED,
                cast(Contact.starts_at, Date) < today,
            ),
            *_moves(ContactMove, ContactMove.contact_id == Contact.id),
            *_minutes(
                lasts,
                lasts,
                is_done=Contact.state == ContactState.DONE,
                is_cancelled=Contact.state == ContactState.CANCELLED,
            ),
        )
        .outerjoin(CounterpartyName, CounterpartyName.id == Contact.counterparty_id)
        .where(
            Contact.manager_id.is_not(None), Contact.starts_at >= period.first, Contact.starts_at < period.last + DAY
        )
    )


def _tasks(period: Period, today: date) -> Select[Any]:
    return (
        select(
            literal("task").label("event"),
            cast(null(), Integer).label("contact_id"),
            Task.id.label("task_id"),
            Task.executor_id.label("manager_id"),
            Task.due_on.label("day"),
            Task.text.label("subject"),
            CounterpartyName.name.label("counterparty"),
            *_outcome(Task.done_on.is_not(None), Task.cancelled_on.is_not(None), Task.due_on < today),
            *_moves(TaskMove, TaskMove.task_id == Task.id),
            *_minutes(
                func.coalesce(Task.minutes, 0),
                func.coalesce(Task.spent_minutes, 0),
                is_done=Task.done_on.is_not(None),
                is_cancelled=Task.cancelled_on.is_not(None),
            ),
        )
        .outerjoin(CounterpartyName, CounterpartyName.id == Task.counterparty_id)
        .where(Task.due_on.between(period.first, period.last))
    )


def _outcome(is_done: Any, is_cancelled: Any, is_past: Any) -> tuple[Any, ...]:
    """How it stands, and the same as ones and noughts to be added up."""
    words = ((is_done, ContactState.DONE.value), (is_cancelled, ContactState.CANCELLED.value))
    waits = ~is_done & ~is_cancelled
    return (
        case(*words, else_=ContactState.PLANNED.value).label("state"),
        literal(1).label("planned"),
        _one(is_done, "done"),
        _one(waits & is_past, "overdue"),
        _one(is_cancelled, "cancelled"),
    )


def _one(condition: Any, name: str) -> Any:
    return case((condition, 1), else_=0).label(name)


def _moves(move: Any, mine: Any) -> tuple[Any, ...]:
    reasons = func.string_agg(func.nullif(move.reason, "").distinct(), literal("; "))
    return (
        select(func.count(move.id)).where(mine).scalar_subquery().label("moved"),
        select(reasons).where(mine).scalar_subquery().label("why"),
    )


def _minutes(planned: Any, spent: Any, *, is_done: Any, is_cancelled: Any) -> tuple[Any, ...]:
    return (
        cast(case((is_cancelled, 0), else_=planned), Integer).label("minutes_planned"),
        cast(case((is_done, spent), else_=0), Integer).label("minutes_spent"),
    )
