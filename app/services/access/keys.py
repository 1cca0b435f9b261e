"""What all keys that others come in by have in common: kept as hashes of what is shown once, each revoked by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.domain.passwords import digest
from app.models.access import InquiryKey, ProgramKey
from app.models.one_c import OneCKey

AnyKey: TypeAlias = InquiryKey | OneCKey | ProgramKey
Key = TypeVar("Key", bound=AnyKey)


def keep(session: Session, key: AnyKey, secret: str, *, now: datetime) -> str:
    """Keep the new key; gives its secret back, which nobody can ask for again."""
    key.hash, key.made_at = digest(secret), now
    session.add(key)
    session.flush()
    return secret


def listed(session: Session, kind: type[Key], *which: ColumnElement[bool]) -> Sequence[Key]:
    """The revoked ones last."""
    return session.scalars(select(kind).where(*which).order_by(kind.revoked_at.nulls_first(), kind.id)).all()


def revoke(session: Session, kind: type[Key], number: int, *which: ColumnElement[bool], now: datetime) -> bool:
    """From here on nobody comes in by that key; whether there is such a one."""
    key = session.scalar(select(kind).where(kind.id == number, *which))
    if key is None:
        return False
    key.revoked_at = key.revoked_at or now
    session.flush()
    return True
