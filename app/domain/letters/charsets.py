"""Bytes of unknown letters: which code page makes them Russian."""

from __future__ import annotations

GUESSED = ("cp1251", "koi8-r", "cp866")
LETTERS = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")  # a wrong code page turns many of them into others
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


def _likely(text: str) -> int:
    """How Russian it looks: small letters up, signs that are met in no Russian text down."""
    text = text[:ENOUGH]
    odd = (not sign.isascii() and sign.lower() not in LETTERS and sign not in TYPOGRAPHY for sign in text)
    return sum(sign in LETTERS for sign in text) - sum(odd)
