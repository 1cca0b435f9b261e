"""Corrections of buyer orders: what was agreed after the order was made."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.allocations import of_seen_order
from app.models.base import Base, Versioned, numbered_by_year
from app.models.orders import BuyerOrder
from app.models.products import DiscountedLine, lines_of
from app.models.users import User
from app.models.visibility import visible_by


@visible_by(of_seen_order)
class OrderCorrection(Versioned, Base):
    """Корректировка заказа: its lines add to the plan of the order or take from it."""

    __tablename__ = "order_correction"
    __table_args__ = (
        numbered_by_year("order_correction"),
        Index("ix_order_correction_order_id_date_id", "order_id", "date", "id"),  # the order's own
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), default=0, server_default="0", info={"label": _l("Amount")})

    order: Mapped[BuyerOrder] = relationship(info={"label": _l("Order")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    lines: Mapped[list[CorrectionLine]] = lines_of("CorrectionLine", "correction")

    def __str__(self) -> str:
        return self.number


class CorrectionLine(DiscountedLine, Base):
    """A change of the planned quantity of an item: more (> 0) or less (< 0)."""

    __tablename__ = "order_correction_line"
    __table_args__ = (
        Index("ix_order_correction_line_correction_id_position", "correction_id", "position"),  # its own lines
        Index("ix_order_correction_line_item_id", "item_id"),  # the foreign key
        CheckConstraint("quantity <> 0", name="quantity"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("discount BETWEEN 0 AND 100", name="discount"),
    )

    correction_id: Mapped[int] = mapped_column(ForeignKey("order_correction.id", ondelete="CASCADE"))

    correction: Mapped[OrderCorrection] = relationship(back_populates="lines")
