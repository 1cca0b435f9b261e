"""A mailbox as its server shows it: folders, marks of what is new, raw letters; only `append` changes anything in it.

Only bytes are taken of a letter: how it is read is said in app.domain.letters.
"""

from __future__ import annotations

import imaplib
import math
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from flask_babel import gettext as _
from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.utils import encode_folder

from app.domain.letters.headers import one_line
from app.domain.words import FolderRole, WireSecurity
from app.errors import OutOfReach
from app.outbound import Deadline
from app.services.mail import wire

SILENCE = 30.0  # seconds that one read may wait
STEP = 60.0  # seconds for the whole of an answer
SLOWEST = 64 << 10  # bytes a second: so much longer is a letter waited for
LEAVING = 5.0  # seconds that a server has to say good-bye
WHOLE = 25 << 20  # bytes: of a larger letter only the beginning is taken
BEGINNING = 256 << 10
TOGETHER = 8 << 20  # bytes that are asked for at once
MOST = 2 * WHOLE  # bytes of one answer: it is held in memory, and servers err about the sizes of letters
SIZES = 200  # letters whose sizes are asked for at once
USUAL_PORTS = {WireSecurity.TLS: 993, WireSecurity.START: 143, WireSecurity.NONE: 143}
INBOX = "INBOX"
SENT_FLAG = "\\sent"
SENT_NAMES = ("sent", "sent items", "sent messages", "отправленные", "inbox.sent", "inbox/sent")
UID, SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
RECEIVED, FLAGS = re.compile(rb'\bINTERNALDATE "([^"]+)"'), re.compile(rb"\bFLAGS \(([^)]*)\)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ImapTrouble(OutOfReach):
    """The mailbox could not be asked."""


@dataclass(frozen=True)
class ImapServer:
    """How the mailbox is reached. `token` stands in place of the password where the provider wants one.

    `by_token`: the provider gives it for this very server; what a setting names is never told it.
    """

    host: str
    port: int
    security: WireSecurity
    login: str
    password: str = ""
    token: str = ""
    own_certificate: bool = False
    by_token: bool = False


def server_of(url: str) -> ImapServer:
    """`imap://user:password@host:143?tls=start`, `imaps://…`; `&certificate=own` for one that nobody vouches for."""
    said = wire.server_of(url, USUAL_PORTS)
    return ImapServer(
        said.host, said.port, said.security, said.login, said.password, own_certificate=said.own_certificate
    )


@dataclass(frozen=True)
class FolderMark:
    """How far a folder has grown; another `uidvalidity` means that all its numbers are new."""

    uidvalidity: int
    uidnext: int
    letters: int


@dataclass(frozen=True)
class Waiting:
    uid: int
    size: int


@dataclass(frozen=True)
class Arrived:
    """A letter as it lies on the server; `is_cut`: it is so large that only its beginning was taken."""

    uid: int
    size: int
    received: datetime | None
    flags: tuple[str, ...]
    raw: bytes

    @property
    def is_cut(self) -> bool:
        return self.size > WHOLE


class _ImapClient(imaplib.IMAP4):
    """imaplib's, by a socket that is cut when it takes too long; an answer (to what begins a step) has an end too."""

    def __init__(self, server: ImapServer, deadline: Deadline) -> None:
        self.server, self.deadline = server, deadline
        self.rest = MOST
        super().__init__(server.host, server.port)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = self.deadline.connect(self.host, self.port)
        if self.server.security is not WireSecurity.TLS:
            return plain
        return wire.encryption(self.server.own_certificate).wrap_socket(plain, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self.rest -= size
        if self.rest < 0:
            raise ImapTrouble(_("The server of incoming mail says far more than it was asked."), is_lasting=False)


class _ImapBox(BaseMailBox):
    def __init__(self, server: ImapServer, deadline: Deadline) -> None:
        self.server, self.deadline = server, deadline
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = _ImapClient(self.server, self.deadline)
        if self.server.security is WireSecurity.START:
            try:
                client.starttls(wire.encryption(self.server.own_certificate))
            except BaseException:
                client.shutdown()
                raise
        return client


@contextmanager
def connected(server: ImapServer, whole: float = math.inf, step: float = STEP) -> Iterator[ImapReader]:
    """The mailbox, logged in; whatever goes wrong meanwhile raises ImapTrouble.

    `whole`: seconds for all that is done with it; `step`: for each answer, and a second more for each SLOWEST bytes.
    """
    with closing(Deadline(SILENCE)) as deadline:
        try:
            with deadline.within(whole):
                box = _opened(server, deadline, step)
                try:
                    yield ImapReader(box, deadline, step)
                finally:
                    _leave(box, deadline)
        except (ImapTrouble, ImapToolsError, imaplib.IMAP4.error, OSError) as error:
            raise _trouble(error) from None


def _opened(server: ImapServer, deadline: Deadline, step: float) -> BaseMailBox:
    try:
        with deadline.within(step):
            box = _ImapBox(server, deadline)
            try:
                _log_in(box, server)
            except BaseException:
                _leave(box, deadline)
                raise
    except ValueError as error:
        raise _trouble(error) from None
    return box


def _log_in(box: BaseMailBox, server: ImapServer) -> None:
    try:
        if server.token:
            box.xoauth2(server.login, server.token, initial_folder=None)
        elif (server.login + server.password).isascii():
            box.login(server.login, server.password, initial_folder=None)
        else:
            box.login_utf8(server.login, server.password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise  # the line was cut: nothing is said of the password
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        told = _("The server of incoming mail does not accept the login or the password. It says: %(words)s")
        if server.token:
            told = _("The server of incoming mail refuses the access: connect the mailbox again. It says: %(words)s")
        raise ImapTrouble(told % {"words": _said(error)}, is_lasting=True) from None


def _leave(box: BaseMailBox, deadline: Deadline) -> None:
    try:
        with deadline.within(LEAVING):
            box.logout()
    except (ImapTrouble, ImapToolsError, imaplib.IMAP4.error, OSError):
        with suppress(OSError):  # it is closed already
            box.client.shutdown()


def _trouble(error: Exception) -> ImapTrouble:
    match error:
        case ImapTrouble():
            return error
        case ssl.SSLCertVerificationError():
            told = _("The certificate of the server of incoming mail is wrong: %(words)s")
            return ImapTrouble(told % {"words": error.verify_message}, is_lasting=True)
        case socket.gaierror(errno=socket.EAI_AGAIN):  # nobody can say yet
            return ImapTrouble(_("The server of incoming mail does not answer."), is_lasting=False)
        case socket.gaierror() | UnicodeError():
            return ImapTrouble(_("There is no server of incoming mail with this name."), is_lasting=True)
        case ssl.SSLError():
            told = _("The server of incoming mail does not speak this encryption on this port.")
            return ImapTrouble(told, is_lasting=True)
        case OSError():
            return ImapTrouble(_("The server of incoming mail does not answer."), is_lasting=False)
    told = _("The server of incoming mail says: %(words)s")
    return ImapTrouble(told % {"words": _said(error)}, is_lasting=False)


def _said(error: Exception) -> str:
    """The server's own words, without what the library puts around them."""
    words: object = str(error)
    result = getattr(error, "command_result", None)
    if isinstance(result, tuple) and len(result) > 1 and result[1]:
        words = result[1][0]
    elif error.args and isinstance(error.args[0], bytes):
        words = error.args[0]
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return one_line(text)[:200]


class ImapReader:
    """The open mailbox. Folders are looked at read-only, so that no letter becomes read by being fetched."""

    def __init__(self, box: BaseMailBox, deadline: Deadline, step: float) -> None:
        self.box = box
        self.client: Any = box.client
        self._deadline, self._seconds = deadline, step
        self._marks: dict[str, int] = {}

    @contextmanager
    def _step(self, size: int = 0) -> Iterator[None]:
        """One question and all of its answer, read; `size`: bytes of the letters in it."""
        self.client.rest = MOST
        try:
            with self._deadline.within(self._seconds + size / SLOWEST):
                yield
        except (ValueError, LookupError) as error:  # the answer is not what the question asks for
            raise imaplib.IMAP4.error(str(error)) from None

    def folders(self) -> dict[FolderRole, str]:
        """The folders that are read: what has come, and what was sent, where there is such a folder."""
        found = {FolderRole.INBOX: INBOX}
        with self._step():
            infos = self.box.folder.list()
        flagged = [info.name for info in infos if SENT_FLAG in {flag.lower() for flag in info.flags}]
        named = [info.name for name in SENT_NAMES for info in infos if info.name.lower() == name]
        if sent := flagged or named:
            found[FolderRole.SENT] = sent[0]
        return found

    def mark(self, folder: str) -> FolderMark:
        with self._step():
            status = self.box.folder.status(folder, ["UIDVALIDITY", "UIDNEXT", "MESSAGES"])
        mark = FolderMark(status.get("UIDVALIDITY", 0), status.get("UIDNEXT", 0), status.get("MESSAGES", 0))
        self._marks[folder] = mark.uidvalidity
        return mark

    def _look_into(self, folder: str) -> None:
        """Raise ImapTrouble where it is another one than it was when it was marked: its numbers mean other letters."""
        self.box.folder.set(folder, readonly=True)
        told = self.client.response("UIDVALIDITY")[1][-1]
        if told is not None and int(told) != self._marks.get(folder, int(told)):
            raise ImapTrouble(_("A folder was made anew on the server while it was read."), is_lasting=False)

    def waiting(self, folder: str, after: int, since: date | None = None) -> Iterator[Waiting]:
        """Letters with a greater number, the smallest first; of a folder read for the first time since that day.

        Sizes are asked as they are wanted: whoever is broken off among many begins at once where he was.
        """
        uids = self.uids(folder, after, since)
        for start in range(0, len(uids), SIZES):
            yield from self._sizes(uids[start : start + SIZES])

    def uids(self, folder: str, after: int, since: date | None = None) -> list[int]:
        """Numbers of the letters that `waiting` tells of."""
        asked = f"UID {after + 1}:*"
        if since is not None:
            asked += f" SINCE {since.day:02}-{MONTHS[since.month - 1]}-{since.year}"
        with self._step():
            self._look_into(folder)
            found = [int(uid) for uid in self.box.uids(asked, charset=None)]
        # A range that begins above the last letter is answered with the last letter.
        return sorted(uid for uid in found if uid > after)

    def _sizes(self, uids: Sequence[int]) -> list[Waiting]:
        found = {}
        for head, _raw in self._fetch(uids, "(UID RFC822.SIZE)"):
            uid, size = UID.search(head), SIZE.search(head)
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return [Waiting(uid, found[uid]) for uid in uids if uid in found]

    def letters(self, folder: str, waiting: Iterable[Waiting]) -> Iterator[list[Arrived]]:
        """The letters themselves, a few at a time; those that were deleted meanwhile are left out."""
        with self._step():
            self._look_into(folder)
        for group in _groups(waiting):
            found = self._letters({each.uid: each.size for each in group})
            yield sorted(found, key=lambda letter: letter.uid)

    def _letters(self, sizes: Mapping[int, int]) -> Iterator[Arrived]:
        is_cut = max(sizes.values()) > WHOLE  # such a letter is asked for alone
        body = f"BODY.PEEK[]<0.{BEGINNING}>" if is_cut else "BODY.PEEK[]"
        size = BEGINNING if is_cut else sum(sizes.values())
        for head, raw in self._fetch(list(sizes), f"(UID INTERNALDATE FLAGS {body})", size):
            uid, received, flags = UID.search(head), RECEIVED.search(head), FLAGS.search(head)
            if uid is None or raw is None or int(uid[1]) not in sizes:
                continue
            yield Arrived(
                int(uid[1]),
                sizes[int(uid[1])],
                _received(received[1] if received else b""),
                tuple(flags[1].decode("utf-8", "replace").split()) if flags else (),
                raw,
            )

    def _fetch(self, uids: Sequence[int], what: str, size: int = 0) -> Iterator[tuple[bytes, bytes | None]]:
        """What the server says of each letter, and the letter where one was asked for."""
        if not uids:
            return
        with self._step(size):
            status, answers = self.client.uid("FETCH", ",".join(map(str, uids)), what)
        if status != "OK":
            raise imaplib.IMAP4.error(answers[0] if answers else status)
        head, raw = b"", None
        for answer in answers:
            # A letter comes as a pair; what the server says behind it, as bytes that end the answer.
            if isinstance(answer, tuple):
                head, raw = answer[0], answer[1]
            elif isinstance(answer, bytes):
                yield head + b" " + answer, raw
                head, raw = b"", None

    def append(self, folder: str, raw: bytes, at: datetime) -> None:
        """Put a letter of ours into the folder, as one that was read."""
        with self._step(len(raw)):
            result = self.client.append(encode_folder(folder), "(\\Seen)", imaplib.Time2Internaldate(at), raw)
        if result[0] != "OK":
            raise imaplib.IMAP4.error(result[1][0] if result[1] else result[0])

    def holds(self, folder: str, message_id: str) -> bool:
        """The server has put the letter there by itself."""
        with self._step():
            self._look_into(folder)
            return bool(self.box.uids(f'HEADER Message-ID "<{message_id}>"', charset=None))


def _groups(waiting: Iterable[Waiting]) -> Iterator[list[Waiting]]:
    group: list[Waiting] = []
    for each in waiting:
        is_full = sum(one.size for one in group) + each.size > TOGETHER or len(group) == 50
        if group and is_full:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _received(text: bytes) -> datetime | None:
    """When the server got it: `17-Jul-1996 02:44:25 -0700`."""
    try:
        return parsedate_to_datetime(text.decode("ascii", "replace").strip().replace("-", " ", 2)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
