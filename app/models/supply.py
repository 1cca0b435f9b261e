"""Orders to suppliers, what came by them and what was paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Computed, FetchedValue, ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import (
    Base,
    Followed,
    Reversible,
    Versioned,
    followed,
    number_tail,
    numbered_by_year,
)
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.products import ItemLine, lines_of
from app.models.users import User
from app.models.visibility import visible_by

Day = date  # inside a class that has a column `date` the name is the column's

# As of an order of a buyer: what came stays owed, whatever becomes of the rest.
DUE = "CASE WHEN closed_on IS NULL THEN greatest(amount, received_amount) ELSE received_amount END"


@visible_by(of_seen_counterparty)
class SupplierOrder(Followed, Versioned, Base):
    """Заказ поставщику.

    `rest_quantity` (still awaited: nothing of a closed one), `received_on` (all of it came) and the figures below
    are kept by app.services.purchasing.supply.
    """

    __tablename__ = "supplier_order"
    __table_args__ = (
        followed("supplier_order"),
        numbered_by_year("supplier_order"),
        number_tail("supplier_order"),
        Index("ix_supplier_order_date_id", "date", "id"),  # the list
        Index("ix_supplier_order_counterparty_id_receive_on", "counterparty_id", "receive_on"),  # lateness
        Index("ix_supplier_order_counterparty_id_date_id", "counterparty_id", "date", "id"),  # the feed
        Index(  # what is awaited, with what the calendar is narrowed by
            "ix_supplier_order_awaited",
            *("manager_id", "receive_on", "id"),
            postgresql_include=["counterparty_id", "number"],
            postgresql_where=text("rest_quantity > 0"),
        ),
        Index(  # the same of everybody
            "ix_supplier_order_awaited_all",
            *("receive_on", "id"),
            postgresql_include=["manager_id", "counterparty_id", "number"],
            postgresql_where=text("rest_quantity > 0"),
        ),
        Index(  # what is to be paid
            "ix_supplier_order_to_pay",
            *("manager_id", "pay_by", "id"),
            postgresql_include=["counterparty_id", "number"],
            postgresql_where=text("unpaid_amount > 0"),
        ),
        Index(  # the same of everybody
            "ix_supplier_order_to_pay_all",
            *("pay_by", "id"),
            postgresql_include=["manager_id", "counterparty_id", "number"],
            postgresql_where=text("unpaid_amount > 0"),
        ),
        Index("ix_supplier_order_manager_id", "manager_id"),  # the foreign key
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    receive_on: Mapped[Day | None] = mapped_column(info={"label": _l("Receive on")})
    # The day that was promised first; a trigger keeps it.
    first_receive_on: Mapped[Day | None] = mapped_column(
        server_default=FetchedValue(), server_onupdate=FetchedValue(), info={"label": _l("First planned receipt")}
    )
    pay_by: Mapped[Day | None] = mapped_column(info={"label": _l("Pay by")})
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), default=0, server_default="0", info={"label": _l("Amount")})
    rest_quantity: Mapped[Decimal] = mapped_column(
        Numeric(15, 3), default=0, server_default="0", info={"label": _l("Left to receive")}
    )
    received_on: Mapped[Day | None] = mapped_column(info={"label": _l("Received in full")})
    received_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), default=0, server_default="0", info={"label": _l("Received")}
    )
    paid_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), default=0, server_default="0", info={"label": _l("Paid")}
    )
    closed_on: Mapped[Day | None] = mapped_column(info={"label": _l("Closed on")})
    due_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), Computed(DUE, persisted=True), info={"label": _l("To be paid in all")}
    )
    unpaid_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), Computed(f"{DUE} - paid_amount", persisted=True), info={"label": _l("Left to pay")}
    )

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Supplier")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    lines: Mapped[list[SupplierOrderLine]] = lines_of("SupplierOrderLine", "order")

    def __str__(self) -> str:
        return self.number


class SupplierOrderLine(ItemLine, Base):
    """A line of an order to a supplier."""

    __tablename__ = "supplier_order_line"
    __table_args__ = (
        Index("ix_supplier_order_line_order_id_position", "order_id", "position"),  # its own lines
        Index("ix_supplier_order_line_item_id", "item_id"),  # the foreign key
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("price >= 0", name="price"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("supplier_order.id", ondelete="CASCADE"))

    order: Mapped[SupplierOrder] = relationship(back_populates="lines")


@visible_by(of_seen_counterparty)
class Receipt(Reversible, Versioned, Base):
    """Поступление товаров from a supplier."""

    __tablename__ = "receipt"
    __table_args__ = (
        numbered_by_year("receipt"),
        number_tail("receipt"),
        Index("ix_receipt_date_id", "date", "id"),  # the list
        Index("ix_receipt_counterparty_id_date_id", "counterparty_id", "date", "id"),  # the card
        Index("ix_receipt_order_id", "order_id"),  # what came of an order
        Index("ix_receipt_manager_id", "manager_id"),  # the foreign key
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_order.id"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), default=0, server_default="0", info={"label": _l("Amount")})

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Supplier")})
    order: Mapped[SupplierOrder | None] = relationship(info={"label": _l("Supplier order")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    lines: Mapped[list[ReceiptLine]] = lines_of("ReceiptLine", "receipt")

    def __str__(self) -> str:
        return self.number


class ReceiptLine(ItemLine, Base):
    """A received item."""

    __tablename__ = "receipt_line"
    __table_args__ = (
        Index("ix_receipt_line_receipt_id_position", "receipt_id", "position"),  # its own lines
        Index("ix_receipt_line_item_id", "item_id"),  # the foreign key
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("price >= 0", name="price"),
    )

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id", ondelete="CASCADE"))

    receipt: Mapped[Receipt] = relationship(back_populates="lines")


@visible_by(of_seen_counterparty)
class SupplierPayment(Reversible, Versioned, Base):
    """Оплата поставщику; a negative amount is money that he gave back, maybe of a certain payment."""

    __tablename__ = "supplier_payment"
    __table_args__ = (
        # Known as payments of buyers are: by number, day and whose it is.
        Index("uq_supplier_payment_number", "number", "date", "counterparty_id", unique=True),
        number_tail("supplier_payment"),
        Index("ix_supplier_payment_date_id", "date", "id"),  # the list
        Index(  # the card; what we owe from the index alone
            "ix_supplier_payment_counterparty_id_date_id",
            "counterparty_id",
            "date",
            "id",
            postgresql_include=["amount", "reversed_on"],
        ),
        Index("ix_supplier_payment_order_id", "order_id"),  # what was paid of an order
        Index(  # what was given back of a payment
            "ix_supplier_payment_refund_of_id", "refund_of_id", postgresql_where=text("refund_of_id IS NOT NULL")
        ),
        CheckConstraint("amount <> 0", name="amount"),
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_order.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Amount")})
    purpose: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Purpose")})
    refund_of_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_payment.id"))

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Supplier")})
    order: Mapped[SupplierOrder | None] = relationship(info={"label": _l("Supplier order")})
    refund_of: Mapped[SupplierPayment | None] = relationship(
        remote_side=lambda: SupplierPayment.id, info={"label": _l("Refund of the payment")}
    )

    def __str__(self) -> str:
        return self.number
