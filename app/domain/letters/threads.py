"""What belongs together: subjects without the marks of answers."""

from __future__ import annotations

import re
from datetime import timedelta

# Outlook's НА: comes in Cyrillic and Latin letters and in both at once; Re[2]: is The Bat!'s, [list] Re: a list's.
PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|fw|aw|wg|sv|vs|odp|ha|на|hа|нa|отв|ответ|пересл)(?:\[\d+\])?\s*:|\[[^\]]{1,20}\]\s*(?=re:|fwd?:))\s*",
    re.I,
)
TOGETHER = timedelta(days=30)  # letters of one subject without references


def base_subject(subject: str) -> str:
    """The subject that all letters of a conversation share."""
    at = 0
    while match := PREFIX.match(subject, at):
        at = match.end()
    return subject[at:].strip()


def is_answer(subject: str) -> bool:
    return PREFIX.match(subject) is not None
