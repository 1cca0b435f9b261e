"""How people like to see lists, and to read files: choices under a name, one's own columns, what a header means."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.users import Role, User


class SavedView(Base):
    """A choice of a list (filters, columns, order) under a name: its author's own, or shared with a role.

    `choice` are the parameters of the address, as they are read there.
    """

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "list", "name"),  # the tabs of one user's list
        Index("ix_saved_view_role_id_list", "role_id", "list"),  # what is shared with a role
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    list: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    choice: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    role_id: Mapped[int | None] = mapped_column(ForeignKey("ab_role.id", ondelete="SET NULL"))  # None: private
    # Pinned for whoever sees it.
    on_home: Mapped[bool] = mapped_column(default=False, server_default="false")
    in_menu: Mapped[bool] = mapped_column(default=False, server_default="false")

    user: Mapped[User] = relationship(User)
    role: Mapped[Role | None] = relationship(Role)


class ListHabit(Base):
    """How one user opens one list: his columns in their order and widths, the first tab, what he chose last."""

    __tablename__ = "list_habit"
    __table_args__ = (UniqueConstraint("user_id", "list"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    list: Mapped[str] = mapped_column(String(60))
    columns: Mapped[str] = mapped_column(Text, default="", server_default="")  # "": those of the list itself
    opens_at: Mapped[str] = mapped_column(String(60), default="", server_default="")  # "": as the list says
    last: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")

    user: Mapped[Any] = relationship(User)


class ImportHabit(Base):
    """How files with one header are read: by one user or, `user_id` None, by the command line.

    `header` is a digest of the captions; `columns` says which are which field, `search` by what known rows are found.
    """

    __tablename__ = "import_habit"
    __table_args__ = (UniqueConstraint("user_id", "kind", "header", postgresql_nulls_not_distinct=True),)

    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    header: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # None: as they are guessed
    search: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
