"""A letter as bytes, made once: every copy that ever goes out is the same."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.domain.letters.addresses import Recipient

# Seven bits, lines of 76: no server may refuse it.
POLICY = SMTP.clone(cte_type="7bit")
MOST_REFERENCES = 30  # the first one, and the last ones
OF_MACHINES = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}  # nobody answers on holiday


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a letter."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class CalendarPart:
    """What a letter says to programs that keep calendars."""

    method: str
    content: bytes


@dataclass(frozen=True)
class Draft:
    """What is to be written. `to` and `cc` are seen by everybody, `bcc` by nobody.

    `html` says the same as `text`; it shows its `pictures` as `cid:` and their names.
    """

    sender: Recipient
    to: Sequence[Recipient]
    subject: str
    text: str
    cc: Sequence[Recipient] = ()
    bcc: Sequence[Recipient] = ()
    files: Sequence[Enclosure] = ()
    calendar: CalendarPart | None = None
    in_reply_to: str = ""
    references: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = ""
    pictures: Sequence[Enclosure] = ()


def new_id(sender: str) -> str:
    """A Message-ID that was never given, in its normal form: without angle brackets."""
    return f"{secrets.token_urlsafe(18)}@{sender.rpartition('@')[2] or 'localhost'}"


def message_bytes(draft: Draft, message_id: str, at: datetime) -> bytes:
    """RFC 5322, with CRLF; raises ValueError for a line break in a header or in the name of a file."""
    message = EmailMessage(policy=POLICY)
    message["Message-ID"] = f"<{message_id}>"
    message["Date"] = format_datetime(at)
    message["From"] = _address(draft.sender)
    for header, people in (("To", draft.to), ("Cc", draft.cc)):
        if people:
            message[header] = tuple(_address(one) for one in people)
    if not draft.to and not draft.cc:
        message["To"] = "undisclosed-recipients:;"
    message["Subject"] = draft.subject
    if draft.in_reply_to:
        message["In-Reply-To"] = f"<{draft.in_reply_to}>"
    if draft.references:
        chain = [*draft.references[:1], *draft.references[1:][-MOST_REFERENCES:]]
        message["References"] = " ".join(f"<{each}>" for each in chain)
    for header, value in draft.headers.items():
        message[header] = value
    message.set_content(draft.text.replace("\r\n", "\n").rstrip("\n") + "\n")
    if draft.calendar:  # beside the text for those who look inside, as a file for those who do not
        method = draft.calendar.method
        message.add_alternative(draft.calendar.content.decode(), subtype="calendar", params={"method": method})
        message.add_attachment(draft.calendar.content, maintype="application", subtype="ics", filename="invite.ics")
    if draft.html:
        message.add_alternative(draft.html, subtype="html")
        shown = message.get_payload()[1]  # type: ignore[index]
        for picture in draft.pictures:
            main, _, kind = picture.mime.partition("/")
            shown.add_related(picture.content, maintype=main, subtype=kind, cid=f"<{picture.name}>")  # type: ignore[union-attr]
    for file in draft.files:
        main, _, kind = file.mime.partition("/")
        message.add_attachment(
            file.content, maintype=main or "application", subtype=kind or "octet-stream", filename=file.name
        )
    return message.as_bytes()


def _address(one: Recipient) -> Address:
    return Address(display_name=one.name, addr_spec=one.email)
