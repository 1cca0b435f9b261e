"""What is known of suppliers: terms with history by day, their items and prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import PriceSource, Reliability
from app.models.base import Base, Price, choice
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.products import Item
from app.models.users import User
from app.models.visibility import visible_by


@visible_by(of_seen_counterparty)
class SupplierTerms(Base):
    """How a supplier works from a day on; what holds is the latest record on or before a day."""

    __tablename__ = "supplier_terms"
    __table_args__ = (
        UniqueConstraint("counterparty_id", "on_date"),  # read by queries.purchasing.suppliers.terms_on
        CheckConstraint("lead_days >= 0", name="lead_days"),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})
    reliability: Mapped[Reliability | None] = mapped_column(choice(Reliability), info={"label": _l("Reliability")})
    lead_days: Mapped[int | None] = mapped_column(info={"label": _l("Lead time, days")})
    delivery: Mapped[str] = mapped_column(
        String(500), default="", server_default="", info={"label": _l("Delivery terms")}
    )
    comment: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Comment")})
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Supplier")})
    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class SupplierItem(Base):
    """An item that a supplier can deliver, as he calls it."""

    __tablename__ = "supplier_item"
    __table_args__ = (
        UniqueConstraint("counterparty_id", "item_id"),
        Index("ix_supplier_item_item_id", "item_id"),  # who supplies it
        Index("ix_supplier_item_code", "counterparty_id", "code"),  # the item by the supplier's code
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(50), default="", server_default="", info={"label": _l("Supplier's code")})
    article: Mapped[str] = mapped_column(String(50), default="", server_default="", info={"label": _l("Article")})
    name: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Supplier's name")})
    barcode: Mapped[str] = mapped_column(String(50), default="", server_default="", info={"label": _l("Barcode")})
    unit: Mapped[str] = mapped_column(String(20), default="", server_default="", info={"label": _l("Unit")})

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Supplier")})
    item: Mapped[Item] = relationship(info={"label": _l("Item")})

    # Not kept: put there by app.services.purchasing.supplier_facts.put_prices.
    price_now = None  # type: SupplierPrice | None

    def __str__(self) -> str:
        return f"{self.item} — {self.counterparty}"


@visible_by(of_seen_counterparty)
class SupplierPrice(Base):
    """The price of an item at a supplier from a day on, and where it was learned."""

    __tablename__ = "supplier_price"
    __table_args__ = (
        UniqueConstraint("counterparty_id", "item_id", "on_date"),
        Index("ix_supplier_price_item_id_counterparty_id_on_date", "item_id", "counterparty_id", "on_date"),  # compare
        Index("ix_supplier_price_on_date", "on_date"),  # what changed lately
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("lead_days >= 0", name="lead_days"),
        CheckConstraint("min_quantity > 0", name="min_quantity"),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})
    price: Mapped[Decimal] = mapped_column(Price(), info={"label": _l("Price")})
    lead_days: Mapped[int | None] = mapped_column(info={"label": _l("Lead time, days")})
    min_quantity: Mapped[Decimal | None] = mapped_column(Numeric(15, 3), info={"label": _l("Smallest quantity")})
    source: Mapped[PriceSource] = mapped_column(
        choice(PriceSource), default=PriceSource.HAND, server_default="hand", info={"label": _l("Source of the price")}
    )
    note: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Comment")})

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Supplier")})
    item: Mapped[Item] = relationship(info={"label": _l("Item")})
