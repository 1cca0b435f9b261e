"""What is kept from day to day because it cannot be made up later.

Triggers write these rows, so that they are there after any way of writing: see
docs/adr/0006-histories.md. `by_id` is who was named by app.models.authorship.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, DateTime, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import OrderDate
from app.models.allocations import of_seen_order
from app.models.base import Base, choice
from app.models.contacts import Contact, seen_contact
from app.models.counterparties import Counterparty, InformationSource, of_seen_counterparty
from app.models.orders import BuyerOrder
from app.models.users import User
from app.models.visibility import visible_by


@visible_by(of_seen_counterparty)
class ManagerRecord(Base):
    """Who is responsible for a counterparty from a day on; None: nobody. The latest by today is the one in the card."""

    __tablename__ = "manager_record"
    __table_args__ = (
        UniqueConstraint("counterparty_id", "on_date"),  # the manager of a day
        Index("ix_manager_record_manager_id_on_date", "manager_id", "on_date"),  # whose clients were whose
        Index("ix_manager_record_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("From")})
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class SourceRecord(Base):
    """How a counterparty learned about us, from a day on; `contact` is the one that told. The latest is in the card."""

    __tablename__ = "source_record"
    __table_args__ = (
        UniqueConstraint("counterparty_id", "on_date"),  # the source of a day
        Index("ix_source_record_source_id_on_date", "source_id", "on_date"),  # whom a source brought
        Index("ix_source_record_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_source_record_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("From")})
    source_id: Mapped[int | None] = mapped_column(ForeignKey("information_source.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    source: Mapped[InformationSource | None] = relationship(info={"label": _l("Information source")})
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})
    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Author")})


class Move:
    """A change of a planned time: who, when and why."""

    at: Mapped[datetime] = mapped_column(
        "moved_at", DateTime(timezone=True), server_default=func.now(), info={"label": _l("Moved")}
    )
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Reason")})


@visible_by(of_seen_order)
class OrderMove(Move, Base):
    """The day of shipment or of payment of an order was moved; None: there was, or is, none."""

    __tablename__ = "order_move"
    __table_args__ = (
        Index("ix_order_move_order_id_id", "order_id", "id"),  # the moves of an order
        Index("ix_order_move_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    what: Mapped[OrderDate] = mapped_column(choice(OrderDate), info={"label": _l("Date")})
    was: Mapped[date | None] = mapped_column("was_on", info={"label": _l("Was")})
    now: Mapped[date | None] = mapped_column("now_on", info={"label": _l("Became")})

    order: Mapped[BuyerOrder] = relationship(info={"label": _l("Order")})
    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})


def of_seen_contact(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rule of whatever belongs to one contact."""
    rule: ColumnElement[bool] = cls.contact.has(seen_contact(Contact, viewer))
    return rule


@visible_by(of_seen_contact)
class ContactMove(Move, Base):
    """The start of a planned contact was moved."""

    __tablename__ = "contact_move"
    __table_args__ = (
        Index("ix_contact_move_contact_id_id", "contact_id", "id"),  # the moves of a contact
        Index("ix_contact_move_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
    )

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    was: Mapped[datetime] = mapped_column("was_at", DateTime(timezone=True), info={"label": _l("Was")})
    now: Mapped[datetime] = mapped_column("now_at", DateTime(timezone=True), info={"label": _l("Became")})

    contact: Mapped[Contact] = relationship(info={"label": _l("Contact")})
    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})
