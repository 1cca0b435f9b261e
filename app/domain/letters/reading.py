"""A letter from its raw bytes: nothing in it is believed, nothing of it is lost."""

from __future__ import annotations

import email
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.message import Message
from hashlib import sha256
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.domain.formats.limits import Limits
from app.domain.letters import headers, invites, machines, markup, parts, verdicts, winmail
from app.domain.letters.charsets import decoded
from app.domain.letters.headers import Address
from app.domain.letters.invites import Invite, InviteAnswer
from app.domain.letters.machines import Bounce, Failure
from app.domain.letters.threads import base_subject
from app.domain.words import LetterKind, MeetingAnswer

LONGEST_SUBJECT = 500
LONGEST_ID = 500
LONGEST_TEXT = 1_000_000  # characters
SHOWN = {"text/plain", "text/html"}
CONTENT_ID = re.compile(r"[^<>\s]+")


@dataclass(frozen=True)
class ReadFile:
    """What came with a letter; `inside` names the packet it was found in, `content_id` is how its HTML calls it."""

    name: str
    type: str
    content: bytes
    content_id: str = ""
    inside: str = ""


@dataclass(frozen=True)
class ReadLetter:
    """`id` is the sender's, or made of what the letter says: the same letter has the same in every mailbox."""

    id: str
    own_mark: str  # made of what it says, whatever id its sender gave it
    subject: str
    sender: Address
    at: datetime
    kind: LetterKind
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    reply_to: list[Address] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)  # ids of what it answers, the nearest last
    text: str = ""
    html: str = ""
    files: list[ReadFile] = field(default_factory=list)
    invite: Invite | None = None
    answer: InviteAnswer | None = None
    bounce: Bounce | None = None
    receipt_of: str = ""
    is_forged: bool = False  # its sender's domain disowns it (RFC 7489), says the server that took it

    @property
    def base_subject(self) -> str:
        return base_subject(self.subject)


def read(raw: bytes, received: datetime, zone: ZoneInfo) -> ReadLetter:
    """The letter that came at that moment; may raise anything for what is no letter at all."""
    message = email.message_from_bytes(raw, policy=headers.POLICY)
    body = _body(message)
    senders = headers.addresses(message, "From") or headers.addresses(message, "Sender")
    sender = senders[0] if senders else Address("")
    invite = invites.invite_of(body.calendar, zone) if body.calendar else None
    answer = invites.answer_of(body.calendar) if body.calendar and invite is None else None
    kind = machines.kind_of(message, sender.email, has_invite=invite is not None, is_answer=answer is not None)
    subject = headers.header(message, "Subject")[:LONGEST_SUBJECT]
    mark = _own_mark(message, subject, sender, body)
    return ReadLetter(
        id=_given_id(message) or mark,
        own_mark=mark,
        subject=subject,
        sender=sender,
        at=headers.moment(message, received),
        kind=kind,
        to=headers.addresses(message, "To"),
        cc=headers.addresses(message, "Cc"),
        reply_to=headers.addresses(message, "Reply-To"),
        chain=_chain(message),
        text=(body.text or markup.words(body.html))[:LONGEST_TEXT],
        html=body.html,
        files=body.files,
        invite=invite if kind is LetterKind.INVITE else None,
        answer=answer,
        bounce=machines.bounce(message, body.report, body.returned) if kind is LetterKind.BOUNCE else None,
        receipt_of=machines.receipt_of(body.report) if kind is LetterKind.RECEIPT else "",
        is_forged=verdicts.is_disowned(message),
    )


def _chain(message: Message) -> list[str]:
    """Of a doubled id the later place counts: In-Reply-To is the nearest."""
    found = headers.message_ids(message, "References") + headers.message_ids(message, "In-Reply-To")
    return [each for each in reversed(dict.fromkeys(reversed(found))) if len(each) <= LONGEST_ID]


def _given_id(message: Message) -> str:
    found = headers.message_ids(message, "Message-ID")
    return found[0] if found and len(found[0]) <= LONGEST_ID else ""


