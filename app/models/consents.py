"""Consents of people to have their personal data kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.models.base import Base, Versioned
from app.models.counterparties import ContactPerson, of_seen_counterparty
from app.models.users import User
from app.models.visibility import visible_by


def of_seen_person(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    return cls.person.has(of_seen_counterparty(ContactPerson, viewer))


@visible_by(of_seen_person)
class Consent(Versioned, Base):
    """Согласие на обработку персональных данных: it holds from its day until it is withdrawn."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_person_id_given_on", "person_id", "given_on"),  # what is known of the person
        Index("ix_consent_given_on_id", "given_on", "id"),  # the list
        Index("ix_consent_by_id", "by_id"),  # the foreign key
        CheckConstraint("withdrawn_on >= given_on", name="withdrawn_after_given"),
        CheckConstraint("source <> ''", name="source"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("contact_person.id", ondelete="CASCADE"))
    given_on: Mapped[date] = mapped_column(info={"label": _l("Given on")})
    source: Mapped[str] = mapped_column(String(300), info={"label": _l("How it was given")})
    withdrawn_on: Mapped[date | None] = mapped_column(info={"label": _l("Withdrawn on")})
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))

    person: Mapped[ContactPerson] = relationship(info={"label": _l("Contact person")})
    by: Mapped[User | None] = relationship(User, info={"label": _l("Noted by")})

    def __str__(self) -> str:
        return self.source
