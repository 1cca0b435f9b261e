"""Counterparties that may be one, and the codes of those that were merged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, DateTime, ForeignKey, Index, String, UniqueConstraint, and_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.models.base import Base
from app.models.counterparties import Counterparty, of_seen_counterparty, seen_counterparty
from app.models.users import User
from app.models.visibility import visible_by


def of_two_seen(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """Whoever sees both of a pair."""
    seen = seen_counterparty(Counterparty, viewer)
    return and_(cls.first.has(seen), cls.second.has(seen))


@visible_by(of_two_seen)
class DuplicatePair(Base):
    """Two counterparties that may be one, as the last search found them, or that somebody said are two."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        Index("ix_duplicate_pair_second_id", "second_id"),  # the foreign key
        Index(  # the queue, the surest first
            "ix_duplicate_pair_queue", text("confidence DESC"), "id", postgresql_where=text("NOT is_distinct")
        ),
        Index("ix_duplicate_pair_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
        CheckConstraint("first_id < second_id", name="in_order"),
    )

    first_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    confidence: Mapped[int] = mapped_column(info={"label": _l("Confidence, %")})
    signs: Mapped[list[str]] = mapped_column(JSONB, info={"label": _l("Reasons")})  # app.domain.likeness.Likeness
    is_distinct: Mapped[bool] = mapped_column(default=False, server_default="false")  # and stays so in later searches
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))  # who said so
    said_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    first: Mapped[Counterparty] = relationship(Counterparty, foreign_keys=[first_id])
    second: Mapped[Counterparty] = relationship(Counterparty, foreign_keys=[second_id])
    by: Mapped[User | None] = relationship(User)


@visible_by(of_seen_counterparty)
class FormerCode(Base):
    """The code of a counterparty that was merged into another one: files and programs still name it."""

    __tablename__ = "former_code"
    __table_args__ = (Index("ix_former_code_counterparty_id", "counterparty_id"),)  # the foreign key

    code: Mapped[str] = mapped_column(String(50), unique=True, info={"label": _l("Code")})
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))

    counterparty: Mapped[Counterparty] = relationship()
