"""Bytes of unknown letters: which code page makes them Russian."""

from __future__ import annotations

GUESSED = ("cp1251", "koi8-r", "cp866")
# The twelve first are met most; a wrong code page turns them into rare ones and into capitals inside words.
LETTERS = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
FREQUENT = 12
TYPOGRAPHY = "«»—–№…“”"
MOSTLY = 4  # letters of UTF-8 for each sign that is none: no Russian code page has so many by chance
ENOUGH = 20_000  # characters that a code page is judged by


def decoded(raw: bytes, declared: str | None = None) -> str:
    """Strict UTF-8 first, then what is declared, then UTF-8 with a few broken signs, such as where it was cut, then the
    likeliest of the Russian code pages; NUL is left out."""
    return _text(raw, declared).replace("\0", "")


def _text(raw: bytes, declared: str | None) -> str:
    for charset in ("utf-8", declared):
        if charset:
            try:
                text = raw.decode(charset)
                text.encode()  # Python's own `unicode_escape` makes halves of signs, which no base takes
                return text
            except (LookupError, UnicodeError, ValueError):
                continue
    broken = raw.decode("utf-8", "replace")
    wrong = broken.count("\ufffd")
    others = len(broken) - len(broken.encode("ascii", "ignore"))  # counted at once: a letter may be of megabytes
    if others - wrong >= MOSTLY * wrong:
        return broken
    return max((raw.decode(charset, "replace") for charset in GUESSED), key=_likely)


def _likely(text: str) -> float:
    """How Russian it looks: frequent letters up, capitals inside words and odd signs down."""
    score = 0.0
    text = text[:ENOUGH]
    for before, letter in zip(" " + text, text, strict=False):
        if letter in LETTERS:
            score += 1 if LETTERS.index(letter) < FREQUENT else 0.5
        elif letter.lower() in LETTERS:
            score += -1 if before.isalpha() else 0.6
        elif not letter.isascii():
            score -= 0.2 if letter in TYPOGRAPHY else 1
    return score
