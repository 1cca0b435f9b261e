"""Headers as people read them: each on one line, whatever its sender put into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.policy import Compat32, EmailPolicy
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from app.domain.letters.addresses import readable_address
from app.domain.letters.charsets import decoded

LONGEST = 30_000  # characters of one header: reading costs more than its length
MOST_IDS = 100  # of a chain of answers, the last ones
MOST_ADDRESSES = 500
MESSAGE_ID = re.compile(r"<([!-;=?-~][!-;=?A-~]*+@[!-;=?-~]++)>")  # parted at its first @, not at each of many
PLAIN_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]]{1,64}@[^@\s<>,;:\"()\[\]]{1,253}")
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # a clock may go wrong by a zone, not by more


@dataclass(frozen=True)
class Address:
    """Who writes or is written to; the address is in small letters, the name is only what somebody says of himself."""

    email: str
    name: str = ""


class HeaderLimits(Compat32):
    """Headers as they were sent: cut to what is worth reading, a chain of answers keeps its end.

    The policy that reads them at once would read the kind of each part over and over.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[-LONGEST:] if name.lower() == "references" else value[:LONGEST]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return _plain(value)


POLICY = HeaderLimits()
AS_READ = EmailPolicy().header_factory


def one_line(text: str) -> str:
    """Without what no base takes and no header may have: breaks of lines, NUL, halves of letters."""
    return " ".join(text.replace("\0", "").encode("utf-8", "replace").decode().split())


def header(message: Message, name: str) -> str:
    """What it says; encoded words are read, bytes without a charset are guessed, missing is empty."""
    raw = raw_header(message, name)
    return words(_plain(raw))


def raw_header(message: Message, name: str) -> str:
    """As it was sent; the first of several."""
    return next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def _plain(raw: str) -> str:
    """Characters in place of bytes that stand in no encoded word; no base takes NUL."""
    raw = " ".join(raw.replace("\0", "").split())
    return raw if raw.isascii() else decoded(raw.encode("utf-8", "surrogateescape"))


def addresses(message: Message, name: str) -> list[Address]:
    """Everybody in the header, each address once. Some programs encode the address with the name: it is read too."""
    raw = _plain(raw_header(message, name))
    return _named(raw) or _named(words(raw.replace('"', "")))


def _named(raw: str) -> list[Address]:
    found: dict[str, Address] = {}
    for name_shown, email in getaddresses([raw]):
        match = PLAIN_ADDRESS.fullmatch(email.strip()) or PLAIN_ADDRESS.search(email)
        if match:
            address = readable_address(match.group().rstrip("."))
            found.setdefault(address, Address(address, words(name_shown)[:200]))
        if len(found) == MOST_ADDRESSES:
            break
    return list(found.values())


def words(text: str) -> str:
    """The text of a header with its encoded words read."""
    if "=?" not in text:
        return one_line(text)
    try:
        return one_line(str(AS_READ("Subject", text)))
    except Exception:  # the standard library raises whatever it meets in headers of strangers
        return one_line(text)


def message_ids(message: Message, name: str) -> list[str]:
    """The ids without their brackets, each once, the last hundred; rubbish is no id."""
    raw = " ".join(str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    found = MESSAGE_ID.findall(raw.encode("ascii", "ignore").decode())
    return list(dict.fromkeys(found))[-MOST_IDS:]


def moment(message: Message, received: datetime) -> datetime:
    """When it was written; when it came, if that is missing, unreadable or lies in the future."""
    raw: Any = raw_header(message, "Date")
    try:
        at = parsedate_to_datetime(one_line(raw))
    except (ValueError, TypeError, OverflowError, IndexError):
        return received
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return received
    return at if EARLIEST <= at <= received + AHEAD else received
