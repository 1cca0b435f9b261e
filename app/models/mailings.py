"""Mailings: a letter of one template to everybody who was chosen, and who wants no more of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, DateTime, ForeignKey, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import WhyNoLetter
from app.models.base import Base, Versioned, choice
from app.models.contacts import Campaign
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyName
from app.models.letters import Letter, LetterTemplate
from app.models.mailboxes import Mailbox
from app.models.users import User
from app.models.visibility import visible_by


def own_mailing(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """Whoever does not see all clients sees the mailings that he made."""
    return cls.author_id == viewer.user_id


@visible_by(own_mailing)
class Mailing(Versioned, Base):
    """Рассылка. Until it is sent it takes subject and text of its template; then they stay as they went out."""

    __tablename__ = "mailing"
    __table_args__ = (
        Index("ix_mailing_author_id_id", "author_id", "id"),  # one's own, newest first
        # foreign keys
        Index("ix_mailing_template_id", "template_id", postgresql_where=text("template_id IS NOT NULL")),
        Index("ix_mailing_mailbox_id", "mailbox_id", postgresql_where=text("mailbox_id IS NOT NULL")),
        Index("ix_mailing_campaign_id", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
    )

    name: Mapped[str] = mapped_column(String(150), info={"label": _l("Name")})
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("letter_template.id", ondelete="SET NULL"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id", ondelete="SET NULL"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    subject: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Subject")})
    text: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Text")})
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Sent")})

    author: Mapped[User] = relationship(User, info={"label": _l("Author")})
    template: Mapped[LetterTemplate | None] = relationship(info={"label": _l("Template")})
    mailbox: Mapped[Mailbox | None] = relationship(info={"label": _l("From")})
    campaign: Mapped[Campaign | None] = relationship(info={"label": _l("Campaign")})

    def __str__(self) -> str:
        return self.name


def of_own_mailing(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    return cls.mailing.has(own_mailing(Mailing, viewer))


@visible_by(of_own_mailing)
class MailingRecipient(Base):
    """Whom a mailing is to, or why not. `secret` is in the address by which he says that he wants no more."""

    __tablename__ = "mailing_recipient"
    __table_args__ = (
        Index("ix_mailing_recipient_mailing_id_id", "mailing_id", "id"),  # the page of the mailing
        Index("ix_mailing_recipient_counterparty_id", "counterparty_id"),  # the foreign key
        Index("ix_mailing_recipient_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_mailing_recipient_address", text("lower(address)")),  # letters that wait when he unsubscribes
    )

    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="SET NULL"))
    address: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Address")})
    left_out: Mapped[WhyNoLetter | None] = mapped_column(choice(WhyNoLetter), info={"label": _l("Why left out")})
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="SET NULL"), unique=True)
    secret: Mapped[str | None] = mapped_column(String(50), unique=True)
    unsubscribed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    mailing: Mapped[Mailing] = relationship()
    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName] = relationship(
        primaryjoin="CounterpartyName.id == foreign(MailingRecipient.counterparty_id)", viewonly=True
    )
    person: Mapped[ContactPerson | None] = relationship(info={"label": _l("Contact person")})
    letter: Mapped[Letter | None] = relationship()


class StopAddress(Versioned, Base):
    """Стоп-лист: an address that no mailing goes to."""

    __tablename__ = "stop_address"
    __table_args__ = (
        Index("uq_stop_address", text("lower(address)"), unique=True),
        # foreign keys
        Index("ix_stop_address_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),
        Index("ix_stop_address_mailing_id", "mailing_id", postgresql_where=text("mailing_id IS NOT NULL")),
        Index("ix_stop_address_on_date_id", "on_date", "id"),  # the list
    )

    address: Mapped[str] = mapped_column(String(320), info={"label": _l("Address")})
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Reason")})
    on: Mapped[date] = mapped_column("on_date", server_default=func.current_date(), info={"label": _l("Day")})
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailing.id", ondelete="SET NULL"))

    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})
    mailing: Mapped[Mailing | None] = relationship(info={"label": _l("Mailing")})

    def __str__(self) -> str:
        return self.address
