"""What happened to goods and money: shipments, returns, payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.viewer import Sees, Viewer
from app.domain.words import MovementKind
from app.models.base import (
    Base,
    Followed,
    Price,
    Reversible,
    Versioned,
    choice,
    followed,
    known_outside,
    number_tail,
    numbered_by_year,
)
from app.models.counterparties import Counterparty, CounterpartyName, of_seen_counterparty
from app.models.orders import BuyerOrder, is_own
from app.models.products import DiscountedLine, lines_of
from app.models.users import User
from app.models.visibility import visible_by


def seen_shipment(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The shipments of the counterparties that the viewer sees, his own, and those by his orders."""
    return is_own(cls, viewer) | seen_payment(cls, viewer)


def seen_payment(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The payments of the counterparties that the viewer sees, and those of his orders."""
    seen = of_seen_counterparty(cls, viewer)
    return seen | cls.order.has(is_own(BuyerOrder, viewer)) if Sees.OWN in viewer.sees else seen


@visible_by(seen_shipment)
class Shipment(Reversible, Followed, Versioned, Base):
    """Реализация or возврат: the lines of a return, and its sums, are negative.

    `amount`, `cost_amount`, `vat_amount` and `quantity` are the sums of the lines, kept with the document;
    a line without a cost counts as cost 0.
    """

    __tablename__ = "shipment"
    __table_args__ = (
        followed("shipment"),
        numbered_by_year("shipment", "kind"),
        number_tail("shipment"),
        known_outside("shipment"),
        Index("ix_shipment_date_id", "date", "id"),  # the list; sales of a period
        Index(  # the card; settlements from the index alone
            "ix_shipment_counterparty_id_date_id",
            "counterparty_id",
            "date",
            "id",
            postgresql_include=["order_id", "amount", "reversed_on"],
        ),
        Index("ix_shipment_order_id", "order_id"),  # what was shipped of an order
        Index("ix_shipment_manager_id", "manager_id"),  # the foreign key
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    kind: Mapped[MovementKind] = mapped_column(
        choice(MovementKind), default=MovementKind.SHIPMENT, server_default="shipment", info={"label": _l("Kind")}
    )
    outside_key: Mapped[str | None] = mapped_column(String(80), info={"label": _l("Key in 1C")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), default=0, server_default="0", info={"label": _l("Amount")})
    cost_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), default=0, server_default="0", info={"label": _l("Cost")}
    )
    quantity: Mapped[Decimal] = mapped_column(
        Numeric(15, 3), default=0, server_default="0", info={"label": _l("Quantity")}
    )
    vat_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), default=0, server_default="0", info={"label": _l("Including VAT")}
    )

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName] = relationship(
        primaryjoin=lambda: CounterpartyName.id == foreign(Shipment.counterparty_id), viewonly=True
    )
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    lines: Mapped[list[ShipmentLine]] = lines_of("ShipmentLine", "shipment")

    def __str__(self) -> str:
        return self.number


class ShipmentLine(DiscountedLine, Base):
    """A shipped (quantity > 0) or returned (quantity < 0) item; `cost` is per unit, None when unknown."""

    __tablename__ = "shipment_line"
    __table_args__ = (
        Index("ix_shipment_line_shipment_id_position", "shipment_id", "position"),  # the shipment's own lines
        Index("ix_shipment_line_item_id", "item_id"),  # the foreign key
        CheckConstraint("quantity <> 0", name="quantity"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("discount BETWEEN 0 AND 100", name="discount"),
    )

    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id", ondelete="CASCADE"))
    cost: Mapped[Decimal | None] = mapped_column(Price(), sort_order=1, info={"label": _l("Cost")})
    cost_amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), default=0, server_default="0")

    shipment: Mapped[Shipment] = relationship(back_populates="lines")


@visible_by(seen_payment)
class Payment(Reversible, Followed, Versioned, Base):
    """Оплата от покупателя; a negative amount is a refund, maybe of a certain payment."""

    __tablename__ = "payment"
    __table_args__ = (
        followed("payment"),
        # Payers number their payment orders by themselves.
        Index("uq_payment_number", "number", "date", "counterparty_id", unique=True),
        number_tail("payment"),
        known_outside("payment"),
        Index("ix_payment_date_id", "date", "id"),  # the list
        Index(  # the card; settlements from the index alone
            "ix_payment_counterparty_id_date_id",
            "counterparty_id",
            "date",
            "id",
            postgresql_include=["order_id", "amount", "reversed_on"],
        ),
        Index(  # advances: what is not allocated yet
            "ix_payment_free",
            "counterparty_id",
            postgresql_where=text("allocated_amount <> amount AND NOT by_hand AND reversed_on IS NULL"),
        ),
        Index("ix_payment_order_id", "order_id"),  # what was paid of an order
        Index(  # what was given back of a payment
            "ix_payment_refund_of_id", "refund_of_id", postgresql_where=text("refund_of_id IS NOT NULL")
        ),
        CheckConstraint("amount <> 0", name="amount"),
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    outside_key: Mapped[str | None] = mapped_column(String(80), info={"label": _l("Key in 1C")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Amount")})
    purpose: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Purpose")})
    # Kept by app.services.sales.posting; the rest of the amount is an advance.
    allocated_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), default=0, server_default="0", info={"label": _l("Allocated to orders")}
    )
    # Somebody decided which orders are paid: the rules keep off.
    by_hand: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Allocated by hand")}
    )
    refund_of_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName] = relationship(
        primaryjoin=lambda: CounterpartyName.id == foreign(Payment.counterparty_id), viewonly=True
    )
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})
    refund_of: Mapped[Payment | None] = relationship(
        remote_side=lambda: Payment.id, info={"label": _l("Refund of the payment")}
    )

    def __str__(self) -> str:
        return self.number
