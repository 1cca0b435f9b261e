"""Other ways in which the same word may have been typed: the other layout, the other alphabet, one slip."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The keys of the two layouts, with and without Shift.
LATIN_KEYS, RUSSIAN_KEYS = "`~qwertyuiop[{]}asdfghjkl;:'\"zxcvbnm,<.>", "ёёйцукенгшщзххъъфывапролджжээячсмитьббюю"
TO_RUSSIAN = str.maketrans(LATIN_KEYS, RUSSIAN_KEYS)
TO_LATIN = str.maketrans("йцукенгшщзфывапролдячсмить", "qwertyuiopasdfghjklzxcvbnm")
FEWEST_MISTYPED = 3  # letters: fewer are a word in either layout
FEWEST_TRANSLITERATED = 3
FEWEST_MISSPELT = 5  # a slip in a shorter word makes another word
LATIN, CYRILLIC = "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя"

# How a sound is written in the other alphabet, the usual way first; ё is as е.
CYRILLIC_OF = {
    "shch": ("щ",), "sch": ("щ", "ш"), "sh": ("ш",), "ch": ("ч",), "zh": ("ж",), "kh": ("х",), "ph": ("ф",),
    "ts": ("ц", "тс"), "yu": ("ю",), "ju": ("ю",), "ya": ("я",), "ja": ("я",), "yo": ("е",), "jo": ("е",), "ye": ("е",),
    "ay": ("ай",), "ey": ("ей",), "oy": ("ой",), "uy": ("уй",), "iy": ("ий",), "iya": ("ия",), "oi": ("ой", "ои"),
    "ai": ("ай", "аи"), "ei": ("ей", "еи"), "ck": ("к",), "a": ("а",), "b": ("б",), "c": ("к", "ц"), "d": ("д",),
    "e": ("е", "э"), "f": ("ф",), "g": ("г",), "h": ("х", "г"), "i": ("и", "ы"), "j": ("й", "дж"), "k": ("к",),
    "l": ("л", "ль"), "m": ("м",), "n": ("н",), "o": ("о",), "p": ("п",), "q": ("к",), "r": ("р",), "s": ("с",),
    "t": ("т",), "u": ("у",), "v": ("в",), "w": ("в",), "x": ("кс", "х"), "y": ("ы", "и", "й"), "z": ("з",),
    "'": ("ь",),
}  # fmt: skip
LATIN_OF = {
    "кс": ("x", "ks"), "ия": ("iya", "ia"), "а": ("a",), "б": ("b",), "в": ("v", "w"), "г": ("g", "h"), "д": ("d",),
    "е": ("e", "ye"), "ж": ("zh", "j"), "з": ("z",), "и": ("i", "y"), "й": ("y", "j", "i"), "к": ("k", "c"),
    "л": ("l",), "м": ("m",), "н": ("n",), "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s", "c"), "т": ("t",),
    "у": ("u",), "ф": ("f", "ph"), "х": ("kh", "h"), "ц": ("ts", "c"), "ч": ("ch",), "ш": ("sh", "sch"),
    "щ": ("shch", "sch"), "ъ": ("",), "ы": ("y",), "ь": ("",), "э": ("e",), "ю": ("yu", "ju"), "я": ("ya", "ja"),
}  # fmt: skip


def units_of(table: dict[str, tuple[str, ...]]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)) + "|.", re.DOTALL)


CYRILLIC_UNIT, LATIN_UNIT = units_of(CYRILLIC_OF), units_of(LATIN_OF)


def mistyped(text: str, fewest: int = FEWEST_MISTYPED) -> str:
    """What comes of the same keys in the other layout, “hjvfirby” is “ромашкин”; "" of letters of both and of few."""
    letters = [c for c in text.lower() if c.isalpha()]
    if len(letters) < fewest:
        return ""
    if all(c.isascii() for c in letters):
        return text.lower().translate(TO_RUSSIAN)
    return "" if any(c.isascii() for c in letters) else text.lower().translate(TO_LATIN)


def transliterated(text: str) -> list[str]:
    """The text by the sounds of the other alphabet, “romashka” is “ромашка”; nothing of letters of both and of few.

    A letter that is written in several ways is written in one of them throughout.
    """
    text = text.lower().replace("ё", "е")
    letters = [c for c in text if c.isalpha()]
    if len(letters) < FEWEST_TRANSLITERATED or len({c.isascii() for c in letters}) > 1:
        return []
    table, unit = (CYRILLIC_OF, CYRILLIC_UNIT) if letters[0].isascii() else (LATIN_OF, LATIN_UNIT)
    units = unit.findall(text)
    usual = {each: table.get(each, (each,))[0] for each in units}
    ways = ["".join(usual[each] for each in units)]
    for seldom in usual:
        for other in table.get(seldom, ())[1:]:
            ways.append("".join(other if each == seldom else usual[each] for each in units))
    return ways


def slips(word: str) -> Iterator[str]:
    """Every word from which one slip makes this one: a letter too many, none, another, or two swapped."""
    if len(word) < FEWEST_MISSPELT or not word.isalpha():
        return
    alphabet = LATIN if word.isascii() else CYRILLIC
    for at in range(len(word)):
        before, after = word[:at], word[at + 1 :]
        yield before + after
        if after:
            yield before + after[0] + word[at] + after[1:]
        for letter in alphabet:
            yield before + letter + after
            yield before + letter + word[at:]
