"""How satisfied clients are, as they said it."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Versioned
from app.models.contacts import Contact
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.letters import Letter
from app.models.users import User
from app.models.visibility import visible_by


@visible_by(of_seen_counterparty)
class SatisfactionAsk(Base):
    """Просьба об оценке: a letter that asks a client for a mark, by addresses that have a secret in them."""

    __tablename__ = "satisfaction_ask"
    __table_args__ = (Index("ix_satisfaction_ask_counterparty_id", "counterparty_id"),)  # the foreign key

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), unique=True)
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(String(64), unique=True)  # of the secret, which the letter alone has

    letter: Mapped[Letter] = relationship()
    counterparty: Mapped[Counterparty] = relationship()


@visible_by(of_seen_counterparty)
class SatisfactionMark(Versioned, Base):
    """A mark from 1 to 5 that a client gave us on a day, maybe in a contact; with `ask` he gave it himself."""

    __tablename__ = "satisfaction_mark"
    __table_args__ = (
        Index(
            "ix_satisfaction_mark_counterparty_id_on_date_id", "counterparty_id", "on_date", "id"
        ),  # the last of each
        Index("ix_satisfaction_mark_on_date_id", "on_date", "id"),  # the list
        Index("ix_satisfaction_mark_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_satisfaction_mark_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
        CheckConstraint("mark BETWEEN 1 AND 5", name="mark"),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date", server_default=func.current_date(), info={"label": _l("Day")})
    mark: Mapped[int] = mapped_column(info={"label": _l("Mark, from 1 to 5")})
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("satisfaction_ask.id", ondelete="SET NULL"), unique=True)

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})
    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Author")})
    ask: Mapped[SatisfactionAsk | None] = relationship()

    def __str__(self) -> str:
        return f"{self.counterparty}: {self.mark}"
