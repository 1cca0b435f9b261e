"""Plans of managers: what is to be reached in a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.models.base import Base
from app.models.users import User
from app.models.visibility import visible_by


def own_target(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """A manager sees his own plan."""
    rule: ColumnElement[bool] = cls.manager_id == viewer.user_id
    return rule


@visible_by(own_target)
class Target(Base):
    """План: the value of one indicator that a manager is to reach in a month, named by its first day."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("month", "indicator", "manager_id"),  # plans of a period
        Index("ix_target_manager_id", "manager_id"),  # the foreign key
        CheckConstraint("extract(day FROM month) = 1", name="month"),
    )

    manager_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    month: Mapped[date] = mapped_column(info={"label": _l("Month")})
    indicator: Mapped[str] = mapped_column(String(40), info={"label": _l("Indicator")})
    value: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Target")})

    manager: Mapped[User] = relationship(User, info={"label": _l("Responsible manager")})
