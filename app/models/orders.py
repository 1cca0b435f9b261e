"""Buyer orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    FetchedValue,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.viewer import Sees, Viewer
from app.domain.words import OrderStatus, PaymentState, ShipmentState
from app.models.base import (
    Base,
    Followed,
    Versioned,
    choice,
    followed,
    number_tail,
    numbered_by_year,
)
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyName, of_seen_counterparty
from app.models.own_fields import Owning, own_indexes
from app.models.products import DiscountedLine, lines_of
from app.models.users import User
from app.models.visibility import visible_by

Day = date  # inside a class that has a column `date` the name is the column's

# app.domain.order_state in SQL; the base itself keeps the states, so nobody can type them.
PLANNED = "amount + corrected_amount"
NET = "shipped_amount - returned_amount"
DUE = f"CASE WHEN closed_on IS NULL THEN greatest({PLANNED}, {NET}, 0) ELSE greatest({NET}, 0) END"
UNPAID = f"{DUE} - paid_amount"
SHIPMENT_STATE = "CASE WHEN rest_quantity <= 0 THEN 'full' WHEN rest_quantity >= quantity THEN 'none' ELSE 'partly' END"
PAYMENT_STATE = (
    f"CASE WHEN paid_amount <= 0 AND ({UNPAID} > 0 OR closed_on IS NOT NULL) THEN 'none' "
    f"WHEN {UNPAID} > 0 THEN 'partly' ELSE 'full' END"
)
DONE = f"rest_quantity <= 0 AND {UNPAID} <= 0"
STATUS = (
    "CASE WHEN closed_on IS NOT NULL THEN 'closed' "
    f"WHEN {DONE} THEN 'done' "
    f"WHEN rest_quantity > 0 AND rest_quantity < quantity OR paid_amount > 0 AND {UNPAID} > 0 THEN 'partly' "
    f"WHEN rest_quantity <= 0 OR {UNPAID} <= 0 THEN 'in_work' ELSE 'new' END"
)
DONE_ON = f"CASE WHEN {DONE} THEN greatest(shipped_on, paid_on) END"


def quantity_column(label: object) -> Mapped[Decimal]:
    return mapped_column(Numeric(15, 3), default=0, server_default="0", info={"label": label})


def money_column(label: object) -> Mapped[Decimal]:
    return mapped_column(Numeric(15, 2), default=0, server_default="0", info={"label": label})


def seen_order(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The orders of the counterparties that the viewer sees, and his own with anybody."""
    return is_own(cls, viewer) | of_seen_counterparty(cls, viewer)


