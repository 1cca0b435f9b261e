"""vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350): a file becomes cards of lines, all of them spelled as in 3.0."""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from app.domain.letters.charsets import decoded

MIME = "text/vcard; charset=utf-8"
BEGINNING = re.compile(rb"\s*BEGIN:VCARD\s", re.IGNORECASE)
LINE = re.compile(r'(?:([\w-]+)\.)?([A-Za-z][\w-]*)((?:;(?:[^";:]|"[^"]*")*)*):(.*)', re.DOTALL)
PARAMETER = re.compile(r';((?:[^";]|"[^"]*")*)')
BEGIN, END = re.compile(r"BEGIN:\s*VCARD\s*", re.IGNORECASE), re.compile(r"END:\s*VCARD\s*", re.IGNORECASE)
QUOTED_PRINTABLE = re.compile(r"^[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]", re.IGNORECASE)
BASE64 = re.compile(r"^[^:]*;(?:ENCODING=)?(?:BASE64|B)[;:]", re.IGNORECASE)
ENCODINGS = {"QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT"}
BARE = {"VALUE": {"INLINE", "URL", "CONTENT-ID", "CID"}}  # words of 2.1 that are no type, by the parameter they mean
STRUCTURED = {"N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP"}
LISTED = {"CATEGORIES", "NICKNAME"}
OCTETS = 75  # of a line that is written, without its end
LONGEST = 2_000_000  # characters of a line, a picture for instance
LONGEST_NAMED = 1000  # of a name with its parameters, which say how the value is spelled
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class CardLine:
    """One property: the value is spelled as vCard 3.0 spells it, escapes and all."""

    name: str  # in capitals
    value: str
    params: tuple[tuple[str, str], ...] = ()  # (name in capitals, value), a pair for every value
    group: str = ""

    @property
    def types(self) -> frozenset[str]:
        """The words of TYPE, small."""
        return frozenset(value.lower() for name, value in self.params if name == "TYPE")

    @property
    def text(self) -> str:
        return unescaped(self.value)

    @property
    def parts(self) -> list[str]:
        """The components of a name, an address or an organisation."""
        return [unescaped(part).strip() for part in split(self.value, ";")]

    def written(self) -> str:
        """The line as vCard 3.0 has it, not folded yet."""
        params = "".join(f";{name}={_param(value)}" for name, value in self.params)
        return f"{self.group + '.' if self.group else ''}{self.name}{params}:{self.value}"


@dataclass
class VCard:
    """The lines between BEGIN and END; `line` is the first in the file, `broken` are those that say nothing."""

    line: int
    lines: list[CardLine] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    def all(self, name: str) -> list[CardLine]:
        return [line for line in self.lines if line.name == name]

    @cached_property
    def labels(self) -> dict[str, CardLine]:
        """What programs call the lines of a group, by the group; of a card that has been read."""
        return {line.group: line for line in reversed(self.all("X-ABLABEL"))}

    def first(self, name: str) -> CardLine | None:
        return next((line for line in self.lines if line.name == name), None)


