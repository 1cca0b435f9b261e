"""Whom a letter is written to, as people type it: names, angle brackets, commas, several lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MOST = 100  # of one letter
LONGEST = 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"{ATOM}(\.{ATOM})*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NAMED = re.compile(r"^\s*+\"?(?P<name>[^<>\"]*+)\"?\s*+<(?P<email>[^<>]*+)>\s*$")
PIECES = re.compile(r'(?:"[^"\n]*"|<[^<>\n]*>|[^,;\n"<>]|["<>])+')
LATIN, CYRILLIC = re.compile(r"[A-Za-z]"), re.compile(r"[А-Яа-яЁё]")


class BadAddress(StrEnum):
    """Why nothing can be sent to what was typed."""

    NOT_ONE = "not_one"
    CYRILLIC_NAME = "cyrillic_name"  # before the @: most servers refuse it
    LOOKALIKE = "lookalike"  # letters of two alphabets in one word
    TOO_MANY = "too_many"


class WrongRecipient(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """`text` is what was typed."""

    def __init__(self, text: str, why: BadAddress) -> None:
        super().__init__(text)
        self.text, self.why = text, why


@dataclass(frozen=True)
class Recipient:
    """The address as servers want it: a Russian domain is in its ASCII form."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        return f'"{self.name}" <{self.email}>' if self.name else self.email


def recipients(text: str) -> list[Recipient]:
    """Everybody who is named, once; raises WrongRecipient for the first of them who cannot be reached."""
    found: dict[str, Recipient] = {}
    for piece in PIECES.findall(text):
        if piece.strip():
            one = recipient(piece)
            found.setdefault(one.email.lower(), one)
    if len(found) > MOST:
        raise WrongRecipient(str(MOST), BadAddress.TOO_MANY)
    return list(found.values())


def recipient(piece: str) -> Recipient:
    named = NAMED.match(piece)
    name, typed = (named["name"], named["email"]) if named else ("", piece)
    local, at, domain = typed.strip().rpartition("@")
    if not at or not local or len(typed) > LONGEST:
        raise WrongRecipient(piece.strip(), BadAddress.NOT_ONE)
    if (LATIN.search(domain.rpartition(".")[0]) and CYRILLIC.search(domain)) or (
        LATIN.search(local) and CYRILLIC.search(local)
    ):
        raise WrongRecipient(piece.strip(), BadAddress.LOOKALIKE)
    if not local.isascii():
        raise WrongRecipient(piece.strip(), BadAddress.CYRILLIC_NAME)
    plain = ascii_domain(domain)
    if plain is None or not LOCAL.fullmatch(local) or len(local) > 64:
        raise WrongRecipient(piece.strip(), BadAddress.NOT_ONE)
    return Recipient(f"{local}@{plain}", " ".join(name.split()))


def ascii_domain(domain: str) -> str | None:
    """почта.рф → xn--80a1acny.xn--p1ai; None for what is no domain."""
    try:
        plain = domain.strip().encode("idna").decode().lower()
    except UnicodeError:
        return None
    labels = plain.split(".")
    sound = len(labels) > 1 and all(map(LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    return plain if sound else None


def spellings(address: str) -> set[str]:
    """All that is this address, in lower case: its domain in either alphabet."""
    local, at, domain = address.strip().lower().rpartition("@")
    found = {f"{local}{at}{domain}"}
    if at and (plain := ascii_domain(domain)) is not None:
        found |= {f"{local}@{plain}", readable_address(f"{local}@{plain}")}
    return found


def readable_address(address: str) -> str:
    """As people write it, in lower case: a Russian domain in Russian letters. Letters that came are kept by it."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        return f"{local}{at}{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return f"{local}{at}{domain}"


def recipients_line(people: Iterable[Recipient]) -> str:
    """As a field of recipients shows them."""
    return ", ".join(map(str, people))
