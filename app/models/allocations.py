"""Which orders the money of a payment went to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.models.base import Base
from app.models.movements import Payment
from app.models.orders import BuyerOrder, seen_order
from app.models.visibility import visible_by


def of_seen_order(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rule of whatever belongs to one buyer order."""
    rule: ColumnElement[bool] = cls.order.has(seen_order(BuyerOrder, viewer))
    return rule


@visible_by(of_seen_order)
class PaymentAllocation(Base):
    """So much of a payment paid an order; negative for a refund. Written by app.services.sales.posting alone."""

    __tablename__ = "payment_allocation"
    __table_args__ = (
        UniqueConstraint("payment_id", "order_id"),
        Index("ix_payment_allocation_order_id", "order_id", postgresql_include=["amount"]),  # what is paid of an order
        CheckConstraint("amount <> 0", name="amount"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id", ondelete="CASCADE"))
    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Amount")})

    payment: Mapped[Payment] = relationship(info={"label": _l("Payment")})
    order: Mapped[BuyerOrder] = relationship(info={"label": _l("Order")})
