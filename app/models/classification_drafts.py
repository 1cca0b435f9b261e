"""Classifications that are prepared: filled, corrected by hand, then posted as a run."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, DateTime, ForeignKey, Index, Numeric, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import ClassificationKind
from app.models.base import Base, choice
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.users import User
from app.models.visibility import visible_by


class ClassificationDraft(Base):
    """Черновик классификации: what a run would write; nobody's class changes until it is posted.

    `params` are those of the run as texts, so that a worker reads them as the form did.
    """

    __tablename__ = "classification_draft"

    kind: Mapped[ClassificationKind] = mapped_column(choice(ClassificationKind), info={"label": _l("Kind")})
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})  # of the run to be
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )

    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class DraftRow(Base):
    """One buyer of a draft. `old`, `rule` and `chosen` are an ABC class or a Standing.text; "" is none.

    `rule` is what the thresholds give; `chosen` what the head put in its place. The
    figures are those of the filling: thresholds are applied again to them, not to
    sales of a later moment.
    """

    __tablename__ = "classification_draft_row"
    __table_args__ = (
        Index("ix_classification_draft_row_draft_id_counterparty_id", "draft_id", "counterparty_id", unique=True),
        Index("ix_classification_draft_row_counterparty_id", "counterparty_id"),  # the foreign key
    )

    draft_id: Mapped[int] = mapped_column(ForeignKey("classification_draft.id", ondelete="CASCADE"))
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    old: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(20))
    chosen: Mapped[str | None] = mapped_column(String(20))
    left_out: Mapped[bool] = mapped_column(default=False, server_default="false")  # the run will not write him
    value: Mapped[Decimal] = mapped_column(Numeric(17, 3))
    # Of stages only: see app.queries.classification.variations.figures.
    purchases: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[Decimal] = mapped_column(Numeric, default=0, server_default="0")
    scatter: Mapped[Decimal] = mapped_column(Numeric, default=0, server_default="0")
    variation: Mapped[Decimal] = mapped_column(Numeric(14, 4), default=0, server_default="0")

    draft: Mapped[ClassificationDraft] = relationship()
    counterparty: Mapped[Counterparty] = relationship()

    @hybrid_property
    def verdict(self) -> str:
        """What was chosen by hand, else what the rule gives."""
        return self.rule if self.chosen is None else self.chosen

    @verdict.inplace.expression
    @classmethod
    def _verdict(cls) -> ColumnElement[str]:
        return func.coalesce(cls.chosen, cls.rule)
