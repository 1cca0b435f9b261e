"""What was destroyed: letters, files and traces whose time had come, data of people who asked for it."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, Index, String, func
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.words import DisposalKind
from app.models.base import Base, choice
from app.models.users import User
from app.models.visibility import visible_by, whole_company


@visible_by(whole_company)
class Disposal(Base):
    """Уничтожение данных: so many rows of a kind in one night, or one person.

    A person is named by numbers alone; by them he is erased again from a copy of the base that is brought back.
    """

    __tablename__ = "disposal"
    __table_args__ = (
        Index("ix_disposal_at_id", "at", "id"),  # the page of what went
        Index("ix_disposal_kind_at", "kind", "at"),  # the people who were erased; what went tonight
    )

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info={"label": _l("When")})
    kind: Mapped[DisposalKind] = mapped_column(choice(DisposalKind), info={"label": _l("What")})
    rows: Mapped[int] = mapped_column(info={"label": _l("How many")})
    before: Mapped[date | None] = mapped_column(info={"label": _l("Older than")})
    by_id: Mapped[int | None]
    person_id: Mapped[int | None]
    client_code: Mapped[str] = mapped_column(String(50), default="", server_default="")  # whose person he was

    by: Mapped[User | None] = relationship(
        User, primaryjoin=lambda: User.id == foreign(Disposal.by_id), viewonly=True, info={"label": _l("Who")}
    )
