"""Moves of what is planned: after some of them a reason is asked for, by whichever way the time is changed."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.domain.contact_times import needs_reason
from app.errors import Refused
from app.models import authorship
from app.queries.moves import Movable, times_moved

LONGEST_REASON = 200


def asks_why(session: Session, row: Movable) -> str:
    """The question to whoever moves the row once more; "" while it may be moved without a word."""
    moves = session.scalar(times_moved(row)) or 0
    told = ngettext(
        "It was moved %(num)s time already: say why.", "It was moved %(num)s times already: say why.", moves
    )
    return told if needs_reason(moves) else ""


def optional_reason(said: str, *, field: str) -> str:
    """What was said of a move, "" where nothing was; refused at `field` when it is too long."""
    reason = (said or "").strip()
    if len(reason) > LONGEST_REASON:
        raise Refused(_("No more than %(most)s letters.", most=LONGEST_REASON), field=field)
    return reason


def required_reason(session: Session, row: Movable, said: str, *, field: str = "reason", asked: str = "reason") -> str:
    """What was said of the move; refused at `field` when it is too long, at `asked` when one is asked for in vain."""
    reason = optional_reason(said, field=field)
    if not reason and (question := asks_why(session, row)):
        raise Refused(question, field=asked)
    return reason


def check_typed(session: Session, row: Movable, name: str) -> None:
    """A planned row whose time was changed by no verb of its own keeps the same rule of reasons."""
    changed: Any = inspect(row).attrs
    if row.id is None or not changed[name].history.has_changes():
        return
    with session.no_autoflush:
        reason = required_reason(session, row, row.why_moved, field="why_moved", asked=name)
        if reason:
            authorship.sign(session, reason)
