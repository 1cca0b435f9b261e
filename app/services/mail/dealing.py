"""Letters that somebody has to deal with: done, or not until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import and_, update
from sqlalchemy.orm import Session, aliased

from app.domain.words import Direction
from app.errors import Refused
from app.models.letters import Letter
from app.queries.sql import one_of


def mark_done(session: Session, letter: Letter) -> None:
    """«Рассмотрено»: nobody needs to look at it any more."""
    letter.pending_from = None
    session.flush()


def put_off(session: Session, letter: Letter, day: date, *, today: date) -> None:
    """It waits from that day on."""
    if letter.direction is not Direction.IN:
        raise Refused(_("Only a letter that came in can wait."))
    if day < today:
        raise Refused(_("This day is over."), field="day")
    letter.pending_from = day
    session.flush()


def mark_answered(session: Session, letters: Sequence[Letter]) -> None:
    """Whoever has written into a conversation has dealt with what came before."""
    if letters:
        answer = aliased(Letter)
        before = and_(Letter.thread_id == answer.thread_id, Letter.at <= answer.at, Letter.pending_from.is_not(None))
        dealt = update(Letter).where(one_of(answer.id, [each.id for each in letters]), before)
        session.execute(dealt.values(pending_from=None).execution_options(unscoped=True, synchronize_session=False))
