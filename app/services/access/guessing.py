"""Guessing is slow: wrong tries are counted by login and address, for the form and for programs together."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.guessing import ADDRESS, FORGOTTEN, LOGIN, ONE, REMEMBERED
from app.models.access import Guess


@dataclass(frozen=True)
class Attempt:
    """Who tries from where, as keys that tell neither."""

    one: str
    login: str
    address: str

    @classmethod
    def of(cls, login: str, address: str, secret: str) -> Attempt:
        login, address = login.strip().casefold(), network(address)

        def key(*parts: str) -> str:
            return hmac.new(secret.encode(), "\n".join(parts).encode("utf-8", "replace"), hashlib.sha256).hexdigest()

        return cls(key("one", login, address), key("login", login), key("address", address))


def network(address: str) -> str:
    """The address; of IPv6 the part that one customer of a provider has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(found) >> 64 << 64)) if isinstance(found, IPv6Address) else address


def begin(session: Session, attempt: Attempt, *, now: datetime) -> timedelta:
    """Nothing when the try may be made: counted as wrong until `forgive` takes it back; else how long to wait.

    The rows stay locked until the commit, so that tries made at once are counted one after another.
    """
    rows = _locked(session, attempt)
    for row in rows.values():
        if row.failed_at is not None and row.failed_at < now - FORGOTTEN:
            row.failures = 0
    one = rows[attempt.one]
    left = [ONE.left(one.failures, one.failed_at, now)]
    if one.came_in_at is None:
        left += [
            rule.left(rows[key].failures, rows[key].failed_at, now)
            for rule, key in ((LOGIN, attempt.login), (ADDRESS, attempt.address))
        ]
    if max(left):
        return max(left)
    for row in rows.values():
        row.failures += 1
        row.failed_at = now
    session.flush()
    return timedelta(0)


def forgive(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """The try was right: it is taken back, and this login is known at this address."""
    rows = _locked(session, attempt)
    rows[attempt.one].failures, rows[attempt.one].came_in_at = 0, now
    for key in (attempt.login, attempt.address):
        rows[key].failures = max(rows[key].failures - 1, 0)
    session.flush()


def tidy(session: Session, *, now: datetime) -> int:
    """Forget what no longer counts; returns how many rows."""
    old = or_(Guess.failed_at.is_(None), Guess.failed_at < now - FORGOTTEN)
    stranger = or_(Guess.came_in_at.is_(None), Guess.came_in_at < now - REMEMBERED)
    gone = session.scalars(delete(Guess).where(old, stranger).returning(Guess.id))
    return len(gone.all())


def _locked(session: Session, attempt: Attempt) -> dict[str, Guess]:
    keys = sorted((attempt.one, attempt.login, attempt.address))
    session.execute(insert(Guess).values([{"key": key} for key in keys]).on_conflict_do_nothing())
    rows = select(Guess).where(Guess.key.in_(keys)).order_by(Guess.key).with_for_update()
    return {row.key: row for row in session.scalars(rows.execution_options(populate_existing=True))}
