"""Tasks: what one employee asks another, or himself, to do by a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, and_, or_, text, true
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import Importance, TaskState
from app.models.base import Base, Followed, Versioned, choice, followed
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.histories import Move
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.users import User
from app.models.visibility import visible_by

OPEN = "done_on IS NULL AND cancelled_on IS NULL"


def seen_task(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """One's own: given to him or by him; whoever leads people sees everybody's."""
    if viewer.leads:
        return true()
    return or_(cls.executor_id == viewer.user_id, cls.author_id == viewer.user_id)


@visible_by(seen_task, personal=True)
class Task(Followed, Versioned, Base):
    """Задача: its author controls that the executor does it. Neither done nor cancelled, it is open."""

    __tablename__ = "task"
    __table_args__ = (
        followed("task"),
        Index(  # what one has to do, with what his calendar is narrowed by
            "ix_task_open",
            *("executor_id", "due_on", "id"),
            postgresql_include=["author_id", "counterparty_id", "importance"],
            postgresql_where=text(OPEN),
        ),
        Index(  # the same of all
            "ix_task_open_all",
            *("due_on", "id"),
            postgresql_include=["executor_id", "author_id", "counterparty_id", "importance"],
            postgresql_where=text(OPEN),
        ),
        Index("ix_task_executor_id_due_on", "executor_id", "due_on", "id"),  # the list of one user
        Index("ix_task_author_id_due_on", "author_id", "due_on", "id"),  # what one controls
        Index("ix_task_due_on_id", "due_on", "id"),  # the list of all
        Index("ix_task_counterparty_id_due_on", "counterparty_id", "due_on", "id"),  # the card
        # the cards of what it is about
        Index("ix_task_order_id_due_on", "order_id", "due_on", "id", postgresql_where=text("order_id IS NOT NULL")),
        Index("ix_task_supplier_order_id", "supplier_order_id", postgresql_where=text("supplier_order_id IS NOT NULL")),
        Index(
            "ix_task_contact_id_due_on", "contact_id", "due_on", "id", postgresql_where=text("contact_id IS NOT NULL")
        ),
        CheckConstraint("text <> ''", name="text"),
        CheckConstraint("done_on IS NULL OR cancelled_on IS NULL", name="one_end"),
        CheckConstraint("minutes BETWEEN 1 AND 60000", name="minutes"),
        CheckConstraint("spent_minutes BETWEEN 0 AND 60000", name="spent_minutes"),
    )

    text: Mapped[str] = mapped_column(String(500), info={"label": _l("What to do")})
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    executor_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    due_on: Mapped[date] = mapped_column(info={"label": _l("Due on")})
    importance: Mapped[Importance] = mapped_column(
        choice(Importance), default=Importance.NORMAL, server_default="normal", info={"label": _l("Importance")}
    )
    minutes: Mapped[int | None] = mapped_column(info={"label": _l("Planned, minutes")})
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="SET NULL"))
    supplier_order_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_order.id", ondelete="SET NULL"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    done_on: Mapped[date | None] = mapped_column(info={"label": _l("Done on")})
    cancelled_on: Mapped[date | None] = mapped_column(info={"label": _l("Cancelled on")})
    spent_minutes: Mapped[int | None] = mapped_column(info={"label": _l("Spent, minutes")})
    result: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Result")})

    why_moved = ""  # said when the day is changed; its move keeps it

    author: Mapped[User] = relationship(User, foreign_keys=[author_id], info={"label": _l("Author")})
    executor: Mapped[User] = relationship(User, foreign_keys=[executor_id], info={"label": _l("Executor")})
    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName | None] = relationship(
        primaryjoin=lambda: CounterpartyName.id == foreign(Task.counterparty_id), viewonly=True
    )
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})
    supplier_order: Mapped[SupplierOrder | None] = relationship(info={"label": _l("Supplier order")})
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})

    @classmethod
    def to_be_done(cls) -> ColumnElement[bool]:
        return and_(cls.done_on.is_(None), cls.cancelled_on.is_(None))

    @property
    def state(self) -> TaskState:
        if self.cancelled_on is not None:
            return TaskState.CANCELLED
        return TaskState.OPEN if self.done_on is None else TaskState.DONE

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN

    def __str__(self) -> str:
        return self.text


def of_seen_task(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rule of whatever belongs to one task."""
    rule: ColumnElement[bool] = cls.task.has(seen_task(Task, viewer))
    return rule


@visible_by(of_seen_task, personal=True)
class TaskMove(Move, Base):
    """The day of an open task was moved."""

    __tablename__ = "task_move"
    __table_args__ = (
        Index("ix_task_move_task_id_id", "task_id", "id"),  # the moves of a task
        Index("ix_task_move_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    was: Mapped[date] = mapped_column("was_on", info={"label": _l("Was")})
    now: Mapped[date] = mapped_column("now_on", info={"label": _l("Became")})

    task: Mapped[Task] = relationship(info={"label": _l("Task")})
    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})
