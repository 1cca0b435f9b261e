"""Reminders, notices and plans of the day for those who want them by letter."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import uuid4

from rq.exceptions import StopRequested
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock, nudge
from app.domain.words import ByLetter, ContactKind, ContactState, Direction, Road
from app.extensions import db
from app.models import authorship
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.users import Role, User, UserProfile
from app.services.mail import outbox, troubles
from app.services.mail import telling as services
from app.views.mail import telling
from jobs import runtime

TOGETHER = 20  # users of one transaction
log = logging.getLogger(__name__)


def tell() -> int:
    """Write what is to be told, a few users a transaction; returns how many were written to, each time counted."""
    with runtime.app().app_context():
        runtime.once(lambda session: troubles.look(session, now=clock.now()))
        written = sum(_to_all(kind) for kind in ByLetter)
        if written:
            nudge.soon(outbox.TASK, nudge.MAIL)
    return written


def _to_all(kind: ByLetter) -> int:
    """Whoever was written to is looked at again: more may wait for him than is told at once."""
    written, told = 0, None
    while ids := runtime.once(lambda session: telling.waiting(session, kind, told)):  # noqa: B023 - called at once
        told = [
            each for first in range(0, len(ids), TOGETHER) for each in _to_some(kind, ids[first : first + TOGETHER])
        ]
        written += len(told)
    return written


def _to_some(kind: ByLetter, user_ids: Sequence[int]) -> list[int]:
    """What one user cannot be told must not keep the others from being told."""
    try:
        return runtime.once(lambda session: telling.tell(session, kind, user_ids))
    except (OperationalError, StopRequested):
        raise  # the base went away, somebody was in the way, or this process ends: it is told a minute later
    except Exception:
        if len(user_ids) > 1:
            return [told for each in user_ids for told in _to_some(kind, [each])]
        log.exception("Telling by letter failed: %s", kind)
        return []


def rehearse() -> None:
    """Tell some who are made up of what is made up, and take all of it back.

    Each piece of work is done by a process that is forked for it: what this one has come to know, such as the
    statements, none of them has to find out anew.
    """
    with runtime.app().app_context():
        session = db.session()
        try:
            authorship.by(session, Road.JOB, rehearse.__name__)
            troubles.look(session, now=clock.now())
            users = [_made_up(session).id for _each in range(2)]  # many rows are written otherwise than one
            for kind in ByLetter:
                telling.waiting(session, kind)
            telling.tell(session, ByLetter.REMINDERS, telling.waiting(session, ByLetter.REMINDERS, users))
        except Exception:  # it would only have been quicker
            log.exception("The rehearsal failed")
        finally:
            session.rollback()
            db.session.remove()
            db.engine.dispose()  # a connection is of one process


def _made_up(session: Session) -> User:
    """Who is to be told of a reminder; nobody else ever sees him."""
    now, name = clock.now(), f"rehearsal-{uuid4().hex}"
    user = User(username=name, first_name=name, last_name=name, email=f"{name}@rehearsal.invalid", active=True)
    user.roles = list(session.scalars(select(Role).where(Role.name == "Sales manager")))  # as most who are told
    user.profile = UserProfile(by_letter=[ByLetter.REMINDERS.value])
    session.add(user)
    session.flush()
    facts = {"kind": ContactKind.CALL, "direction": Direction.OUT, "state": ContactState.PLANNED, "prospect": name}
    call = Contact(**facts, subject=name, starts_at=now, ends_at=now, manager_id=user.id)
    session.add(call)
    session.flush()
    session.add(Reminder(user_id=user.id, contact_id=call.id, text=name, due_at=now, zone=str(clock.zone())))
    session.flush()
    return user


def tidy() -> int:
    """Forget what was told long ago."""
    return runtime.repeat(lambda session: bool(services.tidy(session, now=clock.now())))
