"""Coming deals: what buyers and prospects are expected to order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.models.base import Base, Versioned
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.orders import BuyerOrder, is_own
from app.models.users import User
from app.models.visibility import visible_by


def seen_deal(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The coming deals with the counterparties that the viewer sees, and his own with anybody."""
    return is_own(cls, viewer) | of_seen_counterparty(cls, viewer)


@visible_by(seen_deal)
class ExpectedDeal(Versioned, Base):
    """A deal that may come: its sum, day and probability. It is over when it became an order or was given up."""

    __tablename__ = "expected_deal"
    __table_args__ = (
        # what is still open, of everybody
        Index("ix_expected_deal_expected_on_id", "expected_on", "id", postgresql_where=text("ended_on IS NULL")),
        Index("ix_expected_deal_counterparty_id", "counterparty_id"),  # the card
        Index("ix_expected_deal_manager_id_expected_on_id", "manager_id", "expected_on", "id"),  # the list of one user
        Index("ix_expected_deal_contact_id", "contact_id"),  # the foreign key
        Index("ix_expected_deal_order_id", "order_id"),  # the foreign key
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("probability BETWEEN 0 AND 100", name="probability"),
        CheckConstraint("counterparty_id IS NOT NULL OR prospect <> ''", name="with_somebody"),
    )

    subject: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Subject")})
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    prospect: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Prospect")})
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    expected_on: Mapped[date] = mapped_column(info={"label": _l("Expected on")})
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Expected sum")})
    probability: Mapped[int] = mapped_column(default=50, server_default="50", info={"label": _l("Probability, %")})
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="SET NULL"))
    ended_on: Mapped[date | None] = mapped_column(info={"label": _l("Ended on")})

    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})

    def __str__(self) -> str:
        return self.subject or str(self.counterparty or self.prospect)
