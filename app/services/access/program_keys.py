"""Keys of programs: made by the machine, shown once, kept as their hashes, each revoked by itself."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.passwords import digest
from app.errors import Refused
from app.models.access import ProgramKey

PREFIX = "viz_"  # tells a key from a token
SEEN_EVERY = timedelta(minutes=5)


def make(session: Session, key: ProgramKey, *, now: datetime) -> str:
    """Keep the key; gives it as it is, which nobody can ask for again."""
    if session.scalar(select(ProgramKey.id).where(ProgramKey.name == key.name)):
        raise Refused(_("There is such a key already."), field="name")
    secret = PREFIX + secrets.token_urlsafe(32)
    key.hash, key.made_at = digest(secret), now
    session.add(key)
    session.flush()
    return secret


def revoke(session: Session, number: int, *, now: datetime) -> bool:
    """From here on nobody comes in by that key; whether there is such a one."""
    key = session.get(ProgramKey, number)
    if key is None:
        return False
    key.revoked_at = key.revoked_at or now
    session.flush()
    return True


def keys(session: Session) -> Sequence[ProgramKey]:
    """The revoked ones last."""
    return session.scalars(select(ProgramKey).order_by(ProgramKey.revoked_at.nulls_first(), ProgramKey.id)).all()


def of_secret(session: Session, secret: str, *, now: datetime) -> ProgramKey | None:
    """The key that is in force; that it was used is noted now and then."""
    mine = select(ProgramKey).where(ProgramKey.hash == digest(secret), ProgramKey.revoked_at.is_(None))
    key = session.scalar(mine.execution_options(unscoped=True))
    if key is not None and (key.used_at is None or key.used_at < now - SEEN_EVERY):
        key.used_at = now
        session.commit()
    return key