def _own_mark(message: Message, subject: str, sender: Address, body: Body) -> str:
    """A mark of what the letter says, and not of what servers wrote on its way."""
    told = [headers.raw_header(message, "Date"), sender.email]
    told += [address.email for address in headers.addresses(message, "To")]
    said = "\n".join([*told, subject, body.text, body.html]).encode("utf-8", "surrogateescape")
    mark = sha256(said)
    for file in body.files:
        mark.update(file.content)
    return f"sha256.{mark.hexdigest()[:40]}@no-id.invalid"


@dataclass
class Body:
    text: str = ""
    html: str = ""
    report: str = ""
    returned: str = ""  # where the id of a letter that came back may stand
    calendar: bytes = b""
    files: list[ReadFile] = field(default_factory=list)


def _body(message: Message) -> Body:
    body = Body()
    texts: list[str] = []
    htmls: list[str] = []
    for number, part in enumerate(parts.leaves(message), 1):
        kind = part.get_content_type()
        if kind in parts.REPORTS:
            body.report += decoded(parts.content(part)) + "\n\n"
        elif kind in SHOWN and part.get_content_disposition() != "attachment" and not part.get_filename():
            (texts if kind == "text/plain" else htmls).append(parts.text(part))
        else:
            if kind == "text/calendar":
                body.calendar = body.calendar or parts.content(part)
                if part.get_content_disposition() != "attachment" and not part.get_filename():
                    continue
            body.files.extend(_files(part, number))
            if kind == parts.ATTACHED_LETTER:
                body.returned += "".join(
                    f"Message-ID: <{each}>\n"
                    for one in parts.inner(part)
                    for each in headers.message_ids(one, "Message-ID")
                )
    body.text, body.html = "\n".join(texts), "\n".join(htmls)
    body.returned += body.text
    return body


def _files(part: Message, number: int) -> Iterator[ReadFile]:
    content, kind = parts.content(part), part.get_content_type()
    name = parts.file_name(part, number)
    content_id = CONTENT_ID.search(headers.header(part, "Content-ID"))
    yield ReadFile(name, kind, content, content_id.group()[:LONGEST_ID] if content_id else "")
    if kind in winmail.TYPES or name.lower() == winmail.NAME:
        for inner, inside in winmail.files_inside(content):
            yield ReadFile(inner, "application/octet-stream", inside, inside=name)


def answers(stream: BinaryIO, limits: Limits, received: str, zone: str) -> Iterator[Any]:
    """The letter in parts that can travel from one process to another: itself, then its files."""
    letter = read(stream.read(limits.size), datetime.fromisoformat(received), ZoneInfo(zone))
    files = [asdict(file) for file in letter.files]
    told = asdict(letter) | {"files": [], "at": letter.at.isoformat()}
    if letter.invite:
        told["invite"] |= {"starts": letter.invite.starts.isoformat(), "ends": letter.invite.ends.isoformat()}
    yield told
    for file in files:
        yield file | {"content": b64encode(file["content"]).decode()}


def assembled(parts: Iterator[Any]) -> ReadLetter:
    """The letter that `answers` took apart."""
    told = next(parts)
    invite, answer, bounce = told["invite"], told["answer"], told["bounce"]
    if invite:
        spans = {name: datetime.fromisoformat(invite[name]) for name in ("starts", "ends")}
        told["invite"] = Invite(**invite | spans)
    if answer:
        told["answer"] = InviteAnswer(**answer | {"says": MeetingAnswer(answer["says"])})
    if bounce:
        told["bounce"] = Bounce(bounce["of"], [Failure(**failure) for failure in bounce["failures"]])
    people = {name: [Address(**each) for each in told[name]] for name in ("to", "cc", "reply_to")}
    told |= {
        **people,
        "sender": Address(**told["sender"]),
        "at": datetime.fromisoformat(told["at"]),
        "kind": LetterKind(told["kind"]),
        "files": [ReadFile(**file | {"content": b64decode(file["content"])}) for file in parts],
    }
    return ReadLetter(**told)
