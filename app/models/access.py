"""What is remembered of those who try to come in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Guess(Base):
    """Wrong tries of one login, of one address, or of one login from one address; the key hides who and where."""

    __tablename__ = "guess"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    came_in_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
