"""Closing of buyer orders, always with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.allocations import of_seen_order
from app.models.base import Base
from app.models.orders import BuyerOrder
from app.models.users import User
from app.models.visibility import visible_by


class ClosingReason(Base):
    """Причина закрытия заказа: a catalogue that users extend."""

    __tablename__ = "closing_reason"

    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    position: Mapped[int] = mapped_column(default=100, server_default="100", info={"label": _l("Place in lists")})

    def __str__(self) -> str:
        return self.name


@visible_by(of_seen_order)
class OrderClosing(Base):
    """A row of «Закрытие заказов»: an order is closed once, and its first reason stays.

    Orders closed together share the number. `closing_amount` is the price of what
    was not shipped then, `unpaid_amount` the payment no longer expected; what was
    shipped stays owed.
    """

    __tablename__ = "order_closing"
    __table_args__ = (
        Index("ix_order_closing_on_date_id", "on_date", "id"),  # closed in a period
        Index("ix_order_closing_reason_id", "reason_id"),  # the foreign key
        Index("ix_order_closing_by_id", "by_id"),  # the foreign key
        Index("ix_order_closing_number", "number"),  # closed together
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})
    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"), unique=True)
    reason_id: Mapped[int] = mapped_column(ForeignKey("closing_reason.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    closing_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Closed amount")})
    unpaid_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Payment no longer expected")})
    order_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Order amount")})

    order: Mapped[BuyerOrder] = relationship(info={"label": _l("Order")})
    reason: Mapped[ClosingReason] = relationship(info={"label": _l("Reason of closing")})
    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Closed by")})

    def __str__(self) -> str:
        return self.number
