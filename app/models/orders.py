"""Buyer orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Versioned
from app.models.counterparties import ContactPerson, Counterparty, of_seen_counterparty
from app.models.products import Item
from app.models.users import User
from app.models.visibility import visible_by


@visible_by(of_seen_counterparty)
class BuyerOrder(Versioned, Base):
    """Заказ покупателя. `amount` is the sum of its lines, kept with the order."""

    __tablename__ = "buyer_order"
    __table_args__ = (
        Index("ix_buyer_order_date_id", "date", "id"),  # the list, newest first
        Index("ix_buyer_order_counterparty_id_date_id", "counterparty_id", "date", "id"),  # the card
        Index("ix_buyer_order_manager_id_date_id", "manager_id", "date", "id"),  # the list of one manager
        Index("ix_buyer_order_person_id", "person_id"),  # the foreign key
    )

    number: Mapped[str] = mapped_column(String(50), unique=True, info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="SET NULL"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    ship_on: Mapped[date | None] = mapped_column(info={"label": _l("Ship on")})
    pay_by: Mapped[date | None] = mapped_column(info={"label": _l("Pay by")})
    delivery_address: Mapped[str] = mapped_column(
        String(500), default="", server_default="", info={"label": _l("Delivery address")}
    )
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), default=0, server_default="0", info={"label": _l("Amount")})

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    person: Mapped[ContactPerson | None] = relationship(info={"label": _l("Contact person")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order",
        order_by="OrderLine.position",
        collection_class=ordering_list("position", count_from=1),
        cascade="all, delete-orphan",
        passive_deletes=True,
    )

    def __str__(self) -> str:
        return self.number


class OrderLine(Base):
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
    position: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Numeric(15, 3), info={"label": _l("Quantity")})
    price: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Price")})
    discount: Mapped[Decimal] = mapped_column(
        Numeric(5, 2), default=0, server_default="0", info={"label": _l("Discount, %")}
    )
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Amount")})

    order: Mapped[BuyerOrder] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship(info={"label": _l("Item")})
