"""Which conversation a letter belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import ARRAY, Text, any_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.letters.addresses import spellings
from app.domain.letters.threads import TOGETHER, base_subject, is_answer
from app.errors import Refused
from app.models.letters import Letter, LetterParty, LetterThread
from app.queries.sql import one_of


@dataclass
class Ties:
    """The conversations that letters may belong to by the ids that they bear and name: asked for many at once."""

    letters: Mapping[str, int]  # of the letters that are here
    answers: Mapping[str, Collection[int]]  # of those that name an id, which came before it
    tied: dict[int, int] = field(default_factory=dict)  # what each became part of meanwhile

    def of(self, letter: Letter) -> list[int]:
        found = {self.letters[each] for each in letter.references if each in self.letters}
        found.update(self.answers.get(letter.message_id, ()))
        return sorted({self.tied.get(each, each) for each in found})

    def tie(self, threads: Collection[int], into: int) -> None:
        self.tied = {one: into if now in threads else now for one, now in self.tied.items()}
        self.tied.update(dict.fromkeys(threads, into))


def ties(session: Session, ids: Collection[str], letters: Mapping[str, int]) -> Ties:
    """Of letters with these ids that are to be written; `letters` are the conversations of those that they name."""
    asked = cast(list(ids), ARRAY(Text))
    names_one = Letter.references.op("&&", is_comparison=True)(asked)
    named = select(func.unnest(Letter.references).label("id"), Letter.thread_id).where(names_one).subquery()
    # However many letters name one, they are of few conversations.
    found = select(named.c.id, named.c.thread_id).where(named.c.id == any_(asked), named.c.thread_id.is_not(None))
    answers = defaultdict[str, set[int]](set)
    for each, thread_id in session.execute(found.distinct().execution_options(unscoped=True)):
        answers[each].add(thread_id)
    return Ties(letters, answers)


def join(session: Session, letter: Letter, others: Collection[str], ties: Ties) -> None:
    """Give a letter that is not written yet its thread; conversations that it ties together become one.

    Its chain decides, whichever letter came first. Without a chain an answer joins the last conversation
    of its subject with the same people: `others` are their addresses, our own left out.
    """
    threads = ties.of(letter)
    if not threads and not letter.references and is_answer(letter.subject):
        threads = _of_subject(session, letter, others)
    if not threads:
        letter.thread = LetterThread(subject=base_subject(letter.subject)[:500])
        return
    letter.thread_id = threads[0]
    if len(threads) > 1:
        session.flush()  # others that go into them
        _move(session, threads[1:], threads[0])
        ties.tie(threads[1:], threads[0])


def _of_subject(session: Session, letter: Letter, others: Collection[str]) -> list[int]:
    base = base_subject(letter.subject)[:500]
    if not base or not others:
        return []
    last = (
        select(Letter.thread_id)
        .join(LetterThread)
        .join(LetterParty, LetterParty.letter_id == Letter.id)
        .where(
            func.lower(LetterParty.address).in_([each for address in others for each in spellings(address)]),
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
