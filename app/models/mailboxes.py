"""Mailboxes: of one user or shared, whom they let in, and how far each of their folders was read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import FolderRole, WireSecurity
from app.models.base import Base, Versioned, choice
from app.models.users import User
from app.models.visibility import visible_by


def known_mailbox(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """One's own, and the shared ones: that they are there is no secret."""
    return or_(cls.owner_id == viewer.user_id, cls.owner_id.is_(None))


def read_mailboxes(viewer: Viewer) -> Select[int]:
    """Numbers of the mailboxes whose letters the viewer reads, whoever they are with."""
    box, right = Mailbox.__table__, MailboxRight.__table__
    let_in = select(right.c.mailbox_id).where(right.c.user_id == viewer.user_id, right.c.reads)
    shared = and_(box.c.owner_id.is_(None), box.c.id.in_(let_in))
    return select(box.c.id).where(or_(box.c.owner_id == viewer.user_id, shared))


@visible_by(known_mailbox, personal=True)
class Mailbox(Versioned, Base):
    """Почтовый ящик. Without a server to send by its letters stay in the product: the built-in mailbox.

    `stopped` is a sentence for whoever looks after it: its password, its certificate or its server's name is wrong,
    and its letters wait. `fetching_stopped` says the same of fetching. `sending_works` and `fetching_works`: that
    server has let us in since it was set up as it is now.
    """

    __tablename__ = "mailbox"
    __table_args__ = (
        Index("uq_mailbox_address", text("lower(address)"), unique=True),
        Index("ix_mailbox_owner_id", "owner_id", postgresql_where=text("owner_id IS NOT NULL")),  # one's own
        Index("uq_mailbox_company", "is_company", unique=True, postgresql_where=text("is_company")),
        CheckConstraint("NOT is_company OR owner_id IS NULL", name="company_is_shared"),
        CheckConstraint("pace BETWEEN 1 AND 100000", name="pace"),
        CheckConstraint("smtp_port BETWEEN 1 AND 65535 AND imap_port BETWEEN 1 AND 65535", name="ports"),
    )

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    is_company: Mapped[bool] = mapped_column(default=False, server_default="false")  # notices go out of it
    address: Mapped[str] = mapped_column(String(320), info={"label": _l("Address")})
    name: Mapped[str] = mapped_column(
        String(150), default="", server_default="", info={"label": _l("Name that recipients see")}
    )
    login: Mapped[str] = mapped_column(String(320), default="", server_default="", info={"label": _l("Login")})
    sealed_password: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # see app.services.mail.sealing
    # What its owner gave at his provider in place of a password; see app.services.mail.consent.
    sealed_refresh: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    token_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    smtp_host: Mapped[str] = mapped_column(
        String(255), default="", server_default="", info={"label": _l("Server of outgoing mail (SMTP)")}
    )
    smtp_port: Mapped[int] = mapped_column(default=465, server_default="465", info={"label": _l("Port")})
    smtp_security: Mapped[WireSecurity] = mapped_column(
        choice(WireSecurity), default=WireSecurity.TLS, server_default="tls", info={"label": _l("Encryption")}
    )
    imap_host: Mapped[str] = mapped_column(
        String(255), default="", server_default="", info={"label": _l("Server of incoming mail (IMAP)")}
    )
    imap_port: Mapped[int] = mapped_column(default=993, server_default="993", info={"label": _l("Port")})
    imap_security: Mapped[WireSecurity] = mapped_column(
        choice(WireSecurity), default=WireSecurity.TLS, server_default="tls", info={"label": _l("Encryption")}
    )
    own_certificate: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("The server has a certificate of its own")}
    )
    signature: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Signature")})
    everybody_sends: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Everybody sends from it")}
    )
    pace: Mapped[int] = mapped_column(
        default=200, server_default="200", info={"label": _l("Mailings: letters an hour")}
    )
    stopped: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Stopped")})
    sending_works: Mapped[bool] = mapped_column(default=False, server_default="false")
    # None: nothing is fetched; its owner has not seen yet how much lies there, or wants no more.
    fetch_from: Mapped[date | None] = mapped_column(info={"label": _l("Letters are fetched from")})
    fetched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Fetched at")})
    fetching_stopped: Mapped[str] = mapped_column(
        String(500), default="", server_default="", info={"label": _l("Fetching stopped")}
    )
    fetching_works: Mapped[bool] = mapped_column(default=False, server_default="false")

    owner: Mapped[User | None] = relationship(User, info={"label": _l("Owner")})
    rights: Mapped[list[MailboxRight]] = relationship(
        back_populates="mailbox", cascade="all, delete-orphan", passive_deletes=True, order_by="MailboxRight.id"
    )
    folders: Mapped[list[MailboxFolder]] = relationship(
        back_populates="mailbox", cascade="all, delete-orphan", passive_deletes=True, order_by="MailboxFolder.id"
    )

    def __str__(self) -> str:
        return self.address


def of_known_mailbox(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    return cls.mailbox.has(known_mailbox(Mailbox, viewer))


@visible_by(of_known_mailbox, personal=True)
class MailboxRight(Base):
    """Who reads the letters of a shared mailbox, and who sends from it."""

    __tablename__ = "mailbox_right"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "user_id"),
        Index("ix_mailbox_right_user_id", "user_id"),  # the foreign key; what one reads
    )

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    reads: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Reads")})
    sends: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Sends")})

    mailbox: Mapped[Mailbox] = relationship(back_populates="rights", info={"label": _l("Mailbox")})
    user: Mapped[User] = relationship(User, info={"label": _l("User")})

    def __str__(self) -> str:
        return str(self.user)


@visible_by(of_known_mailbox, personal=True)
class MailboxFolder(Base):
    """A folder of a mailbox that is read: everything up to `last_uid` of this `uidvalidity` is done."""

    __tablename__ = "mailbox_folder"
    __table_args__ = (UniqueConstraint("mailbox_id", "name"),)

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    role: Mapped[FolderRole] = mapped_column(choice(FolderRole))
    uidvalidity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    letters: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Letters on the server")})
    # Of a personal mailbox: letters of people whom nobody knows stay on the server.
    left_out: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Left on the server")})

    mailbox: Mapped[Mailbox] = relationship(back_populates="folders")

    def __str__(self) -> str:
        return self.name
