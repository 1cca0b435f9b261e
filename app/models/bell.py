"""What the bell rings: reminders that people set themselves, and notices that the product gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    FetchedValue,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import Direction, Happening, NoticeKind
from app.models.base import Base, Followed, choice, followed
from app.models.contacts import Contact, seen_contact
from app.models.counterparties import ContactPerson, Counterparty, of_seen_counterparty
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from app.models.orders import BuyerOrder, seen_order
from app.models.supply import SupplierOrder
from app.models.tasks import Task, seen_task
from app.models.users import User
from app.models.visibility import visible_by


def own_reminder(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """One's own, as long as one sees what it is about."""
    own: ColumnElement[bool] = cls.user_id == viewer.user_id
    if viewer.sees_all:
        return own & or_(cls.task_id.is_(None), cls.task.has(seen_task(Task, viewer)))
    return own & or_(
        cls.task.has(seen_task(Task, viewer)),
        cls.contact.has(seen_contact(Contact, viewer)),
        cls.order.has(seen_order(BuyerOrder, viewer)),
        cls.supplier_order.has(of_seen_counterparty(SupplierOrder, viewer)),
    )


@visible_by(own_reminder, personal=True)
class Reminder(Followed, Base):
    """Напоминание of a contact, an order or a task: `minutes_before` what happens then, or at a time that was chosen.

    Triggers of the base keep `happens_at` and `is_live` (it is still to happen),
    and move `due_at` with them by whatever way the row is written, unless it is snoozed.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        followed("reminder"),
        # the bell
        Index("ix_reminder_ringing", "user_id", "due_at", "id", postgresql_where=text("is_live AND done_at IS NULL")),
        # the card; the triggers of what it is about
        Index("ix_reminder_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_reminder_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index(
            "ix_reminder_supplier_order_id", "supplier_order_id", postgresql_where=text("supplier_order_id IS NOT NULL")
        ),
        Index("ix_reminder_task_id", "task_id", postgresql_where=text("task_id IS NOT NULL")),
        CheckConstraint("num_nonnulls(contact_id, order_id, supplier_order_id, task_id) = 1", name="about_one"),
        CheckConstraint("minutes_before >= 0", name="minutes_before"),
        CheckConstraint(
            "CASE happening WHEN 'start' THEN contact_id WHEN 'ship' THEN order_id "
            "WHEN 'receive' THEN supplier_order_id WHEN 'due' THEN task_id "
            "ELSE coalesce(order_id, supplier_order_id) END IS NOT NULL",
            name="happening",
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    supplier_order_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_order.id", ondelete="CASCADE"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    happening: Mapped[Happening] = mapped_column(
        choice(Happening), default=Happening.START, server_default="start", info={"label": _l("What of")}
    )
    minutes_before: Mapped[int | None] = mapped_column(info={"label": _l("Minutes before")})  # None: at a chosen time
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_onupdate=FetchedValue(), info={"label": _l("Rings at")}
    )
    snoozed: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Put off")})
    done_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), server_onupdate=FetchedValue(), info={"label": _l("Done")}
    )
    text: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("What about")})
    zone: Mapped[str] = mapped_column(String(64))  # in which the day of an order begins
    happens_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), server_default=FetchedValue(), server_onupdate=FetchedValue()
    )
    is_live: Mapped[bool] = mapped_column(
        server_default=FetchedValue(), server_onupdate=FetchedValue(), info={"label": _l("Still to happen")}
    )

    user: Mapped[User] = relationship(User)
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})
    supplier_order: Mapped[SupplierOrder | None] = relationship(info={"label": _l("Supplier order")})
    task: Mapped[Task | None] = relationship(info={"label": _l("Task")})

    @property
    def about(self) -> Contact | BuyerOrder | SupplierOrder | Task | None:
        return self.contact or self.order or self.supplier_order or self.task

    def __str__(self) -> str:
        return self.text or str(self.about or "")


def own_notice(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """One's own, as long as one sees whom it is about."""
    own: ColumnElement[bool] = cls.user_id == viewer.user_id
    if viewer.sees_all:
        return own
    return own & or_(of_seen_counterparty(cls, viewer), cls.order.has(seen_order(BuyerOrder, viewer)))


@visible_by(own_notice, personal=True)
class Notice(Base):
    """Уведомление of one user; `key` says of what, so that nobody is told twice. Its words are made for its reader."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notice_user_id_id", "user_id", "id"),  # the page
        Index("ix_notice_unread", "user_id", "id", postgresql_where=text("read_at IS NULL")),  # the bell
        Index("ix_notice_counterparty_id", "counterparty_id"),  # the foreign key
        Index("ix_notice_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),  # the foreign key
        Index("ix_notice_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),  # the foreign key
        Index("ix_notice_letter_id", "letter_id", postgresql_where=text("letter_id IS NOT NULL")),  # told already?
        Index("ix_notice_mailbox_id", "mailbox_id", postgresql_where=text("mailbox_id IS NOT NULL")),  # told already?
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[NoticeKind] = mapped_column(choice(NoticeKind))
    key: Mapped[str] = mapped_column(String(100))
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="CASCADE"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id", ondelete="CASCADE"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[User] = relationship(User)
    counterparty: Mapped[Counterparty | None] = relationship()
    person: Mapped[ContactPerson | None] = relationship()
    order: Mapped[BuyerOrder | None] = relationship()
    letter: Mapped[Letter | None] = relationship()
    mailbox: Mapped[Mailbox | None] = relationship()


def own_call(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    own: ColumnElement[bool] = cls.user_id == viewer.user_id
    return own


@visible_by(own_call, personal=True)
class PhoneCall(Base):
    """Звонок, as a telephone exchange tells of it: it rings at its user until it ends; then it is a contact."""

    __tablename__ = "phone_call"
    __table_args__ = (
        UniqueConstraint("key_id", "call_id"),
        # the bell of whoever it rings at
        Index("ix_phone_call_ringing", "user_id", "rings_since", postgresql_where=text("ended_at IS NULL")),
        Index("ix_phone_call_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
    )

    key_id: Mapped[int] = mapped_column(ForeignKey("inquiry_key.id", ondelete="CASCADE"))
    call_id: Mapped[str] = mapped_column(String(100))  # the exchange's own
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    phone: Mapped[str] = mapped_column(String(50))
    direction: Mapped[Direction] = mapped_column(choice(Direction))
    rings_since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship(User)
    contact: Mapped[Contact | None] = relationship()
