"""The one of several that is taken unless another is chosen."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, true, update
from sqlalchemy.orm import Session

from app.models.organisation import BankAccount
from app.models.papers import PaperTemplate


def settle_main(session: Session, row: BankAccount | PaperTemplate, among: ColumnElement[bool] | None = None) -> None:
    """The first one, and one that is said to be, is the main one; `among`: which rows have one of their own."""
    model = type(row)
    with session.no_autoflush:
        other = and_(true() if among is None else among, model.id != (row.id or 0), model.is_main)
        if row.is_main:
            session.execute(update(model).where(other).values(is_main=False))
        elif session.scalar(select(model.id).where(other)) is None:
            row.is_main = True
