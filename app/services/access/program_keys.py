"""Keys of programs: made by the machine, shown once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.passwords import digest
from app.errors import Refused
from app.models.access import ProgramKey
from app.services.access import keys

PREFIX = "viz_"  # tells a key from a token
SEEN_EVERY = timedelta(minutes=5)


def make(session: Session, key: ProgramKey, *, now: datetime) -> str:
    """Keep the key; gives it as it is, which nobody can ask for again."""
    if session.scalar(select(ProgramKey.id).where(ProgramKey.name == key.name)):
        raise Refused(_("There is such a key already."), field="name")
    return keys.keep(session, key, PREFIX + secrets.token_urlsafe(32), now=now)


def of_secret(session: Session, secret: str, *, now: datetime) -> ProgramKey | None:
    """The key that is in force; that it was used is noted now and then."""
    mine = select(ProgramKey).where(ProgramKey.hash == digest(secret), ProgramKey.revoked_at.is_(None))
    key = session.scalar(mine.execution_options(unscoped=True))
    if key is not None and (key.used_at is None or key.used_at < now - SEEN_EVERY):
        key.used_at = now
    return key
