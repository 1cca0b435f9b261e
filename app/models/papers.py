"""Papers given to clients: offers, bills, acts of settlements, each kept as it was given, and what they look like."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    func,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import PaperKind
from app.models.base import Base, Versioned, choice, numbered_by_year
from app.models.counterparties import Counterparty, CounterpartyName, of_seen_counterparty
from app.models.deals import ExpectedDeal, seen_deal
from app.models.letters import Blob
from app.models.orders import BuyerOrder, seen_order
from app.models.users import User
from app.models.visibility import visible_by


class PaperTemplate(Versioned, Base):
    """Шаблон документа: the words around the table, and which of its columns there are. One of each kind is `is_main`.

    Texts may have fields in braces, those of letters (app.domain.letters.fields).
    """

    __tablename__ = "paper_template"
    __table_args__ = (
        Index("uq_paper_template_is_main", "kind", unique=True, postgresql_where=text("is_main")),
        CheckConstraint("valid_days BETWEEN 0 AND 1000", name="valid_days"),
    )

    kind: Mapped[PaperKind] = mapped_column(choice(PaperKind), info={"label": _l("Kind")})
    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    title: Mapped[str] = mapped_column(String(200), info={"label": _l("Title")})
    opening: Mapped[str] = mapped_column(
        Text, default="", server_default="", info={"label": _l("Text before the table")}
    )
    closing: Mapped[str] = mapped_column(
        Text, default="", server_default="", info={"label": _l("Text after the table")}
    )
    shows_codes: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Column of codes")}
    )
    shows_discounts: Mapped[bool] = mapped_column(
        default=True, server_default="true", info={"label": _l("Column of discounts, where there are any")}
    )
    shows_vat: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Column of VAT")})
    shows_signers: Mapped[bool] = mapped_column(
        default=True, server_default="true", info={"label": _l("Lines for signatures")}
    )
    valid_days: Mapped[int] = mapped_column(default=5, server_default="5", info={"label": _l("Valid for, days")})
    is_main: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Taken unless another is chosen")}
    )

    def __str__(self) -> str:
        return self.name


def seen_paper(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """Whoever sees what it was made of: the order, the coming deal, or the counterparty of an act."""
    return or_(
        of_seen_counterparty(cls, viewer),
        cls.order.has(seen_order(BuyerOrder, viewer)),
        cls.deal.has(seen_deal(ExpectedDeal, viewer)),
    )


@visible_by(seen_paper)
class Paper(Base):
    """Документ для клиента, as it was given: its bytes never change. Without counterparty: an offer to a prospect."""

    __tablename__ = "paper"
    __table_args__ = (
        numbered_by_year("paper"),
        Index("ix_paper_date_id", "date", "id"),  # the list, newest first
        Index("ix_paper_counterparty_id_date_id", "counterparty_id", "date", "id"),  # the card
        Index(  # the feed of the order
            "ix_paper_order_id_date_id", "order_id", "date", "id", postgresql_where=text("order_id IS NOT NULL")
        ),
        # the foreign key
        Index("ix_paper_deal_id", "deal_id", postgresql_where=text("deal_id IS NOT NULL")),
        Index("ix_paper_template_id", "template_id"),  # the foreign key
        Index("ix_paper_made_by_id", "made_by_id"),  # the foreign key
        Index("ix_paper_blob_id", "blob_id"),  # what a letter takes with it
    )

    kind: Mapped[PaperKind] = mapped_column(choice(PaperKind), info={"label": _l("Kind")})
    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    date: Mapped[date] = mapped_column(info={"label": _l("Date")})
    title: Mapped[str] = mapped_column(String(300), info={"label": _l("Title")})
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("expected_deal.id", ondelete="SET NULL"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("paper_template.id", ondelete="SET NULL"))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Amount")})
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )

    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName | None] = relationship(
        primaryjoin="CounterpartyName.id == foreign(Paper.counterparty_id)", viewonly=True
    )
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})
    deal: Mapped[ExpectedDeal | None] = relationship(info={"label": _l("Coming deal")})
    template: Mapped[PaperTemplate | None] = relationship(info={"label": _l("Template")})
    blob: Mapped[Blob] = relationship()
    made_by: Mapped[User | None] = relationship(User, info={"label": _l("Made by")})

    @property
    def file_name(self) -> str:
        return f"{self.title}.pdf".replace("/", "-")

    def __str__(self) -> str:
        return self.title
