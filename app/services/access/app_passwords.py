"""Passwords of programs: made by the machine, shown once, kept as their hashes, each revoked by itself."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.passwords import digest
from app.errors import Refused
from app.models.devices import AppPassword
from app.models.users import User

MOST = 20  # of one user
GROUP, GROUPS = 5, 4  # 100 random bits, as letters that are typed on a telephone
SEEN_EVERY = timedelta(minutes=5)


def make(session: Session, user_id: int, name: str, *, now: datetime) -> str:
    """A new password under this name; it is told this once."""
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > AppPassword.name.type.length:
        raise Refused(_("Name the device, in 100 letters at most."), field="name")
    mine = select(func.count()).select_from(AppPassword).where(AppPassword.user_id == user_id)
    if (session.scalar(mine) or 0) >= MOST:
        raise Refused(
            _("There are %(most)s passwords already: revoke those that are not used.", most=MOST), field="name"
        )
    letters = base64.b32encode(secrets.token_bytes(16)).decode().lower()[: GROUP * GROUPS]
    secret = "-".join(letters[at : at + GROUP] for at in range(0, GROUP * GROUPS, GROUP))
    session.add(AppPassword(user_id=user_id, name=name, hash=_print(secret), made_at=now))
    session.flush()
    return secret


def of_user(session: Session, user_id: int) -> Sequence[AppPassword]:
    mine = select(AppPassword).where(AppPassword.user_id == user_id)
    return session.scalars(mine.order_by(AppPassword.made_at.desc(), AppPassword.id.desc())).all()


def revoke(session: Session, user_id: int, number: int) -> bool:
    """Whoever has it comes in no more; False when the user has no such password."""
    own = delete(AppPassword).where(AppPassword.id == number, AppPassword.user_id == user_id)
    return session.scalar(own.returning(AppPassword.id)) is not None


def owner_of(session: Session, login: str, secret: str, *, agent: str, now: datetime) -> User | None:
    """Whom the login and the password of a program let in; nobody who is switched off."""
    same = or_(func.lower(User.username) == login.lower(), func.lower(User.email) == login.lower())
    rows = select(User, AppPassword.id, AppPassword.used_at).join(AppPassword, AppPassword.user_id == User.id)
    rows = rows.where(AppPassword.hash == _print(secret), same, User.active.is_(True))
    found = session.execute(rows.execution_options(unscoped=True)).first()
    if found is None:
        return None
    user, number, used_at = found
    if used_at is None or used_at < now - SEEN_EVERY:
        used = {"used_at": now, "agent": agent.replace("\0", "")[: AppPassword.agent.type.length]}
        session.execute(update(AppPassword).where(AppPassword.id == number).values(used))
    return user


def _print(secret: str) -> str:
    """However its groups are typed."""
    return digest(re.sub(r"[\s-]", "", secret).lower())
