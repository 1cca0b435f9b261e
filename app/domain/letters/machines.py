"""Letters that no person wrote: what came back, receipts, automatic answers and lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from app.domain.letters.headers import MOST_ADDRESSES, PLAIN_ADDRESS, header
from app.domain.words import LetterKind

BULK = {"bulk", "list", "junk", "auto_reply"}
MACHINE_HEADERS = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
DAEMON = re.compile(r"(mailer-daemon|postmaster)@")
ORIGINAL = re.compile(r"^Original-Message-ID:\s*<([^>\s]+)>", re.I | re.M)
MESSAGE_ID = re.compile(r"^Message-ID:\s*<([^>\s]+)>", re.I | re.M)
RECIPIENT = re.compile(r"^Final-Recipient:\s*(?:rfc822|utf-8)\s*;\s*(\S+)", re.I | re.M)
STATUS = re.compile(r"^Status:\s*(\d\.\d{1,3}\.\d{1,3})", re.I | re.M)
DIAGNOSTIC = re.compile(r"^Diagnostic-Code:\s*(?:[\w-]+\s*;\s*)?(.+)", re.I | re.M)
GROUPS = re.compile(r"\n\s*\n")
LONGEST = 500


@dataclass(frozen=True)
class Failure:
    """One address that could not be reached; the status may be unknown, the words are the server's own."""

    address: str
    status: str = ""
    words: str = ""

    @property
    def is_final(self) -> bool:
        """Trying again is of no use: 4.x.x is only a delay."""
        return not self.status.startswith("4")


@dataclass(frozen=True)
class Bounce:
    of: str  # the id of the letter that came back; empty where nothing tells it
    failures: list[Failure]


def kind_of(message: Message, sender: str, *, has_invite: bool, is_answer: bool = False) -> LetterKind:
    """By what the letter says of itself; the words of its text decide nothing."""
    report = _report_type(message)
    if report == "disposition-notification":
        return LetterKind.RECEIPT
    is_returned = raw_return_path(message) == "<>" and DAEMON.match(sender)
    if report == "delivery-status" or header(message, "X-Failed-Recipients") or is_returned:
        return LetterKind.BOUNCE
    if has_invite:
        return LetterKind.INVITE
    by_machine = header(message, "Auto-Submitted").lower().split(";")[0] not in {"", "no"}
    if (
        by_machine
        or is_answer
        or header(message, "Precedence").lower() in BULK
        or any(message[name] for name in MACHINE_HEADERS)
    ):
        return LetterKind.AUTO
    return LetterKind.LETTER


def _report_type(message: Message) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    return str(message.get_param("report-type") or "").lower()


def raw_return_path(message: Message) -> str:
    return header(message, "Return-Path").replace(" ", "")


def receipt_of(report: str) -> str:
    """The id of the letter that was read."""
    match = ORIGINAL.search(report)
    return match[1] if match else ""


def bounce(message: Message, report: str, returned: str) -> Bounce:
    """What could not be delivered, from the report, else from what old servers write into headers."""
    failures: dict[str, Failure] = {}
    for group in GROUPS.split(report, MOST_ADDRESSES):
        named = RECIPIENT.search(group)
        if named:
            address = _address(named[1])
            status, words = STATUS.search(group), DIAGNOSTIC.search(group)
            failures[address] = Failure(
                address, status[1] if status else "", words[1].strip()[:LONGEST] if words else ""
            )
    for named_address in PLAIN_ADDRESS.findall(header(message, "X-Failed-Recipients"))[:MOST_ADDRESSES]:
        failures.setdefault(_address(named_address), Failure(_address(named_address)))
    match = MESSAGE_ID.search(report) or MESSAGE_ID.search(returned)
    return Bounce(match[1] if match else "", [failure for failure in failures.values() if failure.address])


def _address(text: str) -> str:
    return text.strip().strip("<>").lower()
