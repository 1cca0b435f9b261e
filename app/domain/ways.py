"""Ways to reach somebody as people write them: several phones or e-mails in one text, with words between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

from app.domain import phones
from app.domain.phones import REGION, Phone
from app.domain.words import InfoType

PARTS = re.compile(r"[;\n]+")
# Begun where a word begins alone: a long text without an address is read once, not from each of its letters.
EMAIL = re.compile(r"(?<![^\s,;:<>()\[\]{}\"'/\\])[^\s,;:<>()\[\]{}\"'/\\]+@[^\s,;:<>()\[\]{}\"'/\\@]+\.[^\W\d_]{2,}")
WEB = re.compile(r"(https?://)?[\w-]+(\.[\w-]+)+(/\S*)?", re.I)
EXTENSION = re.compile(
    r"[\s,(]*(?:доб(?:ав\w{0,9})?|вн(?:утр\w{0,9})?|местн\w{0,9}|ext(?:ension)?|[xх#])[\s.:=№#]*\d{1,7}\)?", re.I
)
SHORT = re.compile(r"\s*[/\\]\s*(\d{1,4})(?![\s(-]*\d)")  # 700-00-12/13: the end of one more number
BREAK = re.compile(r"[,;/\\\n|]|\s(?:и|and)\s")
LOCAL = re.compile(r"[\d\s()+.-]+")
EDGES = " \t,;:/\\|.()<>-–—"


@dataclass(frozen=True)
class Reached:
    """One phone or address of a text, as it was written there; `comment` is the words beside it."""

    value: str
    phone: Phone | None = None
    comment: str = ""
    sound: bool = True  # it can be what it is said to be


@dataclass(frozen=True)
class KnownWay:
    """A way to reach somebody as the base keeps it: how it is written, and the link that reaches him."""

    id: int
    kind_id: int
    kind: str  # how its kind is called
    type: str
    value: str
    phone: str = ""
    extension: str = ""
    comment: str = ""
    returned_on: str | None = None  # letters come back since that day

    @property
    def shown(self) -> str:
        """A phone in one format; with words beside it, and whatever is no phone, as it was typed."""
        return readable_way(self.value, self.phone)

    @property
    def url(self) -> str:
        """`tel:`, `mailto:` or the page; "" for what no link can reach."""
        return link(self.type, self.value, self.phone, self.extension)


def link(kind: str, value: str, phone: str, extension: str) -> str:
    """What reaches somebody by `value`; only of schemes that a stranger's text cannot misuse."""
    match kind:
        case InfoType.PHONE if phone:
            return f"tel:{phone}" + (f";ext={extension}" if extension else "")
        case InfoType.EMAIL if EMAIL.fullmatch(value) and value.count("@") == 1:
            return f"mailto:{quote(value, safe='@+')}"
        case InfoType.WEB if WEB.fullmatch(value):
            return value if "://" in value else f"https://{value}"
    return ""


def of_text(kind: InfoType, text: str) -> KnownWay:
    """The way that was typed as a text of its own, beside no row."""
    phone = phones.parse(text) if kind is InfoType.PHONE else None
    number, extension = (phone.e164, phone.extension) if phone else ("", "")
    return KnownWay(0, 0, "", kind, text, number, extension)


@lru_cache(maxsize=4096)
def readable_way(value: str, phone: str) -> str:
    """What was typed, a phone without words beside it in one format."""
    number, _extension = phones.split(value)
    has_words = any(map(str.isalpha, number))
    return phones.international(phone) if phone and not has_words else value


def several(kind: InfoType, text: str) -> list[Reached]:
    """Every way to reach somebody that the text has; a text that is none of them is one, and not sound."""
    match kind:
        case InfoType.ADDRESS:
            return [Reached(" ".join(text.split()))]
        case InfoType.PHONE:
            return [found for part in parts_of(text) for found in several_phones(part)]
        case InfoType.EMAIL:
            return [found for part in parts_of(text) for found in several_emails(part)]
    return [Reached(part) for part in parts_of(text)]


def parts_of(text: str) -> list[str]:
    return [part for part in (part.strip() for part in PARTS.split(text)) if part]


def several_emails(text: str) -> list[Reached]:
    found = list(EMAIL.finditer(text))
    if not found:
        return [Reached(text, sound=False)]
    comments = words_beside(text, [(one.start(), one.end()) for one in found])
    return [Reached(one[0], comment=comment) for one, comment in zip(found, comments, strict=True)]


def several_phones(text: str) -> list[Reached]:
    """A text with one number stays whole, words and all."""
    plain = phones.ascii_digits(text)
    found = list(PhoneNumberMatcher(plain, REGION))
    spans: list[tuple[int, int]] = []
    numbers: list[str] = []
    for match in found:
        end = match.start + len(match.raw_string)
        if extension := EXTENSION.match(plain, end):
            end = extension.end()
        spans.append((match.start, end))
        numbers.append(text[match.start : end].strip(" ,"))
        while short := SHORT.match(plain, end):
            whole = format_number(match.number, PhoneNumberFormat.E164)
            spans.append((short.start(), short.end()))
            numbers.append(whole[: -len(short[1])] + short[1])
            end = short.end()
    if len(numbers) < 2:
        phone = phones.parse(text)
        local = LOCAL.fullmatch(plain) is not None and 2 <= len(phones.digits_of(plain)) <= 7
        return [Reached(text, phone, sound=bool(phone and (phone.e164 or not phone.tail)) or local)]
    comments = words_beside(text, spans)
    return [Reached(value, phones.parse(value), comment) for value, comment in zip(numbers, comments, strict=True)]


def words_beside(text: str, spans: list[tuple[int, int]]) -> list[str]:
    """What stands beside each part: what is before a comma belongs to the part before it, what is after to the next."""
    words = ["" for _ in spans]
    ends = [0, *(end for _start, end in spans)]
    starts = [*(start for start, _end in spans), len(text)]
    for place, (begin, end) in enumerate(zip(ends, starts, strict=True)):
        between = text[begin:end]
        cut = BREAK.search(between) if 0 < place < len(spans) else None
        if place == 0:
            after, before = "", between
        elif place == len(spans):
            after, before = between, ""
        elif cut:
            after, before = between[: cut.start()], between[cut.end() :]
        else:
            after, before = ("", between) if words[place - 1] else (between, "")
        if after.strip(EDGES):
            words[place - 1] = " ".join([words[place - 1], after.strip(EDGES)]).strip()
        if before.strip(EDGES) and place < len(spans):
            words[place] = before.strip(EDGES)
    return words
