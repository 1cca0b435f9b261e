"""What becomes of a letter that has come: whether it is kept, makes a contact, waits for somebody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.letters.reading import ReadLetter
from app.domain.words import Direction, LetterKind

WORTH_A_CONTACT = frozenset({LetterKind.LETTER, LetterKind.INVITE})
ANSWERED = "\\answered"
FRESH = timedelta(days=7)  # older letters of a mailbox that is new here wait for nobody


def addresses(letter: ReadLetter) -> list[str]:
    """Everybody whom the letter is from or to."""
    people = [letter.sender, *letter.to, *letter.cc]
    return list(dict.fromkeys(address.email for address in people if address.email))


def other_side(letter: ReadLetter, ours: Collection[str], direction: Direction) -> list[str]:
    """Whom the conversation is with: whoever writes to us, or those whom we write to."""
    if direction is Direction.IN:
        return [letter.sender.email] if letter.sender.email else []
    return [each for each in addresses(letter) if each not in ours]


def named_letters(letter: ReadLetter) -> list[str]:
    """Ids of the letters that it answers, returns or was read."""
    told = [*letter.chain, letter.bounce.of if letter.bounce else "", letter.receipt_of]
    return [each for each in told if each]


def pending_from(
    kind: LetterKind, flags: Collection[str], received: datetime, now: datetime, zone: ZoneInfo
) -> date | None:
    """From which day somebody has to deal with it; nobody has to with machines, and with what was answered."""
    if kind not in WORTH_A_CONTACT or ANSWERED in {flag.lower() for flag in flags} or received < now - FRESH:
        return None
    return received.astimezone(zone).date()
