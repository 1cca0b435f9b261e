"""Numbers of documents, without gaps."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.words import DocumentKind
from app.models.base import Base, choice


class NumberSeries(Base):
    """The last number given to documents of one kind in one year; its row is locked until the document is kept."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("kind", "year"),)

    kind: Mapped[DocumentKind] = mapped_column(choice(DocumentKind))
    year: Mapped[int]
    last: Mapped[int]
