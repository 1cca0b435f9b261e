"""The parts of a letter: walked without recursion, never into letters that are attached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from pathlib import PurePosixPath

from app.domain.letters.charsets import decoded
from app.domain.letters.headers import one_line, words

MOST = 500
MOST_REPAIRED = 10  # each is read to its end once more
LONGEST_NAME = 150
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]+')
BOUNDARY = re.compile(rb"^--([^\s\"\\]{1,70})[ \t]*\r?\n(?=[A-Za-z-]+:)", re.MULTILINE)
REPORTS = {"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"}
ATTACHED_LETTER = "message/rfc822"


def leaves(message: Message) -> Iterator[Message]:
    """Parts that hold something, in their order; the first five hundred of all parts are looked at."""
    stack, repaired = [message], 0
    for _number in range(MOST):
        if not stack:
            return
        part = stack.pop()
        if part.get_content_maintype() == "multipart" and not part.is_multipart() and repaired < MOST_REPAIRED:
            part, repaired = _repaired(part), repaired + 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack.extend(reversed(inner(part)))
        else:
            yield part


def _repaired(part: Message) -> Message:
    """Parts whose boundary is not said, or is not the one between them: parted by what stands there, else one text."""
    body = content(part)
    found = BOUNDARY.search(body)
    kind = b'multipart/mixed; boundary="%s"' % found[1] if found else b"text/plain"
    return message_from_bytes(b"Content-Type: %s\r\n\r\n%s" % (kind, body), policy=part.policy)


def inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def content(part: Message) -> bytes:
    """The bytes of a leaf: an attached letter as it was, a report's first headers; empty where nothing can be read."""
    kind = part.get_content_type()
    if kind == ATTACHED_LETTER and part.is_multipart():
        try:
            return b"\n".join(each.as_bytes(policy=compat32) for each in inner(part))
        except (RecursionError, LookupError, ValueError, TypeError, AttributeError):
            return b""
    if kind in REPORTS and part.is_multipart():
        return "\n\n".join(_headers(each) for each in inner(part)[:MOST]).encode("utf-8", "surrogateescape")
    try:
        payload = part.get_payload(decode=True)
    except (LookupError, ValueError, TypeError, AssertionError):
        payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return payload if isinstance(payload, bytes) else b""


def _headers(message: Message) -> str:
    return "\n".join(f"{name}: {one_line(str(value))}" for name, value in message.raw_items())


def text(part: Message) -> str:
    charset = part.get_content_charset()
    return decoded(content(part), charset).replace("\r\n", "\n").replace("\r", "\n")


def file_name(part: Message, number: int) -> str:
    """A name that no disk and no header misunderstands: the last part of a path, no dots before it, one line."""
    try:
        named = part.get_filename() or ""
    except (LookupError, ValueError, TypeError, AttributeError):
        named = ""
    return safe_name(words(named)) or (
        "letter.eml" if part.get_content_type() == ATTACHED_LETTER else f"attachment-{number}"
    )


def safe_name(name: str) -> str:
    name = one_line(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).replace("\\", "/")
    name = one_line(FORBIDDEN.sub(" ", PurePosixPath(name).name)).strip(". ")
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return stem[: LONGEST_NAME - len(ending) - 1] + dot + ending if dot and len(ending) < 10 else name[:LONGEST_NAME]
