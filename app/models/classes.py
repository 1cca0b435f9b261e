"""Classes of buyers and their history."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, ForeignKey, Index, Numeric, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import AbcClass, Measure
from app.models.base import Base, choice
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.users import User
from app.models.visibility import visible_by


class AbcRun(Base):
    """One ABC classification of all buyers: its parameters; its rows are AbcRecord (domain.md 1)."""

    __tablename__ = "abc_run"

    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})  # the classes hold from this day
    start: Mapped[date] = mapped_column("period_start", info={"label": _l("Period from")})
    end: Mapped[date] = mapped_column("period_end", info={"label": _l("Period to")})
    measure: Mapped[Measure] = mapped_column(choice(Measure), info={"label": _l("Measure")})
    share_a: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    share_b: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    share_c: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    # How many buyers came from which class to which ("AB", "-A"): counted once, for the list of runs.
    moves: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )

    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class AbcRecord(Base):
    """The class of one buyer from a day on; the current class is the latest record on or before a day."""

    __tablename__ = "abc_record"
    __table_args__ = (
        UniqueConstraint("run_id", "counterparty_id"),
        Index("ix_abc_record_counterparty_id_on_date_id", "counterparty_id", "on_date", "id"),  # queries.classes.abc_on
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("abc_run.id", ondelete="CASCADE"))
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date")
    abc: Mapped[AbcClass | None] = mapped_column(choice(AbcClass), info={"label": _l("Class")})
    value: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Value")})

    run: Mapped[AbcRun] = relationship()
    counterparty: Mapped[Counterparty] = relationship()
