"""Users: FAB's own table, and beside it what the product adds to a user."""

from __future__ import annotations

from typing import Protocol

from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from app.models.base import Base

__all__ = ["Role", "User", "UserProfile", "full_name"]


class HasName(Protocol):
    """A user, or what a row tells of one."""

    @property
    def first_name(self) -> str: ...

    @property
    def last_name(self) -> str: ...


def full_name(user: HasName) -> str:
    """`Анна Петрова`; of somebody with one name, that one."""
    return " ".join(filter(None, (user.first_name, user.last_name)))


# FAB leaves a blank in the place of a name that is not there.
User.get_full_name = full_name


class UserProfile(Base):
    """What FAB's user does not have. One row a user; `user.profile` is None until it is first needed."""

    __tablename__ = "user_profile"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    user: Mapped[User] = relationship(
        User, backref=backref("profile", uselist=False, cascade="all, delete-orphan", passive_deletes=True)
    )
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default="false")
    # Kept in the login session too: raising it ends every session of the user.
    session_version: Mapped[int] = mapped_column(default=1, server_default="1")
    locale: Mapped[str | None] = mapped_column(String(5))
    timezone: Mapped[str | None] = mapped_column(String(64), info={"label": _l("Time zone")})  # None: the company's
    # The print of the secret in the address of his calendar for other programs; None: there is no such address.
    calendar_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    remind_before: Mapped[int | None]  # minutes before a contact, as he chose last; None: he wants no reminder
    extension: Mapped[str | None] = mapped_column(String(20), unique=True)  # by which a telephone exchange knows him
    bell_sound: Mapped[bool] = mapped_column(default=True, server_default="true")
    notices_off: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")  # kinds he wants none of
    # How he writes letters: True by his own mail program, None: he has not chosen yet.
    own_mail_program: Mapped[bool | None]
    by_letter: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")  # what he is told by letter
