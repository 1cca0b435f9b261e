"""What is remembered of those who come in, or try to."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from app.models.base import Base
from app.models.contacts import Campaign
from app.models.counterparties import InformationSource
from app.models.users import Role, User


class Guess(Base):
    """Wrong tries of one login, of one address, or of one login from one address; the key hides who and where."""

    __tablename__ = "guess"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    came_in_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LoginSession(Base):
    """One login, of a browser or a program; its number is in the signed cookie or token."""

    __tablename__ = "login_session"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship(User)
    is_program: Mapped[bool] = mapped_column(default=False, server_default="false")
    agent: Mapped[str] = mapped_column(String(200), default="", server_default="")  # as the browser calls itself
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ProgramKey(Base):
    """Ключ программы: it works in the name of its user, and may what both he and its role may."""

    __tablename__ = "program_key"
    __table_args__ = (
        Index("ix_program_key_user_id", "user_id"),  # the foreign key
        Index("ix_program_key_role_id", "role_id"),  # the foreign key
    )

    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id", ondelete="CASCADE"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Last used")})
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Revoked")})

    user: Mapped[User] = relationship(User, info={"label": _l("User")})
    role: Mapped[Role] = relationship(Role, info={"label": _l("Role")})

    def __str__(self) -> str:
        return self.name


class RoleRule(Base):
    """What a role demands of those who have it."""

    __tablename__ = "role_rule"

    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id", ondelete="CASCADE"), unique=True)
    role: Mapped[Role] = relationship(
        Role, backref=backref("rule", uselist=False, cascade="all, delete-orphan", passive_deletes=True)
    )
    second_factor: Mapped[bool] = mapped_column(default=False, server_default="false")


Role.second_factor = association_proxy("rule", "second_factor", creator=lambda value: RoleRule(second_factor=value))


class SecondFactor(Base):
    """The second thing that a user shows after the password: codes of his telephone, or one of the written ones."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_step: Mapped[int] = mapped_column(default=0, server_default="0")  # a code is good once


class RecoveryCode(Base):
    """A written code, as its hash; it goes when it is used."""

    __tablename__ = "recovery_code"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class RightsStamp(Base):
    """Another value after every change of users, roles, rights, the policy, own fields or working time: triggers of the
    base see to it.

    Processes keep loaded users, own fields and diaries as long as it stays the same.
    """

    __tablename__ = "rights_stamp"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    value: Mapped[str] = mapped_column(String(36), server_default=text("gen_random_uuid()::text"))


class InquiryKey(Base):
    """The key of one form of a site, or of a telephone exchange, as its hash; where whoever writes by it comes from."""

    __tablename__ = "inquiry_key"
    __table_args__ = (
        # foreign keys
        Index("ix_inquiry_key_source_id", "source_id", postgresql_where=text("source_id IS NOT NULL")),
        Index("ix_inquiry_key_campaign_id", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
    )

    name: Mapped[str] = mapped_column(String(100), info={"label": _l("Name")})
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    site: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Site")})
    for_calls: Mapped[bool] = mapped_column(default=False, server_default="false")  # it tells of calls, and only that
    source_id: Mapped[int | None] = mapped_column(ForeignKey("information_source.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Revoked")})

    source: Mapped[InformationSource | None] = relationship(info={"label": _l("Information source")})
    campaign: Mapped[Campaign | None] = relationship(info={"label": _l("Campaign")})

    def __str__(self) -> str:
        return self.name


class InquiryDuty(Base):
    """Who gets inquiries, in one row: a user, or those of a role in turn; neither: the head."""

    __tablename__ = "inquiry_duty"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    role_id: Mapped[int | None] = mapped_column(ForeignKey("ab_role.id", ondelete="SET NULL"))
    last_id: Mapped[int] = mapped_column(default=0, server_default="0")  # the user whose turn was the last

    user: Mapped[User | None] = relationship(User, info={"label": _l("On duty")})
    role: Mapped[Role | None] = relationship(Role, info={"label": _l("Role")})


class InquiryCount(Base):
    """How many came by one key, or from one address, since a moment; the mark hides which."""

    __tablename__ = "inquiry_count"

    mark: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    many: Mapped[int] = mapped_column(default=1, server_default="1")
