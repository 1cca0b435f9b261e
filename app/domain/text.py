"""Texts that mean the same: invisible characters, odd spaces, hyphens and case make no difference."""

from __future__ import annotations

import re

# Marks that no reader sees: zero-width characters, soft hyphens, directions of writing, byte order marks.
INVISIBLE = dict.fromkeys(
    [0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
SPACES = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
HYPHENS = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D], "-")
READABLE = INVISIBLE | SPACES
KEY = READABLE | HYPHENS
# Letters with marks above or below are found without them, as people type them.
ACCENTED, PLAIN = "àáâãäåāçćčèéêëēęìíîïīñńòóôõöøōùúûüūýÿžżšś", "aaaaaaaccceeeeeeiiiiinnooooooouuuuuyyzzss"
ACCENTS = str.maketrans(ACCENTED, PLAIN)
DOTS = re.compile(r"[\s_.]+")
MARKS = re.compile(r"[\s_.,:;*№#()\"«»]+")


def readable(text: str) -> str:
    """The text without what nobody sees; every kind of space is a plain one; nothing stands around it."""
    return text.strip() if text.isascii() else text.translate(READABLE).strip()


def key(text: str) -> str:
    """How codes, numbers and requisites are kept: readable, and every hyphen or dash is a plain one."""
    return text.strip() if text.isascii() else text.translate(KEY).strip()


def fold(text: str) -> str:
    """What is compared: the key in any case, ё as е, one space for spaces and underscores in a row."""
    return " ".join(key(text).lower().replace("ё", "е").replace("_", " ").split())


def fold_word(text: str) -> str:
    """A word of a closed list: dots and spaces make no difference, “юр.лицо” is “Юр лицо”."""
    return DOTS.sub(" ", fold(text)).strip()


def fold_caption(text: str) -> str:
    """A header: marks of all kinds make no difference, “№ телефона*:” is “Номер телефона”."""
    text = fold(text)
    if text.startswith("№"):
        text = "номер " + text[1:]
    return MARKS.sub(" ", text).strip()
