"""Bytes of unknown letters: which code page makes them Russian."""

from __future__ import annotations

import math
import re

GUESSED = ("cp1251", "koi8-r", "cp866")
# Of a thousand letters of Russian text (the national corpus): a wrong code page turns frequent ones into rare ones.
FREQUENT = """о110 е85 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19
ь17 г17 з17 б16 ч14 й12 х10 ж9 ш7 ю6 ц5 щ4 э3 ф3 ъ1 ё1"""
WEIGHTS = {each[0]: math.log(int(each[1:]) / 3) for each in FREQUENT.split()}
CAPITAL_INSIDE = re.compile("[а-яё][А-ЯЁ]")
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
    """How Russian it looks: frequent letters up, small ones a little more; signs of no Russian text and capitals after
    small letters down."""
    text = text[:ENOUGH]
    score = 0.0
    for sign in text:
        small = sign.lower()
        if small in WEIGHTS:
            score += WEIGHTS[small] - (0.3 if sign != small else 0)
        elif not sign.isascii() and sign not in TYPOGRAPHY:
            score -= 3
    return score - 3 * len(CAPITAL_INSIDE.findall(text))
