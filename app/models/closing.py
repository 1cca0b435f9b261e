"""Closing of orders, of buyers and to suppliers, always with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.models.allocations import of_seen_order
from app.models.base import Base
from app.models.counterparties import of_seen_counterparty
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.users import User
from app.models.visibility import visible_by


class ClosingReason(Base):
    """Причина закрытия заказа: a catalogue that users extend."""

    __tablename__ = "closing_reason"

    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    position: Mapped[int] = mapped_column(default=100, server_default="100", info={"label": _l("Place in lists")})

    def __str__(self) -> str:
        return self.name


class Closing:
    """A row of «Закрытие заказов»: an order is closed once, and its first reason stays.

    Orders closed together share the number. `closing_amount` is the price of what
    had not been delivered then, `unpaid_amount` the payment no longer expected; what
    was delivered stays owed.
    """

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})
    reason_id: Mapped[int] = mapped_column(ForeignKey("closing_reason.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    closing_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Closed amount")})
    unpaid_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Payment no longer expected")})
    order_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Order amount")})

    @declared_attr
    def reason(cls) -> Mapped[ClosingReason]:  # noqa: N805 - SQLAlchemy gives the class
        return relationship(info={"label": _l("Reason of closing")})

    @declared_attr
    def by(cls) -> Mapped[User | None]:  # noqa: N805
        return relationship(info={"label": _l("Closed by")})

    def __str__(self) -> str:
        return self.number


def closing_indexes(table: str) -> tuple[Index, ...]:
    """Of the table of closings of that name; that of `order_id` is its uniqueness."""
    return (
        Index(f"ix_{table}_on_date_id", "on_date", "id"),  # closed in a period
        Index(f"ix_{table}_reason_id", "reason_id"),  # the foreign key
        Index(f"ix_{table}_by_id", "by_id"),  # the foreign key
        Index(f"ix_{table}_number", "number"),  # closed together
    )


@visible_by(of_seen_order)
class OrderClosing(Closing, Base):
    """Закрытие заказа покупателя."""

    __tablename__ = "order_closing"
    __table_args__ = closing_indexes("order_closing")

    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"), unique=True)

    order: Mapped[BuyerOrder] = relationship(info={"label": _l("Order")})


@visible_by(lambda cls, viewer: cls.order.has(of_seen_counterparty(SupplierOrder, viewer)))
class SupplierOrderClosing(Closing, Base):
    """Закрытие заказа поставщику."""

    __tablename__ = "supplier_order_closing"
    __table_args__ = closing_indexes("supplier_order_closing")

    order_id: Mapped[int] = mapped_column(ForeignKey("supplier_order.id", ondelete="CASCADE"), unique=True)

    order: Mapped[SupplierOrder] = relationship(info={"label": _l("Supplier order")})
