"""Plans of contacts: rules by cell, exceptions of the production calendar, what was planned together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, DateTime, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.stages import Stage, XyzClass
from app.domain.viewer import Viewer
from app.domain.words import AbcClass, ContactKind, Importance
from app.domain.work_plan import Cell
from app.models.base import Base, choice
from app.models.captions import cell_caption
from app.models.users import User
from app.models.visibility import visible_by


class OfCell:
    """Belongs to one cell of the ABC/XYZ matrix."""

    abc: Mapped[AbcClass | None] = mapped_column(choice(AbcClass), info={"label": _l("ABC class")})
    stage: Mapped[Stage] = mapped_column(choice(Stage), info={"label": _l("Stage")})
    xyz: Mapped[XyzClass | None] = mapped_column(choice(XyzClass), info={"label": _l("XYZ class")})

    @property
    def cell(self) -> Cell:
        return Cell(self.abc, self.stage, self.xyz)

    def __str__(self) -> str:
        return cell_caption(self.cell)


class WorkPlanRule(OfCell, Base):
    """Правило плана контактов: how often the clients of a cell are contacted, and how."""

    __tablename__ = "work_plan_rule"
    __table_args__ = (
        UniqueConstraint("abc", "stage", "xyz", name="uq_work_plan_rule_cell", postgresql_nulls_not_distinct=True),
        CheckConstraint("(stage = 'regular') = (xyz IS NOT NULL)", name="xyz"),
        CheckConstraint("every_days BETWEEN 1 AND 1000", name="every_days"),
    )

    every_days: Mapped[int] = mapped_column(info={"label": _l("Once in, days")})
    kind: Mapped[ContactKind] = mapped_column(
        choice(ContactKind), default=ContactKind.CALL, server_default="call", info={"label": _l("Kind")}
    )
    importance: Mapped[Importance] = mapped_column(
        choice(Importance), default=Importance.NORMAL, server_default="normal", info={"label": _l("Importance")}
    )
    subject: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Subject")})


class WorkdayException(Base):
    """Исключение производственного календаря: a day that the company works or not, whatever the calendar says."""

    __tablename__ = "workday_exception"

    day: Mapped[date] = mapped_column(unique=True, info={"label": _l("Date")})
    works: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Working day")})
    comment: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Comment")})

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


def seen_plan(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """Whoever does not see all clients sees the plans that he made."""
    return cls.by_id == viewer.user_id


@visible_by(seen_plan)
class WorkPlan(OfCell, Base):
    """Contacts planned together for a cell: what was asked, and how it came out."""

    __tablename__ = "work_plan"
    __table_args__ = (Index("ix_work_plan_by_id_id", "by_id", "id"),)  # one's own, newest first

    on: Mapped[date] = mapped_column("on_date")  # the day of the classes
    first: Mapped[date] = mapped_column("first_day", info={"label": _l("First day")})
    last: Mapped[date] = mapped_column("last_day")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )
    made: Mapped[int]
    already: Mapped[int]  # had something planned
    recent: Mapped[int]  # are due later
    unfit: Mapped[int]  # had no room
    undone: Mapped[int] = mapped_column(default=0, server_default="0")

    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})
