"""When two counterparties are probably one: what each sign says, whatever way it comes in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA
from stdnum.ru import inn as inn_number

WHOLE = 10  # last digits of a phone that make it one number: fewer may belong to anybody


class Likeness(StrEnum):
    """What two counterparties have in common, the strongest sign first."""

    TAXPAYER = "taxpayer"  # the INN and the KPP
    INN = "inn"  # the INN, and of one of them no KPP is known
    BRANCH = "branch"  # the INN with another KPP: a branch is told, it is not the same
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"  # whatever the legal form, and no INN that says they are two
    SPELLING = "spelling"  # the name but for a mistake, an abbreviation or the order of its words


# The field of a counterparty that each sign is spoken of at.
FIELDS = {
    Likeness.TAXPAYER: "inn",
    Likeness.INN: "inn",
    Likeness.BRANCH: "inn",
    Likeness.PHONE: "phone",
    Likeness.EMAIL: "email",
    Likeness.NAME: "name",
}

# How companies are registered: no part of the name that people say.
LEGAL_FORMS = (
    "общество с ограниченной ответственностью", "публичное акционерное общество", "закрытое акционерное общество",
    "открытое акционерное общество", "непубличное акционерное общество", "акционерное общество",
    "индивидуальный предприниматель", "крестьянское фермерское хозяйство", "некоммерческая организация",
    "ооо", "пао", "зао", "оао", "нао", "ао", "ип", "кфх", "нко", "ано", "тоо", "гуп", "муп", "фгуп", "llc", "ltd",
)  # fmt: skip
# Words that are written in full and by their first letters.
SHORTENED = {
    "торговый дом": "тд", "торгово производственная компания": "тпк", "производственно коммерческая фирма": "пкф",
    "производственная компания": "пк", "строительная компания": "ск", "транспортная компания": "тк",
    "торговая компания": "тк", "группа компаний": "гк", "управляющая компания": "ук", "торговая фирма": "тф",
    "научно производственное объединение": "нпо", "научно производственное предприятие": "нпп",
    "частное охранное предприятие": "чоп",
}  # fmt: skip
BRANCHES = frozenset(("филиал", "обособленное", "представительство", "магазин", "склад"))
LOOK_ALIKE = str.maketrans("aceopxykmthb", "асеорхукмтнв")  # Latin letters that nobody tells from Cyrillic ones
FORMS = frozenset(form for form in LEGAL_FORMS if " " not in form)
HARD, SOFT = "бгджзв", "пктшсф"  # as they sound at the end of a word
SOUND = str.maketrans(HARD, SOFT, "аеиоуыэюяйьъё")

FEW = 6  # letters of a name in which any other letter makes another name
EDGE = 6  # letters at either end of a name that a mistake at the other end leaves as they are
COMMON = 12  # who share a name: it says little then


def phone_key(tail: str) -> str:
    """What the spellings of one number have in common, of its digits backwards; "" of a number that is not whole."""
    return tail[:WHOLE] if len(tail) >= WHOLE else ""


def email_key(address: str) -> str:
    return address.strip().lower()


def core(name_key: str) -> str:
    """The words of a folded name that tell it from others, sorted: look-alike letters and usual short forms are one."""
    text = f" {name_key.translate(LOOK_ALIKE)} "
    for whole, short in SHORTENED.items():
        text = text.replace(f" {whole} ", f" {short} ")
    told = [word for word in text.split() if word not in FORMS] or text.split()
    return " ".join(sorted(told))


@dataclass(frozen=True, slots=True)
class Party:
    """One counterparty as it is compared; `ways` are the keys of its phones and addresses with a letter before."""

    id: int
    core: str
    inn: str
    kpp: str
    is_person: bool
    ways: frozenset[str]
    is_explained: bool = False  # somebody said why it is not the one with its INN and KPP
    is_common: bool = False  # many have its name

    @property
    def letters(self) -> str:
        return self.core.replace(" ", "")


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure it is that two are one, in percent, and by which signs."""

    confidence: int
    signs: tuple[Likeness, ...]


def blocks_of(party: Party) -> Iterator[str]:
    """Keys that a duplicate of the party shares with it: only those of one key are compared."""
    if party.inn:
        yield f"i{party.inn}"
    yield from party.ways
    letters, words = party.letters, party.core.split()
    if not letters:
        return
    yield "n" + letters.translate(SOUND)
    if len(letters) > FEW:
        yield "a" + "".join(sorted(letters))
        yield f"h{letters[:EDGE]}"
        yield f"t{letters[-EDGE:]}"
    if len(words) > 1:
        yield "w" + max(words, key=len).translate(SOUND)


