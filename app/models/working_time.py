"""When employees work: the hours of each, and the days that he is away."""

from __future__ import annotations

from datetime import date, time

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import AbsenceKind
from app.models.base import Base, Versioned, choice
from app.models.users import User

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class WorkingHours(Versioned, Base):
    """Рабочее время of one employee; whoever has none works as the company does."""

    __tablename__ = "working_hours"
    __table_args__ = (CheckConstraint("closes > opens", name="closes_after_opens"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    monday: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Monday")})
    tuesday: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Tuesday")})
    wednesday: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Wednesday")})
    thursday: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Thursday")})
    friday: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Friday")})
    saturday: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Saturday")})
    sunday: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Sunday")})
    opens: Mapped[time] = mapped_column(Time, info={"label": _l("Works from")})
    closes: Mapped[time] = mapped_column(Time, info={"label": _l("Works until")})

    user: Mapped[User] = relationship(User, info={"label": _l("Employee")})

    def __str__(self) -> str:
        return f"{self.user}, {self.opens:%H:%M}–{self.closes:%H:%M}"


class Absence(Versioned, Base):
    """Отсутствие of an employee: from one day to another he plans nothing."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_user_id_last_day", "user_id", "last_day"),  # the days ahead of one user
        Index("ix_absence_first_day_id", "first_day", "id"),  # the list
        CheckConstraint("last_day >= first_day", name="ends_after_begin"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[AbsenceKind] = mapped_column(
        choice(AbsenceKind), default=AbsenceKind.VACATION, server_default="vacation", info={"label": _l("Kind")}
    )
    first_day: Mapped[date] = mapped_column(info={"label": _l("First day")})
    last_day: Mapped[date] = mapped_column(info={"label": _l("Last day")})
    comment: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Comment")})

    user: Mapped[User] = relationship(User, info={"label": _l("Employee")})

    def __str__(self) -> str:
        return f"{self.user}, {self.first_day:%d.%m.%Y}–{self.last_day:%d.%m.%Y}"