def is_own(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The viewer is responsible for the document."""
    is_his: ColumnElement[bool] = cls.manager_id == viewer.user_id
    return is_his if Sees.OWN in viewer.sees else false()


@visible_by(seen_order)
class BuyerOrder(Owning, Followed, Versioned, Base):
    """Заказ покупателя. `amount` is the sum of its lines, kept with the order.

    Its figures are what its documents add up to, kept by
    app.services.sales.posting.settle alone; the states follow from them in the base.
    """

    __tablename__ = "buyer_order"
    __table_args__ = (
        followed("buyer_order"),
        *own_indexes("buyer_order"),
        numbered_by_year("buyer_order"),
        number_tail("buyer_order"),
        Index("ix_buyer_order_date_id", "date", "id"),  # the list, newest first
        Index("ix_buyer_order_counterparty_id_date_id", "counterparty_id", "date", "id"),  # the card
        Index("ix_buyer_order_manager_id_date_id", "manager_id", "date", "id"),  # the list of one manager
        Index("ix_buyer_order_person_id", "person_id"),  # the foreign key
        Index("ix_buyer_order_status_date_id", "status", "date", "id"),  # the board; the list by status
        Index(  # what one manager has to ship, with what his calendar is narrowed by
            "ix_buyer_order_to_ship",
            *("manager_id", "ship_on", "id"),
            postgresql_include=["counterparty_id", "number"],
            postgresql_where=text("closed_on IS NULL AND rest_quantity > 0"),
        ),
        Index(  # what one manager's buyers have to pay, and how much that is
            "ix_buyer_order_to_pay",
            *("manager_id", "pay_by", "id"),
            postgresql_include=["counterparty_id", "number", "unpaid_amount"],
            postgresql_where=text("closed_on IS NULL AND unpaid_amount > 0"),
        ),
        Index(  # the same of everybody, for the calendar of the whole company
            "ix_buyer_order_to_ship_all",
            *("ship_on", "id"),
            postgresql_include=["manager_id", "counterparty_id", "number"],
            postgresql_where=text("closed_on IS NULL AND rest_quantity > 0"),
        ),
        Index(  # the same of everybody
            "ix_buyer_order_to_pay_all",
            *("pay_by", "id"),
            postgresql_include=["manager_id", "counterparty_id", "number"],
            postgresql_where=text("closed_on IS NULL AND unpaid_amount > 0"),
        ),
        Index(  # what is owed for closed orders of one manager
            "ix_buyer_order_owed",
            *("manager_id", "pay_by", "id"),
            postgresql_where=text("closed_on IS NOT NULL AND unpaid_amount > 0"),
        ),
        Index(  # the same of everybody
            "ix_buyer_order_owed_all",
            *("pay_by", "id"),
            postgresql_where=text("closed_on IS NOT NULL AND unpaid_amount > 0"),
        ),
        # what a payment may be allocated to
        Index("ix_buyer_order_unpaid", "counterparty_id", postgresql_where=text("unpaid_amount <> 0")),
        Index("ix_buyer_order_done_on", "done_on", postgresql_where=text("done_on IS NOT NULL")),  # orders done
        Index(  # what app.services.sales.posting has still to note as completed
            "ix_buyer_order_newly_done",
            "counterparty_id",
            postgresql_where=text("done_on IS NOT NULL AND completed_on IS NULL"),
        ),
        # orders done in a period
        Index("ix_buyer_order_completed_on", "completed_on", postgresql_where=text("completed_on IS NOT NULL")),
    )

    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="SET NULL"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    ship_on: Mapped[Day | None] = mapped_column(info={"label": _l("Ship on")})
    pay_by: Mapped[Day | None] = mapped_column(info={"label": _l("Pay by")})
    # The days that were planned first; triggers keep them, see app.models.histories.
    first_ship_on: Mapped[Day | None] = mapped_column(
        server_default=FetchedValue(), server_onupdate=FetchedValue(), info={"label": _l("First planned shipment")}
    )
    first_pay_by: Mapped[Day | None] = mapped_column(
        server_default=FetchedValue(), server_onupdate=FetchedValue(), info={"label": _l("First planned payment")}
    )
    delivery_address: Mapped[str] = mapped_column(
        String(500), default="", server_default="", info={"label": _l("Delivery address")}
    )
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    amount: Mapped[Decimal] = money_column(_l("Amount"))
    # By what 1C or a site knows it, where the order came from there.
    outside_key: Mapped[str | None] = mapped_column(String(80), unique=True, info={"label": _l("Key in 1C")})

    # Figures: planned with corrections, shipped, returned; rest is of items not yet shipped, and its price.
    quantity: Mapped[Decimal] = quantity_column(_l("Quantity"))
    shipped_quantity: Mapped[Decimal] = quantity_column(_l("Shipped quantity"))
    returned_quantity: Mapped[Decimal] = quantity_column(_l("Returned quantity"))
    rest_quantity: Mapped[Decimal] = quantity_column(_l("Left to ship"))
    corrected_amount: Mapped[Decimal] = money_column(_l("Corrections"))
    shipped_amount: Mapped[Decimal] = money_column(_l("Shipped"))
    returned_amount: Mapped[Decimal] = money_column(_l("Returned"))
    rest_amount: Mapped[Decimal] = money_column(_l("Left to ship, amount"))
    paid_amount: Mapped[Decimal] = money_column(_l("Paid"))
    shipped_on: Mapped[Day | None] = mapped_column(info={"label": _l("Last shipment")})
    paid_on: Mapped[Day | None] = mapped_column(info={"label": _l("Last payment")})
    closed_on: Mapped[Day | None] = mapped_column(info={"label": _l("Closed on")})
    # The first day on which nothing was left to ship or to pay, by the documents that stand; a later return leaves it.
    completed_on: Mapped[Day | None] = mapped_column(info={"label": _l("Completed on")})
    due_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), Computed(DUE, persisted=True), info={"label": _l("To be paid in all")}
    )
    unpaid_amount: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), Computed(UNPAID, persisted=True), info={"label": _l("Left to pay")}
    )
    shipment_state: Mapped[ShipmentState] = mapped_column(
        choice(ShipmentState), Computed(SHIPMENT_STATE, persisted=True), info={"label": _l("Shipment state")}
    )
    payment_state: Mapped[PaymentState] = mapped_column(
        choice(PaymentState), Computed(PAYMENT_STATE, persisted=True), info={"label": _l("Payment state")}
    )
    status: Mapped[OrderStatus] = mapped_column(
        choice(OrderStatus), Computed(STATUS, persisted=True), info={"label": _l("Status")}
    )
    done_on: Mapped[Day | None] = mapped_column(Computed(DONE_ON, persisted=True), info={"label": _l("Done on")})

    why_moved = ""  # said when a planned day is changed; its move keeps it

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName] = relationship(
        primaryjoin=lambda: CounterpartyName.id == foreign(BuyerOrder.counterparty_id), viewonly=True
    )
    person: Mapped[ContactPerson | None] = relationship(info={"label": _l("Contact person")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    lines: Mapped[list[OrderLine]] = lines_of("OrderLine", "order")

    @classmethod
    def to_be_paid(cls) -> ColumnElement[bool]:
        return cls.unpaid_amount > 0

    @classmethod
    def halves_to_be_paid(cls) -> Sequence[ColumnElement[bool]]:
        """Of open orders and of closed ones: an index has each half of what is to be paid."""
        return [half & cls.to_be_paid() for half in (cls.closed_on.is_(None), cls.closed_on.is_not(None))]

    @property
    def planned_amount(self) -> Decimal:
        """With its corrections."""
        return self.amount + self.corrected_amount

    def __str__(self) -> str:
        return self.number


class OrderLine(DiscountedLine, Base):
    """A line of a buyer order. `discount` is in percent; `amount` = quantity × price less the discount."""

    __tablename__ = "buyer_order_line"
    __table_args__ = (
        Index("ix_buyer_order_line_order_id_position", "order_id", "position"),  # the order's own lines
        Index("ix_buyer_order_line_item_id", "item_id"),  # the foreign key
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("discount BETWEEN 0 AND 100", name="discount"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))

    order: Mapped[BuyerOrder] = relationship(back_populates="lines")
