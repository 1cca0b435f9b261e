"""What goes wrong with letters is told in the bell: to whoever wrote, or looks after the mailbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.words import LetterState, NoticeKind
from app.models.bell import Notice
from app.models.letters import Letter, Outgoing
from app.models.mailboxes import Mailbox
from app.services.bell.notices import Readers, Row, row_of, tell

LOOKED_BACK = timedelta(days=7)  # what happened while nobody looked is told later
SETS_UP = ("can_write", "Shared mailboxes")  # who is told of a mailbox that is nobody's own
LONGEST = 300  # characters of a server's words


def look(session: Session, *, now: datetime) -> int:
    """Tell of letters that were given up and of mailboxes that stopped, each once; returns how many were told."""
    dead, stopped = _dead(session, now), _stopped(session)
    if not dead and not stopped:
        return 0
    readers = Readers(session)
    return tell(session, readers, [*_of_letters(dead), *_of_mailboxes(readers, stopped)])


def came_back(session: Session, letter: Letter, words: str) -> None:
    """A server took our letter and has sent it back since."""
    rows = [_of_letter(user_id, letter, f"{letter.id}:back", words) for user_id in _concerned(letter)]
    tell(session, Readers(session), rows)


def _dead(session: Session, now: datetime) -> Sequence[Letter]:
    told = exists().where(Notice.letter_id == Letter.id, Notice.made_at >= Outgoing.dead_at)
    given_up = select(Letter).join(Outgoing).where(Letter.state == LetterState.DEAD, ~told)
    # Others somebody has stopped himself; of a server that was away one is tried for all that wait for it.
    tried = or_(Outgoing.attempts > 0, Outgoing.first_try_at.is_not(None), Outgoing.may_have_arrived)
    recent = given_up.where(Outgoing.dead_at > now - LOOKED_BACK, tried)
    loaded = recent.options(joinedload(Letter.outgoing), joinedload(Letter.mailbox).selectinload(Mailbox.rights))
    return session.scalars(loaded.order_by(Letter.id)).all()


def _stopped(session: Session) -> Sequence[Mailbox]:
    """Those of which nobody was told since their settings were changed."""
    told = exists().where(Notice.mailbox_id == Mailbox.id, Notice.facts["version"].as_integer() == Mailbox.version)
    stopped = select(Mailbox).where(or_(Mailbox.stopped != "", Mailbox.fetching_stopped != ""), ~told)
    return session.scalars(stopped.options(selectinload(Mailbox.owner)).order_by(Mailbox.id)).all()


def _of_letters(letters: Sequence[Letter]) -> Iterator[Row]:
    for letter in letters:
        way = letter.outgoing
        if way is None or way.dead_at is None:
            continue
        for user_id in _concerned(letter):
            yield _of_letter(user_id, letter, f"{letter.id}:{way.dead_at:%Y%m%d%H%M%S}", way.error)


def _of_letter(user_id: int, letter: Letter, key: str, words: str) -> Row:
    return row_of(NoticeKind.UNDELIVERED, user_id, key, letter_id=letter.id, facts={"words": words[:LONGEST]})


def _concerned(letter: Letter) -> list[int]:
    """Its author; of what nobody wrote, those who read its mailbox."""
    if letter.author_id is not None:
        return [letter.author_id]
    box = letter.mailbox
    if box is None:
        return []
    return [box.owner_id] if box.owner_id else [right.user_id for right in box.rights if right.reads]


def _of_mailboxes(readers: Readers, mailboxes: Sequence[Mailbox]) -> Iterator[Row]:
    for box in mailboxes:
        facts = {"words": (box.stopped or box.fetching_stopped)[:LONGEST], "version": box.version}
        for user_id in [box.owner_id] if box.owner_id else readers.who_may(SETS_UP):
            yield row_of(NoticeKind.MAILBOX_STOPPED, user_id, f"{box.id}:{box.version}", mailbox_id=box.id, facts=facts)
