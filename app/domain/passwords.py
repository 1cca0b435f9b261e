"""What a password must be, how one is made for somebody, and how secrets of ours are kept."""

import hashlib
import secrets
from collections.abc import Iterable
from enum import StrEnum

LEAST = 10  # characters: length is what protects, not signs of several kinds
LONGEST = 72  # characters that are estimated; what follows only makes a password better
STRONG = 2  # of zxcvbn's 0-4: more than 10^6 guesses, with its 30,000 commonest passwords, names and words in mind
OWN_PART = 6  # characters that are left of a password without the words that everybody knows of its owner
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which people mix up
# What somebody who guesses at this product tries first, besides what is known of the user.
CONTEXT = ("vizavi", "визави", "vizavicrm", "crm", "пароль", "password", "парольпароль", "йцукен", "йцукенгшщз")


class Weakness(StrEnum):
    SHORT = "short"
    COMMON = "common"


def weakness(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """What is wrong with a password; `about` is what is known of its owner: login, names, e-mail."""
    if len(password) < LEAST:
        return Weakness.SHORT
    from zxcvbn import zxcvbn  # noqa: PLC0415 - 15 MB of lists, needed when a password is chosen

    words = {word.casefold() for text in (*CONTEXT, *about) for word in (text, *text.split("@")[:1])}
    known = sorted((word for word in words if len(word) > 2), key=len, reverse=True)
    judged = password[:LONGEST]
    own = judged.casefold()
    for word in known:
        own = own.replace(word, "")
    if len(own) < OWN_PART or zxcvbn(judged, user_inputs=known)["score"] < STRONG:
        return Weakness.COMMON
    return None


def new_password(*, groups: int = 3, of: int = 4) -> str:
    """A password that can be read aloud: groups of letters with 5 bits each."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(of)) for _ in range(groups))


def digest(secret: str) -> str:
    """How a key, a token or a code of ours is kept: made of many random bits, it needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