def is_vcard(beginning: bytes) -> bool:
    """Whether a file that begins so is one of cards."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        beginning = beginning.decode("utf-16", "replace").encode()
    return BEGINNING.match(beginning.removeprefix(codecs.BOM_UTF8)) is not None


def read_cards(content: bytes) -> Iterator[VCard]:
    """Every card of the file; a line that cannot be understood is lost alone, and the card tells it."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16", "replace") if wide else decoded(content.removeprefix(codecs.BOM_UTF8))
    yield from _cards(logical_lines(text))


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with what is folded, softly broken or nested put together, each with its number."""
    number, kept, named, depth = 0, list[str](), "", 0
    for at, raw in enumerate(re.split(r"\r*\n|\r+", text), 1):
        begins, ends = BEGIN.fullmatch(raw), END.fullmatch(raw)
        if depth > 1 or (depth == 1 and begins):  # a card inside a card: AGENT of 2.1
            kept.append("\n" + raw)
            depth += bool(begins) - bool(ends)
            continue
        if kept and kept[-1].endswith("=") and QUOTED_PRINTABLE.match(named):
            kept[-1] = kept[-1][:-1]
            more = raw[1:] if raw[:1] in " \t" and not raw[1:2].isspace() else raw
        elif kept and (raw[:1] in {" ", "\t"} or (raw and ":" not in raw and BASE64.match(named))):
            more = raw.strip() if BASE64.match(named) else raw[1:]
        else:
            if kept:
                yield number, "".join(kept)
            number, kept, named, more = at, [], "", raw
            depth = 1 if begins else 0 if ends else depth
        if more:
            kept.append(more)
            named += more[: LONGEST_NAMED - len(named)]
    if kept:
        yield number, "".join(kept)


def _cards(lines: Iterable[tuple[int, str]]) -> Iterator[VCard]:
    card, version = None, "3.0"
    for number, text in lines:
        if BEGIN.fullmatch(text):
            if card is not None:
                card.broken.append(card.line)  # it never ended
                yield card
            card, version = VCard(number), "3.0"
        elif card is None:
            if text.strip():
                yield VCard(number, broken=[number])
        elif END.fullmatch(text):
            yield card
            card = None
        elif text.strip():
            line = _line(text, version) if len(text) <= LONGEST else None
            if line is None:
                card.broken.append(number)
            elif line.name == "VERSION":
                version = line.value.strip()
            else:
                card.lines.append(line)
    if card is not None:
        card.broken.append(card.line)
        yield card


def _line(text: str, version: str) -> CardLine | None:
    found = LINE.fullmatch(text)
    if found is None:
        return None
    group, name, said, value = found.groups()
    name = name.upper()
    params, encoding, charset = _params(said)
    if encoding == "QUOTED-PRINTABLE":
        value = decoded(quopri.decodestring(value.encode()), charset).replace("\r\n", "\n")
    if encoding in {"BASE64", "B"}:
        value = "".join(value.split())
        params.insert(0, ("ENCODING", "b"))
    elif version == "2.1":
        value = _escaped_once(value, name)
    else:
        value = value.replace("\n", "\\n")
    return CardLine(name, value.strip(), tuple(params), group or "")


def _params(said: str) -> tuple[list[tuple[str, str]], str, str]:
    """The parameters as pairs, the encoding and the charset; bare words of 2.1 are types."""
    params, encoding, charset = [], "", ""
    for part in PARAMETER.findall(said):
        name, equals, value = part.partition("=")
        name, value = (name.strip().upper(), value.strip()) if equals else ("", name.strip())
        word = value.upper()
        if name == "ENCODING" or (not name and word in ENCODINGS):
            encoding = word
        elif name == "CHARSET":
            charset = value
        elif not name:
            name = next((meant for meant, words in BARE.items() if word in words), "TYPE")
            params.append((name, word))
        elif name == "TYPE":
            params += [(name, each.strip()) for each in value.strip('"').split(",") if each.strip()]
        else:
            params.append((name, value.strip('"')))
    return params, encoding, charset


def _escaped_once(value: str, name: str) -> str:
    """A value of 2.1, where hardly anything is escaped, as 3.0 spells it."""
    if name in STRUCTURED:
        return ";".join(escaped(unescaped(part)) for part in split(value, ";"))
    if name in LISTED:
        return ",".join(escaped(unescaped(part)) for part in split(value, ","))
    return value if "://" in value and not re.search(r"[\s,;]", value) else escaped(unescaped(value))


def split(value: str, mark: str) -> list[str]:
    """The value at the marks that are not escaped."""
    parts, start, at = [], 0, 0
    while at < len(value):
        if value[at] == "\\":
            at += 1
        elif value[at] == mark:
            parts.append(value[start:at])
            start = at + 1
        at += 1
    return [*parts, value[start:]]


def unescaped(value: str) -> str:
    return ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def escaped(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\\", "\\\\")
    return text.replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def structured(*parts: str) -> str:
    """The value of a name, an address or an organisation."""
    return ";".join(escaped(part) for part in parts)


def _param(value: str) -> str:
    return f'"{value}"' if re.search(r"[;:,]", value) else value


def write_card(lines: Iterable[CardLine]) -> bytes:
    """One card of vCard 3.0, folded at 75 octets."""
    texts = ["BEGIN:VCARD", "VERSION:3.0", *(line.written() for line in lines), "END:VCARD"]
    return "".join(_folded(text) for text in texts).encode()


def _folded(text: str) -> str:
    """Never inside a letter: those of Russian are two octets."""
    if len(text.encode()) <= OCTETS:
        return text + "\r\n"
    parts, kept, width = [], "", 0
    for letter in text:
        size = len(letter.encode())
        if width + size > OCTETS:
            parts.append(kept)
            kept, width = " ", 1
        kept += letter
        width += size
    return "\r\n".join([*parts, kept]) + "\r\n"
