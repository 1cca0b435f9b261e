"""Reminders, notices and plans of the day for those who want them by letter."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from app import clock, nudge
from app.domain.words import ByLetter
from app.extensions import db
from app.models.users import User
from app.services.mail import outbox, telling, troubles
from app.views.mail.telling import TELLERS
from jobs import runtime

log = logging.getLogger(__name__)


def tell() -> int:
    """Write what is to be told, each user in a transaction of his own; returns how many letters were written."""
    with runtime.app().app_context():
        runtime.once(lambda session: troubles.look(session, now=clock.now()))
        written = sum(_to_all(db.session(), kind) for kind in ByLetter)
        db.session.remove()
        if written:
            nudge.soon(outbox.TASK, nudge.MAIL)
    return written


def _to_all(session: Session, kind: ByLetter) -> int:
    written = 0
    for user_id in [user.id for user in session.scalars(telling.users_told(kind))]:
        try:
            while telling.takes(session, user_id) and TELLERS[kind](session, session.get_one(User, user_id)):
                session.commit()
                written += 1
            session.commit()
        except Exception:
            # What one user cannot be told must not keep the others from being told.
            log.exception("Telling by letter failed: %s", kind)
            session.rollback()
    return written


def tidy() -> int:
    """Forget what was told long ago."""
    return runtime.repeat(lambda session: bool(telling.tidy(session, now=clock.now())))
