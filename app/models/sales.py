"""Sales by buyer and month, kept exactly as documents are posted."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.visibility import visible_by


@visible_by(of_seen_counterparty)
class BuyerMonth(Model):
    """What one buyer bought and returned in one calendar month; never written by hand.

    Triggers on the table of shipments keep it, so that it holds after any way of
    writing: see docs/adr/0004-sales-by-month.md. Whole numbers add up fastest:
    kopecks of money, thousandths of a quantity.
    """

    __tablename__ = "buyer_month"
    __table_args__: Any = {}

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    revenue: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int] = mapped_column(BigInteger)
    shipments: Mapped[int]  # returns are not counted
    documents: Mapped[int]  # returns are counted; a month without documents has no row
    last_on: Mapped[date | None]  # of the last shipment

    counterparty: Mapped[Counterparty] = relationship()
