"""What lists of clients are sorted and filtered by, kept beside each client."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import DateTime, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.stages import Stage
from app.domain.words import AbcClass
from app.models.base import choice
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.visibility import visible_by


@visible_by(of_seen_counterparty)
class ClientFigure(Model):
    """What one counterparty owes, what he counts as, and when he was and will be talked to; never written by hand.

    Triggers on shipments, payments, contacts and records of classes and stages
    keep it; every counterparty has a row. Who was never talked to stands at
    -infinity, who is not going to be at infinity: an index then sorts them where
    people look for them. The class and the stage are those of today: after the day
    `until` the clock looks at them again (services.classification.standing).
    """

    __tablename__ = "client_figure"
    __table_args__: Any = (
        Index("ix_client_figure_debt", "debt", "counterparty_id"),  # the list by debt
        Index("ix_client_figure_last_contact", "last_contact_at", "counterparty_id"),  # the list by the last contact
        Index("ix_client_figure_next_contact", "next_contact_at", "counterparty_id"),  # the list by the next contact
        Index("ix_client_figure_abc", "abc", "counterparty_id"),  # the list of a class, and by class
        Index("ix_client_figure_stage", "stage", "counterparty_id"),  # the list of a stage
        # Who counts as something else from today on.
        Index("ix_client_figure_abc_until", "abc_until", postgresql_where=text("abc_until IS NOT NULL")),
        Index("ix_client_figure_stage_until", "stage_until", postgresql_where=text("stage_until IS NOT NULL")),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"), primary_key=True)
    debt: Mapped[Decimal] = mapped_column(Numeric(15, 2), server_default="0")
    last_contact_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("'-infinity'"))
    next_contact_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("'infinity'"))
    abc: Mapped[AbcClass | None] = mapped_column(choice(AbcClass))
    abc_until: Mapped[date | None]
    stage: Mapped[Stage | None] = mapped_column(choice(Stage))
    stage_until: Mapped[date | None]

    counterparty: Mapped[Counterparty] = relationship()
