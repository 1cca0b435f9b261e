"""The second factor: codes that a telephone makes (TOTP, RFC 6238), and written codes for when it is lost."""

from __future__ import annotations

from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domain import passwords
from app.models.access import RecoveryCode, SecondFactor

ISSUER = "Vizavi"
STEP = 30  # seconds that a code is shown for
CODES = 10


def new_secret() -> str:
    return str(pyotp.random_base32())


def address(secret: str, username: str) -> str:
    """What the picture for the telephone says."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))


def of_user(session: Session, user_id: int) -> SecondFactor | None:
    return session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id))


def switch_on(session: Session, user_id: int, secret: str, code: str, *, now: datetime) -> list[str] | None:
    """Keep the secret when the code is one of it; returns the written codes, which are never shown again."""
    step = _step(secret, code, now)
    if step is None:
        return None
    switch_off(session, user_id)
    session.add(SecondFactor(user_id=user_id, secret=secret, since=now, last_step=step))
    return write_codes(session, user_id)


def switch_off(session: Session, user_id: int) -> None:
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def write_codes(session: Session, user_id: int) -> list[str]:
    """New written codes in place of the old ones."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [passwords.new_password(groups=3, of=5) for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user_id, hash=_hash(user_id, code)) for code in codes)
    session.flush()
    return codes


def codes_left(session: Session, user_id: int) -> int:
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)) or 0


def accepts(session: Session, user_id: int, code: str, *, now: datetime) -> bool:
    """True when the code is the telephone's of this moment, or a written one; each is good once."""
    code = "".join(code.split()).lower()[:64]
    kept = session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update())
    if kept is None:
        return False
    step = _step(kept.secret, code, now)
    if step is not None and step > kept.last_step:
        kept.last_step = step
        return True
    used = delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.hash == _hash(user_id, code))
    return session.scalar(used.returning(RecoveryCode.id)) is not None


def _step(secret: str, code: str, now: datetime) -> int | None:
    """Which 30 seconds the code is of: these, or those before and after, as clocks differ."""
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    return next((step for step in (current - 1, current, current + 1) if totp.verify(code, for_time=step * STEP)), None)


def _hash(user_id: int, code: str) -> str:
    """A written code has 74 bits."""
    return passwords.digest(f"{user_id}:{code}")
