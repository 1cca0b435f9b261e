"""What the answer of a server means for a letter, and when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

HARD_LIMIT = 120.0  # seconds that one letter may take, whatever the server does
LEASE = timedelta(seconds=180)  # longer than the limit: nobody else takes it meanwhile
LEASE_OF_BYTES = 100_000  # one second more for each
PAUSES = tuple(timedelta(minutes=n) for n in (1, 2, 4, 8, 15, 30, 60))  # the last one again and again
GIVEN_UP = timedelta(hours=48)
MOST_INTERRUPTED = 5  # tries that ended with their worker
SPREAD = 0.2  # pauses differ by so much, so that letters refused together do not come together again


class Fate(StrEnum):
    """What becomes of a letter for one recipient."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True)
class Reply:
    """What a server said; code 0: it said nothing that could be understood."""

    code: int
    words: str

    @property
    def fate(self) -> Fate:
        if 200 <= self.code < 300:
            return Fate.SENT
        return Fate.NEVER if 500 <= self.code < 600 else Fate.LATER

    def __str__(self) -> str:
        return f"{self.code} {self.words}" if self.code else self.words


@dataclass(frozen=True)
class Delivery:
    """How one try ended. `recipients` has the answer for each of them.

    `trouble` is said of the mailbox, not of the letter: which kind, and the words of whoever refused.
    `may_have_arrived`: the whole text was given over, and no answer came. `is_away`: the server could not be reached;
    one that refuses us is there.
    """

    recipients: Mapping[str, Reply] = field(default_factory=dict)
    trouble: tuple[Trouble, str] | None = None
    may_have_arrived: bool = False
    is_away: bool = False


class Trouble(StrEnum):
    """Why a mailbox cannot send at all."""

    LOGIN = "login"
    PASSWORD = "password"
    CONSENT = "consent"
    CERTIFICATE = "certificate"
    NAME = "name"
    ENCRYPTION = "encryption"


def pause(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many tries; `chance` is from 0 to 1."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1] * (1 - SPREAD + 2 * SPREAD * chance)
