"""What came from devices and was not taken: kept for its user until he has seen it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.words import DeviceBookKind
from app.models.devices import DeviceBook, DeviceItem, DeviceRefusal


def keep(
    session: Session, user_id: int, kind: DeviceBookKind, href: str, *, text: str, reason: str, now: datetime
) -> None:
    """In place of what was not taken of the same item before: devices try again and again."""
    mine = select(DeviceRefusal).where(
        DeviceRefusal.user_id == user_id, DeviceRefusal.kind == kind, DeviceRefusal.href == href
    )
    row = session.scalars(mine).one_or_none()
    if row is None:
        row = DeviceRefusal(user_id=user_id, kind=kind, href=href)
        session.add(row)
    if (row.text, row.reason) == (text, reason[:400]):
        return
    row.text, row.reason, row.at = text, reason[:400], now
    known = select(DeviceItem.subject, DeviceItem.row_id).join(DeviceBook, DeviceBook.id == DeviceItem.book_id)
    known = known.where(DeviceBook.user_id == user_id, DeviceBook.kind == kind, DeviceItem.href == href)
    row.subject, row.row_id = session.execute(known).one_or_none() or (None, None)
    session.flush()


def forget(session: Session, user_id: int, kind: DeviceBookKind, href: str) -> None:
    """It came through after all."""
    mine = (DeviceRefusal.user_id == user_id, DeviceRefusal.kind == kind, DeviceRefusal.href == href)
    session.execute(delete(DeviceRefusal).where(*mine))


def of_user(session: Session, user_id: int) -> Sequence[DeviceRefusal]:
    mine = select(DeviceRefusal).where(DeviceRefusal.user_id == user_id)
    return session.scalars(mine.order_by(DeviceRefusal.at.desc(), DeviceRefusal.id.desc()).limit(100)).all()


def dismiss(session: Session, user_id: int, number: int) -> bool:
    """Its user has seen it; False when he has no such."""
    own = delete(DeviceRefusal).where(DeviceRefusal.id == number, DeviceRefusal.user_id == user_id)
    return session.scalar(own.returning(DeviceRefusal.id)) is not None
