"""Conversations that letters belong to, by the ids that they bear and name."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.domain.words import Direction, LetterState
from app.models.letters import Letter, LetterThread
from app.services.mail import threads
from tests.factories import added

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANY = 500  # letters that name one: more than are ever asked for together


def test_a_letter_that_many_answer_leaves_the_others_their_conversations(session: Session) -> None:
    loud, quiet = (added(session, LetterThread(subject=name)) for name in ("loud", "quiet"))
    state = {"direction": Direction.IN, "state": LetterState.RECEIVED, "at": NOW}
    answers = [
        {"message_id": f"{n}@list", "references": ["loud@a", f"{n}@other"], "thread_id": loud.id, **state}
        for n in range(MANY)
    ]
    session.execute(insert(Letter), answers)
    added(session, Letter(message_id="one@list", references=["quiet@a"], thread_id=quiet.id, **state))
    ties = threads.ties(session, {"loud@a", "quiet@a", "nobody@a"}, {})
    assert {name: set(found) for name, found in ties.answers.items()} == {"loud@a": {loud.id}, "quiet@a": {quiet.id}}
