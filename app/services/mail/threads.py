"""Which conversation a letter belongs to."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import ARRAY, Text, cast, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.letters.threads import TOGETHER, base_subject, is_answer
from app.errors import Refused
from app.models.letters import Letter, LetterParty, LetterThread
from app.queries.sql import one_of

MOST = 100  # letters that name this one


def join(session: Session, letter: Letter, others: Collection[str]) -> None:
    """Give a letter that is not written yet its thread; conversations that it ties together become one.

    Its chain decides, whichever letter came first. Without a chain an answer joins the last conversation
    of its subject with the same people: `others` are their addresses, our own left out.
    """
    threads = sorted({each for each in (*_of_chain(session, letter), *_of_answers(session, letter)) if each})
    if not threads and not letter.references and is_answer(letter.subject):
        threads = _of_subject(session, letter, others)
    if not threads:
        letter.thread = LetterThread(subject=base_subject(letter.subject)[:500])
        return
    letter.thread_id = threads[0]
    if len(threads) > 1:
        _move(session, threads[1:], threads[0])


def _of_chain(session: Session, letter: Letter) -> list[int | None]:
    if not letter.references:
        return []
    named = select(Letter.thread_id).where(Letter.message_id.in_(letter.references))
    return list(session.scalars(named.execution_options(unscoped=True)))


def _of_answers(session: Session, letter: Letter) -> list[int | None]:
    """Letters that came before the one that they answer."""
    names_it = Letter.references.op("@>", is_comparison=True)(cast([letter.message_id], ARRAY(Text)))
    named = select(Letter.thread_id).where(names_it)
    return list(session.scalars(named.limit(MOST).execution_options(unscoped=True)))


def _of_subject(session: Session, letter: Letter, others: Collection[str]) -> list[int]:
    base = base_subject(letter.subject)[:500]
    if not base or not others:
        return []
    last = (
        select(Letter.thread_id)
        .join(LetterThread)
        .join(LetterParty, LetterParty.letter_id == Letter.id)
        .where(
            func.lower(LetterParty.address).in_([address.lower() for address in others]),
            LetterParty.at.between(letter.at - TOGETHER, letter.at + TOGETHER),
            or_(LetterThread.subject == base, LetterThread.subject == letter.subject),
        )
        .order_by(LetterParty.at.desc())
        .limit(1)
        .execution_options(unscoped=True)
    )
    return [each for each in session.scalars(last) if each]


def part(session: Session, letter: Letter) -> LetterThread:
    """From this letter on it is another conversation."""
    thread = LetterThread(subject=base_subject(letter.subject)[:500])
    session.add(thread)
    session.flush()
    later = update(Letter).where(Letter.thread_id == letter.thread_id, Letter.at >= letter.at)
    session.execute(later.values(thread_id=thread.id).execution_options(unscoped=True, synchronize_session=False))
    session.refresh(letter, ["thread_id"])
    return thread


def tie(session: Session, letter: Letter, other: Letter) -> None:
    """The conversation of the other letter is part of this one."""
    if letter.thread_id is None or other.thread_id is None or other.thread_id == letter.thread_id:
        raise Refused(_("These letters are in one conversation already."))
    _move(session, [other.thread_id], letter.thread_id)
    session.refresh(other, ["thread_id"])


def _move(session: Session, threads: Collection[int], into: int) -> None:
    moved = update(Letter).where(one_of(Letter.thread_id, threads)).values(thread_id=into)
    session.execute(moved.execution_options(unscoped=True, synchronize_session=False))
