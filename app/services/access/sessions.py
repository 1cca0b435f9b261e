"""Logins one by one: each can be ended by its owner, and ends by itself when it is old or idle."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.models import authorship
from app.models.access import LoginSession, RightsStamp
from app.models.counterparties import AdditionalManager
from app.queries.sql import execute_kept
from app.services.list_views import Habits, habits_asked, habits_told

IDLE = timedelta(hours=12)  # of a browser
IDLE_PROGRAM = timedelta(days=30)  # as long as a refresh token is good
OLDEST = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)


class LoginState(NamedTuple):
    """The stamp of everybody's rights, and when the login was last seen; None: it has ended, or is not this user's.

    `assisted`: the clients whose additional manager the user is; `habits` are those of the list that was named.
    """

    stamp: str
    seen_at: datetime | None
    assisted: Sequence[int]
    habits: Habits | None


def alive(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """SQL: the login has not ended by itself."""
    idle = or_(
        and_(LoginSession.is_program.is_(False), LoginSession.seen_at > now - IDLE),
        and_(LoginSession.is_program, LoginSession.seen_at > now - IDLE_PROGRAM),
    )
    return and_(LoginSession.began_at > now - OLDEST, idle)


def begin(session: Session, user_id: int, *, agent: str, is_program: bool, now: datetime) -> int:
    """A login begins now; returns its number."""
    made = LoginSession(
        user_id=user_id, agent=agent.replace("\0", "")[:200], is_program=is_program, began_at=now, seen_at=now
    )
    session.add(made)
    session.flush()
    return made.id


def state(
    session: Session,
    user_id: int,
    number: int | None,
    *,
    now: datetime,
    writes: bool = False,
    habits: tuple[str, Collection[int]] | None = None,
) -> LoginState:
    """One statement a request: have the rights of anybody changed, and is this login still good?

    `writes`: what the request changes will be signed by the user, and no statement of its own has to say so.
    `habits`: a list and the roles of the user, who is going to read it.
    """
    asked: dict[str, Any] = {"user": user_id, "login": number, "now": now}
    if habits:
        asked |= {"list": habits[0], "roles": [*habits[1]]}
    signature = authorship.signature(session, user_id) if writes else {}
    found: Sequence[Any] = execute_kept(session, _state(writes, bool(habits)), asked | signature).one()
    if writes:
        authorship.has_signed(session, signature)
    stamp, seen_at, assisted, *more = found
    return LoginState(stamp, seen_at, assisted, habits_told(more[:2]) if habits else None)


@cache
def _state(writes: bool, habits: bool) -> Select[Any]:
    """Made once: every request asks it."""
    now = bindparam("now", type_=DateTime(timezone=True))
    user = bindparam("user", type_=Integer)
    own = and_(LoginSession.id == bindparam("login", type_=Integer), LoginSession.user_id == user, alive(now))
    clients = select(AdditionalManager.counterparty_id).where(AdditionalManager.user_id == user)
    assisted = func.array(clients.scalar_subquery(), type_=ARRAY(Integer))
    return (
        select(RightsStamp.value, LoginSession.seen_at, assisted)
        .add_columns(*(habits_asked() if habits else ()), *(authorship.SIGNATURE if writes else ()))
        .select_from(RightsStamp)
        .outerjoin(LoginSession, own)
        .execution_options(unscoped=True, keeps_plan=True)
    )


def mark_seen(session: Session, number: int, *, now: datetime) -> None:
    session.execute(update(LoginSession).where(LoginSession.id == number).values(seen_at=now))


def of_user(session: Session, user_id: int, *, now: datetime) -> Sequence[LoginSession]:
    """The user's logins that are good, the latest first."""
    mine = select(LoginSession).where(LoginSession.user_id == user_id, alive(now))
    return session.scalars(mine.order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())).all()


def end(session: Session, user_id: int, number: int) -> bool:
    """End one of the user's logins; False when he has no such."""
    own = delete(LoginSession).where(LoginSession.id == number, LoginSession.user_id == user_id)
    return session.scalar(own.returning(LoginSession.id)) is not None


def end_all(session: Session, user_id: int) -> None:
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def tidy(session: Session, *, now: datetime) -> int:
    """Forget logins that have ended by themselves; returns how many."""
    gone = delete(LoginSession).where(~alive(now)).returning(LoginSession.id)
    return len(session.scalars(gone).all())
