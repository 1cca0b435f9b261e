"""Telephones and mail programs: by which passwords they come in, and what each user's books hold for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import DeviceBookKind, DeviceSubject
from app.models.base import Base, choice
from app.models.users import User
from app.models.visibility import visible_by


class AppPassword(Base):
    """A password of one program, as its hash; it opens nothing but the address book and the calendar of its user."""

    __tablename__ = "app_password"
    __table_args__ = (Index("ix_app_password_user_id", "user_id"),)  # the page of the user

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100), info={"label": _l("Name")})
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Created")})
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Last used")})
    agent: Mapped[str] = mapped_column(String(200), default="", server_default="")  # as the program calls itself

    user: Mapped[User] = relationship(User)

    def __str__(self) -> str:
        return self.name


class DeviceBook(Base):
    """What a user's programs see as one address book, calendar or list of tasks.

    `number` grows with each change of its items; with `line`, another in every base, it is the sync token.
    """

    __tablename__ = "device_book"
    __table_args__ = (UniqueConstraint("user_id", "kind"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[DeviceBookKind] = mapped_column(choice(DeviceBookKind))
    line: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class DeviceItem(Base):
    """One row of the base as a book has it: written beforehand, since programs ask for thousands at once.

    `gone` ones are kept so that programs hear of it; `hidden` ones were taken away by the user on his device.
    """

    __tablename__ = "device_item"
    __table_args__ = (
        UniqueConstraint("book_id", "href"),
        UniqueConstraint("book_id", "uid"),
        UniqueConstraint("book_id", "subject", "row_id"),
        Index("ix_device_item_book_id_number", "book_id", "number"),  # what changed since a token
        Index("ix_device_item_hidden", "book_id", postgresql_where=text("hidden")),
    )

    book_id: Mapped[int] = mapped_column(ForeignKey("device_book.id", ondelete="CASCADE"))
    subject: Mapped[DeviceSubject] = mapped_column(choice(DeviceSubject))
    row_id: Mapped[int]
    href: Mapped[str] = mapped_column(String(255))
    uid: Mapped[str] = mapped_column(String(255))
    stamp: Mapped[str] = mapped_column(String(64))  # another one: look whether the text is another
    etag: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(BigInteger)  # of the book, when the item changed last
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    gone: Mapped[bool] = mapped_column(default=False, server_default="false")
    hidden: Mapped[bool] = mapped_column(default=False, server_default="false")
    name: Mapped[str] = mapped_column(Text, default="", server_default="")  # what the page calls a hidden one
    text: Mapped[str] = mapped_column(Text)
    # As the device wrote it: what the product has no place for goes out again.
    kept: Mapped[str] = mapped_column(Text, default="", server_default="")
    starts_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # of an event
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def own_refusal(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    own: ColumnElement[bool] = cls.user_id == viewer.user_id
    return own


@visible_by(own_refusal, personal=True)
class DeviceRefusal(Base):
    """What came from a device of the user and was not taken, the latest of an item: nothing that he typed is lost."""

    __tablename__ = "device_refusal"
    __table_args__ = (UniqueConstraint("user_id", "kind", "href"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[DeviceBookKind] = mapped_column(choice(DeviceBookKind), info={"label": _l("List")})
    href: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column("came_at", DateTime(timezone=True), info={"label": _l("When")})
    reason: Mapped[str] = mapped_column(String(400), info={"label": _l("Why it was not taken")})
    text: Mapped[str] = mapped_column(Text, info={"label": _l("What came")})  # "": it was to be taken away
    # The row that it is about, where there was one.
    subject: Mapped[DeviceSubject | None] = mapped_column(choice(DeviceSubject))
    row_id: Mapped[int | None]

    def __str__(self) -> str:
        return self.reason
