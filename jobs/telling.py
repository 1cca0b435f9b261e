"""Reminders, notices and plans of the day for those who want them by letter."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from app import clock, nudge
from app.domain.words import ByLetter
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
    except OperationalError:
        raise  # the base went away, or somebody was in the way: it is told a minute later
    except Exception:
        if len(user_ids) > 1:
            return [told for each in user_ids for told in _to_some(kind, [each])]
        log.exception("Telling by letter failed: %s", kind)
        return []


def tidy() -> int:
    """Forget what was told long ago."""
    return runtime.repeat(lambda session: bool(services.tidy(session, now=clock.now())))