def judge(one: Party, other: Party) -> Judgement | None:
    """What speaks for the two being one; None where something says they are two, or too little is known."""
    if one.inn and other.inn:
        if one.inn == other.inn:
            return by_inn(one, other)
        if not is_mistyped(one.inn, other.inn):
            return None
    if numbers(one.core) != numbers(other.core) or bool(BRANCHES & words(one)) != bool(BRANCHES & words(other)):
        return None
    shared, named = ways_in_common(one, other), same_words(one, other)
    if named is None:
        confidence = 75 if len(shared) > 1 else 70 if shared and is_part_of(one, other) else 0
        return Judgement(confidence, shared) if confidence else None
    if shared:
        return Judgement(97 if named is Likeness.NAME else 90, (*shared, named))
    if one.is_person or other.is_person or one.is_common or other.is_common:
        return None  # people are often namesakes, and so are companies of a common name
    return Judgement(85 if named is Likeness.NAME else 70, (named,))


def by_inn(one: Party, other: Party) -> Judgement | None:
    named = same_words(one, other)
    more = (*ways_in_common(one, other), *((named,) if named else ()))
    if one.kpp and one.kpp == other.kpp:
        is_told = one.is_explained or other.is_explained
        return None if is_told else Judgement(99, (Likeness.TAXPAYER, *more))
    if one.kpp and other.kpp:
        return None
    if numbers(one.core) != numbers(other.core) or bool(BRANCHES & words(one)) != bool(BRANCHES & words(other)):
        return None  # a shop or a branch whose KPP nobody wrote down
    return Judgement(96 if more else 85, (Likeness.INN, *more))


def is_mistyped(inn: str, other: str) -> bool:
    """One of the two cannot be an INN, and is the other but for a slip."""
    if inn_number.is_valid(inn) and inn_number.is_valid(other):
        return False
    return OSA.distance(inn, other, score_cutoff=1) <= 1


def ways_in_common(one: Party, other: Party) -> tuple[Likeness, ...]:
    letters = {way[0] for way in one.ways & other.ways}
    return tuple(sign for sign, letter in ((Likeness.PHONE, "p"), (Likeness.EMAIL, "e")) if letter in letters)


def words(party: Party) -> frozenset[str]:
    return frozenset(party.core.split())


def numbers(core: str) -> list[str]:
    """Shops and branches of one name differ by their numbers."""
    return [word for word in core.split() if any(c.isdigit() for c in word)]


def same_words(one: Party, other: Party) -> Likeness | None:
    """Whether the names are one, or one but for the spelling."""
    mine, others = one.letters, other.letters
    if mine == others:
        return Likeness.NAME if mine else None
    if one.is_person and other.is_person:
        return Likeness.SPELLING if same_person(one.core, other.core) else None
    if min(len(mine), len(others)) >= FEW and OSA.distance(mine, others, score_cutoff=1) <= 1:
        return Likeness.SPELLING
    pairs = list(zip(one.core.split(), other.core.split(), strict=False))
    if len(one.core.split()) == len(other.core.split()) > 1 and all(match_word_by_word(*pair) for pair in pairs):
        return Likeness.SPELLING
    return None


def match_word_by_word(word: str, other: str) -> bool:
    """One is the beginning of the other, or has one slip."""
    if word.startswith(other) or other.startswith(word):
        return True
    return min(len(word), len(other)) >= FEW and OSA.distance(word, other, score_cutoff=1) <= 1


def same_person(one: str, other: str) -> bool:
    """The words of the names, or their first letters; one of them, long enough, is the same."""
    mine, others = one.split(), other.split()
    if len(mine) != len(others) or not any(len(word) > 3 for word in set(mine) & set(others)):
        return False
    return all(match_word_by_word(*pair) for pair in zip(mine, others, strict=True))


def is_part_of(one: Party, other: Party) -> bool:
    """All words of the shorter name are in the longer one, and one of them is long enough to say something."""
    mine, others = words(one), words(other)
    shared = mine & others
    return shared in (mine, others) and any(len(word) >= FEW - 1 for word in shared)
