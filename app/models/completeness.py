"""How complete contact information was at the ends of months."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.models.users import User
from app.models.visibility import visible_by


def of_viewer(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rows of whoever looks."""
    rule: ColumnElement[bool] = cls.manager_id == viewer.user_id
    return rule


@visible_by(of_viewer)
class CompletenessMonth(Model):
    """What was filled, and could be, for the buyers of one manager on the last day of a month; never changed later."""

    __tablename__ = "completeness_month"
    __table_args__: Any = {}

    on: Mapped[date] = mapped_column("on_date", primary_key=True)
    manager_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True, index=True)
    buyers_filled: Mapped[int]
    buyers_possible: Mapped[int]
    persons_filled: Mapped[int]
    persons_possible: Mapped[int]
    personal_filled: Mapped[int]
    personal_possible: Mapped[int]

    manager: Mapped[User] = relationship(User)
