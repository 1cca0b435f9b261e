"""Items: goods and services that the company trades in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.domain.vat import VatRate
from app.models.base import (
    Base,
    Followed,
    Price,
    Versioned,
    choice,
    followed,
    middle_index,
    sort_column,
    words_column,
)
from app.models.own_fields import Owning, own_indexes


class Item(Owning, Followed, Versioned, Base):
    """Номенклатура. `price` and `cost` are per unit, in the company's currency; an unknown cost is None.

    `stock` is what 1C said last; None: it never did.
    """

    __tablename__ = "item"
    __table_args__ = (
        followed("item"),
        *own_indexes("item"),
        Index("ix_item_name_sort_id", "name_sort", "id"),  # the list
        Index("ix_item_words", "words", postgresql_using="gin"),  # search by any word's beginning
        middle_index("item", "name_sort"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("cost >= 0", name="cost"),
    )

    code: Mapped[str] = mapped_column(String(50), unique=True, info={"label": _l("Code")})
    name: Mapped[str] = mapped_column(String(200), info={"label": _l("Name")})
    unit: Mapped[str] = mapped_column(String(20), default="шт", server_default="шт", info={"label": _l("Unit")})
    group: Mapped[str] = mapped_column(
        "group_name", String(100), default="", server_default="", info={"label": _l("Group")}
    )
    price: Mapped[Decimal] = mapped_column(Price(), default=0, server_default="0", info={"label": _l("Price")})
    cost: Mapped[Decimal | None] = mapped_column(Price(), info={"label": _l("Cost")})
    # A standard rate is that of the document's day, see app.domain.vat.
    vat: Mapped[VatRate] = mapped_column(
        choice(VatRate), default=VatRate.TWENTY_TWO, server_default="22", info={"label": _l("VAT")}
    )
    # By what 1C knows it: a GUID, of a variant two with # between them.
    outside_key: Mapped[str | None] = mapped_column(String(80), unique=True, info={"label": _l("Key in 1C")})
    stock: Mapped[Decimal | None] = mapped_column(Numeric(15, 3), info={"label": _l("In stock by 1C")})
    is_service: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Service")})
    name_sort: Mapped[str] = sort_column("name")
    words: Mapped[Any] = words_column("name")

    def __str__(self) -> str:
        return self.name


class ItemLine:
    """What a line of every document has; its amount is quantity × price, less a discount where it has one.

    Columns are told of in their order: what a descendant adds has its place by `sort_order`.
    """

    position: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Numeric(15, 3), info={"label": _l("Quantity")})
    price: Mapped[Decimal] = mapped_column(Price(), info={"label": _l("Price")})
    # The rate of the item on the day of the document, as its writer takes it.
    vat: Mapped[VatRate] = mapped_column(
        choice(VatRate), default=VatRate.NONE, server_default="none", sort_order=2, info={"label": _l("VAT")}
    )
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), sort_order=3, info={"label": _l("Amount")})

    @declared_attr
    def item(cls) -> Mapped[Item]:  # noqa: N805 - SQLAlchemy gives the class
        return relationship(info={"label": _l("Item")})


class DiscountedLine(ItemLine):
    """The discount is in percent."""

    discount: Mapped[Decimal] = mapped_column(
        Numeric(5, 2), default=0, server_default="0", sort_order=1, info={"label": _l("Discount, %")}
    )


def lines_of(line: str, document: str) -> Any:
    """The lines of a document in their order, which go with it; `document` is its name in the line."""
    return relationship(
        back_populates=document,
        order_by=f"{line}.position",
        collection_class=ordering_list("position", count_from=1),
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
