"""Letters by their words and people, and those that wait for somebody."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from app.domain.letters.addresses import spellings
from app.domain.letters.keeping import WORTH_A_CONTACT
from app.domain.words import Direction, FolderRole, PartyRole
from app.models.letters import Letter, LetterParty, LetterPlace
from app.models.mailboxes import MailboxFolder
from app.queries.search import words_of
from app.queries.sql import literal_text

MOST_WORDS = 8


def letter_matches(text: str) -> ColumnElement[bool]:
    """Every word typed begins a word of the subject or the text, in any of its forms, or of a name or an address."""
    words = words_of(text)[:MOST_WORDS]
    # Marks that Russian has too many of to be looked for.
    telling = [word for word in words if len(word) > 2 or word.isdecimal()] or words
    return and_(*(_has(word) for word in telling)) if telling else false()


def _has(word: str) -> ColumnElement[bool]:
    begins = literal_text(f"{word}:*")
    said = func.to_tsquery("russian", begins)
    nothing_left = func.numnode(said) == 0  # a word that says nothing by itself
    letter = Letter.__table__.c  # whichever they are: the statement of the letters asks who may see them
    in_text = select(letter.id).where(or_(letter.words.op("@@", is_comparison=True)(said), nothing_left))
    of_people = select(LetterParty.letter_id).where(
        LetterParty.words.op("@@", is_comparison=True)(func.to_tsquery("simple", begins))
    )
    return Letter.id.in_(in_text.union(of_people))


def folders_of(mailbox_id: int) -> Select[FolderRole, int, int, int, datetime | None]:
    """Of each folder of the mailbox: letters on the server, here and left there, and when the last one here is of.

    Numbers of letters that the reader may not see are among them: it is to be asked unscoped.
    """
    folder, place = MailboxFolder, LetterPlace
    in_it = select(func.count()).where(place.folder_id == folder.id).scalar_subquery()
    last = select(Letter.at).join(place, place.letter_id == Letter.id).where(place.folder_id == folder.id)
    last = last.order_by(place.uid.desc()).limit(1)
    shown = select(
        folder.role, folder.letters, in_it.label("here"), folder.left_out, last.scalar_subquery().label("last")
    )
    return shown.where(folder.mailbox_id == mailbox_id).order_by(folder.role)


def pending(today: date) -> ColumnElement[bool]:
    """Somebody has to deal with it by now."""
    return Letter.pending_from <= today


def of_unknown_senders(today: date) -> Select[Letter]:
    """What waits and came from somebody whom the base does not know, the newest first."""
    known = exists().where(
        LetterParty.letter_id == Letter.id, LetterParty.role == PartyRole.FROM, LetterParty.counterparty_id.is_not(None)
    )
    waiting = select(Letter).where(pending(today), Letter.sender != "", Letter.direction == Direction.IN)
    worth = waiting.where(Letter.kind.in_(WORTH_A_CONTACT), ~known)
    return worth.order_by(Letter.at.desc(), Letter.id.desc())


def other_conversations(letter: Letter) -> Select[Letter]:
    """Letters of other conversations with the same people, the newest first; our own addresses say nothing."""
    outside = [each for each in letter.parties if (each.role is PartyRole.FROM) == (letter.direction is Direction.IN)]
    people = {each for party in outside for each in spellings(party.address)}
    clients = {each.counterparty_id for each in letter.parties if each.counterparty_id}
    same = or_(func.lower(LetterParty.address).in_(people), LetterParty.counterparty_id.in_(clients))
    found = select(Letter).where(
        Letter.id.in_(select(LetterParty.letter_id).where(same)),
        Letter.thread_id != letter.thread_id,
    )
    return found.order_by(Letter.at.desc(), Letter.id.desc())
