"""Exchange with 1C over HTTP: who may come, what came in each session, and which orders each 1C has."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import OneCSubject
from app.models.base import Base, choice
from app.models.jobs import Job
from app.models.orders import BuyerOrder
from app.models.users import User


class OneCKey(Base):
    """Ключ обмена с 1С: the login and the password of one 1C, as its hash; it works in the name of its user."""

    __tablename__ = "one_c_key"
    __table_args__ = (Index("ix_one_c_key_user_id", "user_id"),)  # the foreign key

    name: Mapped[str] = mapped_column(String(50), unique=True, info={"label": _l("Login")})
    hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    goods: Mapped[bool] = mapped_column(info={"label": _l("Brings goods, prices and stock")})
    # Of which its goods take their price: the first of the file where it names none.
    price_kind: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info={"label": _l("Kind of price")}
    )
    orders: Mapped[bool] = mapped_column(info={"label": _l("Takes and brings orders")})
    since: Mapped[date] = mapped_column(info={"label": _l("Orders from")})
    in_1251: Mapped[bool] = mapped_column(info={"label": _l("Answers in windows-1251")})
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Last used")})
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Revoked")})

    user: Mapped[User] = relationship(User, info={"label": _l("User")})

    @property
    def encoding(self) -> str:
        return "windows-1251" if self.in_1251 else "utf-8"

    def __str__(self) -> str:
        return self.name


class OneCSession(Base):
    """Сеанс обмена: one talk of a 1C with us, known by a cookie that is kept as its hash."""

    __tablename__ = "one_c_session"
    __table_args__ = (Index("ix_one_c_session_key_id", "key_id", "id"),)  # the journal

    key_id: Mapped[int] = mapped_column(ForeignKey("one_c_key.id", ondelete="CASCADE"))
    mark: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[OneCSubject] = mapped_column(choice(OneCSubject), info={"label": _l("What about")})
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Began")})
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Last seen")})
    given: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Orders given")})
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Confirmed")})
    refused: Mapped[str] = mapped_column(String(300), default="", server_default="", info={"label": _l("Refused")})

    key: Mapped[OneCKey] = relationship(info={"label": _l("Login")})
    files: Mapped[list[OneCFile]] = relationship(
        back_populates="session", order_by="OneCFile.id", cascade="all, delete-orphan", passive_deletes=True
    )


class OneCFile(Base):
    """A file of a session, or one of an archive of it."""

    __tablename__ = "one_c_file"
    __table_args__ = (
        UniqueConstraint("session_id", "name"),
        # foreign keys
        Index("ix_one_c_file_archive_id", "archive_id", postgresql_where=text("archive_id IS NOT NULL")),
        Index("ix_one_c_file_job_id", "job_id", postgresql_where=text("job_id IS NOT NULL")),
    )

    session_id: Mapped[int] = mapped_column(ForeignKey("one_c_session.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255), info={"label": _l("File")})
    size: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Size")})
    last_hash: Mapped[str] = mapped_column(String(64), default="", server_default="")  # of the last part
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("one_c_file.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))

    session: Mapped[OneCSession] = relationship(back_populates="files")
    job: Mapped[Job | None] = relationship()


class OneCPart(Base):
    """A part of a file, as one request brought it: whichever machine answers the next one has it."""

    __tablename__ = "one_c_part"
    __table_args__ = (Index("ix_one_c_part_file_id", "file_id", "id"),)  # the parts in their order

    file_id: Mapped[int] = mapped_column(ForeignKey("one_c_file.id", ondelete="CASCADE"))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class OneCOrder(Base):
    """Which version of an order a 1C has, and which was given to it in a session that it did not confirm yet."""

    __tablename__ = "one_c_order"
    __table_args__ = (
        UniqueConstraint("key_id", "order_id"),
        Index("ix_one_c_order_order_id", "order_id"),  # the foreign key
        Index("ix_one_c_order_session_id", "session_id", postgresql_where=text("session_id IS NOT NULL")),
    )

    key_id: Mapped[int] = mapped_column(ForeignKey("one_c_key.id", ondelete="CASCADE"))
    order_id: Mapped[int] = mapped_column(ForeignKey("buyer_order.id", ondelete="CASCADE"))
    version: Mapped[int | None]
    given_version: Mapped[int | None]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("one_c_session.id", ondelete="SET NULL"))

    order: Mapped[BuyerOrder] = relationship()
