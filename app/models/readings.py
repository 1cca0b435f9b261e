"""Who looked at what: cards of clients and people that were opened, files that were taken out."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, Index, String, func, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.words import ReadingKind
from app.models.base import Base, choice
from app.models.counterparties import ContactPerson, Counterparty
from app.models.users import User
from app.models.visibility import visible_by, whole_company


@visible_by(whole_company)
class Reading(Base):
    """Просмотр: one card that was opened, or one file that was taken out; see docs/adr/0013-readings.md.

    It names rows by their numbers alone, so that erasing a person leaves nothing of him here.
    No foreign keys: whoever looks locks nobody's row, and what was looked at may go.
    """

    __tablename__ = "reading"
    __table_args__ = (
        Index("ix_reading_at_id", "at", "id"),  # the list; what is old enough to be dropped
        Index("ix_reading_by_id_at", "by_id", "at", "id"),  # the list of one user
        Index(  # who looked at a client and his people
            "ix_reading_counterparty_id_at",
            "counterparty_id",
            "at",
            "id",
            postgresql_where=text("counterparty_id IS NOT NULL"),
        ),
        Index(  # who looked at a person
            "ix_reading_person_id_at", "person_id", "at", "id", postgresql_where=text("person_id IS NOT NULL")
        ),
    )

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info={"label": _l("When")})
    by_id: Mapped[int]
    kind: Mapped[ReadingKind] = mapped_column(choice(ReadingKind), info={"label": _l("Kind")})
    screen: Mapped[str] = mapped_column(String(100))  # the name of the view
    path: Mapped[str] = mapped_column(String(200))  # of the address: what is asked for behind `?` may name people
    counterparty_id: Mapped[int | None]
    person_id: Mapped[int | None]

    by: Mapped[User | None] = relationship(
        User, primaryjoin=lambda: User.id == foreign(Reading.by_id), viewonly=True, info={"label": _l("Who")}
    )
    counterparty: Mapped[Counterparty | None] = relationship(
        primaryjoin=lambda: Counterparty.id == foreign(Reading.counterparty_id),
        viewonly=True,
        info={"label": _l("Counterparty")},
    )
    person: Mapped[ContactPerson | None] = relationship(
        primaryjoin=lambda: ContactPerson.id == foreign(Reading.person_id),
        viewonly=True,
        info={"label": _l("Contact person")},
    )
