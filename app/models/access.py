"""What is remembered of those who come in, or try to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String, text
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from app.models.base import Base
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
    """Another value after every change of users, roles, rights or the policy: triggers of the base see to it.

    Processes keep loaded users as long as it stays the same.
    """

    __tablename__ = "rights_stamp"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    value: Mapped[str] = mapped_column(String(36), server_default=text("gen_random_uuid()::text"))
