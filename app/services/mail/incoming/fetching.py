"""A mailbox is asked for what is new, and given what we have sent: one process a mailbox, a few letters a transaction.

A folder is read by the numbers of its letters: who has read them, and when they were written, decides nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, undefer

from app.domain.words import FolderRole
from app.errors import OutOfReach, Refused
from app.models.letters import Letter, LetterPlace, LetterSource, Outgoing
from app.models.mailboxes import Mailbox, MailboxFolder
from app.queries.sql import one_of
from app.services.mail.consent import Tokens
from app.services.mail.incoming import imap
from app.services.mail.incoming.imap import Arrived, FolderMark, ImapReader, ImapServer, ImapTrouble
from app.services.mail.incoming.receiving import Opened, keep, opened
from app.services.mail.sealing import Seal

TASK, TASK_NOW = "jobs.fetching.run", "jobs.fetching.run_now"  # what the edges ask a worker for after the commit
LOCK = 0x696D6170  # the class of advisory locks: "imap"
EVERY = timedelta(minutes=3)
AT_ONCE = timedelta(seconds=30)  # when its page is opened
MOMENT = 0.3  # seconds in which the letters of one transaction are read: what is broken off is little
FILED = 50  # letters that are put into the Sent folder at once
log = logging.getLogger(__name__)

T = TypeVar("T")


class Transactions(Protocol):
    """Does the work in a transaction of its own."""

    def __call__(self, work: Callable[[Session], T], /) -> T: ...


@dataclass(frozen=True)
class Fetching:
    """Who asks: when and where it is, and until when letters are taken.

    `company`: the server that a setting names for the company's own mailbox.
    """

    transaction: Transactions
    now: Callable[[], datetime]
    zone: ZoneInfo
    is_over: Callable[[], bool] = lambda: False
    tokens: Tokens | None = None  # of mailboxes whose providers gave access
    company: ImapServer | None = None


@dataclass(frozen=True)
class FolderState:
    """How far the folder was read; `since` is the day that a folder is read from for the first time.

    `here`: what was taken of what lies after that, where a folder is looked through again.
    """

    id: int
    last_uid: int
    since: date | None
    here: Set[int]


def due(session: Session, company: ImapServer | None, *, now: datetime, after: timedelta = EVERY) -> Sequence[int]:
    """The mailboxes that are to be asked, those that wait longest first."""
    has_server = Mailbox.imap_host != ""
    asked = select(Mailbox.id).where(
        or_(has_server, Mailbox.is_company) if company else has_server,
        Mailbox.fetch_from.is_not(None),
        Mailbox.fetching_stopped == "",
        or_(Mailbox.fetched_at.is_(None), Mailbox.fetched_at <= now - after),
    )
    return session.scalars(asked.order_by(Mailbox.fetched_at.nulls_first(), Mailbox.id)).all()


@contextmanager
def alone(watch: Connection, mailbox_id: int) -> Iterator[bool]:
    """False where another process asks this mailbox; the lock is this (autocommit) connection's."""
    is_ours = bool(watch.scalar(select(func.pg_try_advisory_lock(LOCK, mailbox_id))))
    try:
        yield is_ours
    finally:
        if is_ours:
            watch.execute(select(func.pg_advisory_unlock(LOCK, mailbox_id)))


def server_of(mailbox: Mailbox, seal: Seal, company: ImapServer | None) -> ImapServer:
    """How the mailbox is reached; a password that cannot be opened is to be entered again."""
    if mailbox.is_company and company:
        return company
    password = seal.opened(mailbox.id, mailbox.sealed_password)
    if password is None:
        raise ImapTrouble(_("The password of this mailbox cannot be opened any more: enter it again."), is_lasting=True)
    return ImapServer(
        mailbox.imap_host,
        mailbox.imap_port,
        mailbox.imap_security,
        mailbox.login or mailbox.address,
        password,
        own_certificate=mailbox.own_certificate,
        by_token=mailbox.sealed_refresh is not None,
    )


def fetch(asking: Fetching, mailbox_id: int, seal: Seal) -> int:
    """Take everything that is new; returns how many letters were looked at. A mailbox that is wrong is stopped.

    Where its server is lost while letters come, it is asked again at once.
    """
    many, last = 0, -1
    sentence, works, version = "", False, 0
    while many > last:
        last = many
        try:
            version = asking.transaction(lambda session: _version(session, mailbox_id))
            server = asking.transaction(lambda session: _server(session, mailbox_id, seal, asking.company))
            if server.by_token and asking.tokens is not None:
                server = replace(server, token=asking.tokens.of(mailbox_id))
            with imap.connected(server) as reader:
                folders = reader.folders()
                for role, name in folders.items():
                    for taken in _folder(asking, mailbox_id, reader, role, name):
                        many += taken
                if FolderRole.SENT in folders:
                    _file_sent(asking, mailbox_id, reader, folders[FolderRole.SENT])
            works = True
            break
        except OutOfReach as trouble:
            sentence = trouble.sentence if trouble.is_lasting else ""
            log.warning("Mailbox %s: %s", mailbox_id, "it is stopped" if sentence else "it does not answer")
            if sentence or asking.is_over():
                break
    # One that has more letters is due again, after those that wait; one that only takes our time is asked later.
    at = asking.now() - EVERY if works and asking.is_over() else asking.now()
    asking.transaction(lambda session: _ended(session, mailbox_id, version, at, sentence, works))
    return many


def _version(session: Session, mailbox_id: int) -> int:
    """Of the settings that are tried."""
    return session.scalars(select(Mailbox.version).where(Mailbox.id == mailbox_id)).one()


def _server(session: Session, mailbox_id: int, seal: Seal, company: ImapServer | None) -> ImapServer:
    secrets = [undefer(Mailbox.sealed_password), undefer(Mailbox.sealed_refresh)]
    mailbox = session.get_one(Mailbox, mailbox_id, options=secrets, populate_existing=True)
    return server_of(mailbox, seal, company)


def look_again(session: Session, mailbox_id: int) -> bool:
    """Whoever was unknown may be known by now: what was left on the server is looked at once more, and soon.

    False where letters come just now: what they are is not to be decided twice at a time. Refused where none come.
    """
    if session.scalar(select(Mailbox.fetching_stopped).where(Mailbox.id == mailbox_id)):
        raise Refused(_("Nothing is fetched from this mailbox: set it right first."))
    if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK, mailbox_id))):
        return False
    folders = update(MailboxFolder).where(MailboxFolder.mailbox_id == mailbox_id)
    session.execute(folders.values(last_uid=0, left_out=0))
    session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(fetched_at=None))
    return True


def ask_later(session: Session, mailbox_id: int, now: datetime) -> None:
    """Others go first; it is asked again in its turn."""
    session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(fetched_at=now))


def _ended(session: Session, mailbox_id: int, version: int, at: datetime, stopped: str, works: bool) -> None:
    """`works`: it could be looked through; a server that was lost says nothing of how it is set up.

    Nothing of this is said of a mailbox that was set up anew meanwhile: it is due again.
    """
    told: dict[str, Any] = {"fetched_at": at, "fetching_stopped": stopped[:500]}
    if works:
        told["fetching_works"] = True
    session.execute(update(Mailbox).where(Mailbox.id == mailbox_id, Mailbox.version == version).values(told))


def _folder(asking: Fetching, mailbox_id: int, reader: ImapReader, role: FolderRole, name: str) -> Iterator[int]:
    """Take what is new in the folder; yields how many letters were kept, as they are kept."""
    mark = reader.mark(name)
    state = asking.transaction(lambda session: _begin(session, mailbox_id, role, name, mark))
    if mark.uidnext > state.last_uid + 1:
        waiting = reader.waiting(name, state.last_uid, state.since)
        new = (each for each in waiting if each.uid not in state.here)
        for letters in reader.letters(name, new):
            done = 0
            while done < len(letters):
                if asking.is_over():
                    return
                taken = _take(asking, state.id, letters[done:])
                done += taken
                yield taken
        asking.transaction(lambda session: _read_up_to(session, state.id, mark.uidnext - 1))


def _begin(session: Session, mailbox_id: int, role: FolderRole, name: str, mark: FolderMark) -> FolderState:
    """The folder's row; where its numbers are new everything is looked at again: what is here is known by its id."""
    mailbox = session.get_one(Mailbox, mailbox_id)
    rows = select(MailboxFolder).where(MailboxFolder.mailbox_id == mailbox_id, MailboxFolder.name == name)
    folder = session.scalar(rows)
    if folder is None:
        folder = MailboxFolder(mailbox_id=mailbox_id, name=name, role=role, last_uid=0)
        session.add(folder)
        session.flush()
    if folder.uidvalidity != mark.uidvalidity:
        session.execute(delete(LetterPlace).where(LetterPlace.folder_id == folder.id))
        folder.uidvalidity, folder.last_uid, folder.left_out = mark.uidvalidity, 0, 0
    folder.letters = mark.letters
    session.flush()
    places = select(LetterPlace.uid).where(LetterPlace.folder_id == folder.id, LetterPlace.uid > folder.last_uid)
    since = None if folder.last_uid else mailbox.fetch_from
    return FolderState(folder.id, folder.last_uid, since, frozenset(session.scalars(places)))


def _take(asking: Fetching, folder_id: int, letters: Sequence[Arrived]) -> int:
    """Keep the first letters, as many as are read in a moment, and move the folder's mark past them.

    What the base does not take as it is read is kept as it came: no letter keeps the next ones from coming.
    """
    some, over = list[Opened](), time.monotonic() + MOMENT
    for each in letters:
        some.append(opened(each, now=asking.now(), zone=asking.zone))
        if time.monotonic() > over:
            break

    def take(session: Session, these: Sequence[Opened]) -> int:
        folder = session.get_one(MailboxFolder, folder_id)
        keep(session, folder, these, now=asking.now(), zone=asking.zone)
        folder.last_uid = max(folder.last_uid, these[-1].arrived.uid)
        return len(these)

    first, why = some[0], ""
    # One of them may have come by another mailbox meanwhile: then it is known at the second time.
    for these in (some, [first]):
        try:
            return asking.transaction(lambda session: take(session, these))  # noqa: B023 - called at once
        except (DataError, IntegrityError, UnicodeError) as error:
            why = type(error).__name__  # its words may be of the letter
    told = "A letter that cannot be kept as it is read is kept as it came: folder %s, number %s there: %s"
    log.warning(told, folder_id, first.arrived.uid, why)
    return asking.transaction(lambda session: take(session, [replace(first, letter=None)]))


def _read_up_to(session: Session, folder_id: int, uid: int) -> None:
    read = update(MailboxFolder).where(MailboxFolder.id == folder_id)
    session.execute(read.values(last_uid=func.greatest(MailboxFolder.last_uid, uid)))


def _file_sent(asking: Fetching, mailbox_id: int, reader: ImapReader, folder: str) -> None:
    """Put what went out into the Sent folder; a fault of this never says that a letter was not sent."""
    filed: list[int] = []
    try:
        for letter_id, message_id, raw, at in asking.transaction(lambda session: _unfiled(session, mailbox_id)):
            if not reader.holds(folder, message_id):
                reader.append(folder, raw, at)
            filed.append(letter_id)
    finally:
        if filed:
            asking.transaction(lambda session: _filed(session, filed, asking.now()))


def _unfiled(session: Session, mailbox_id: int) -> list[tuple[int, str, bytes, datetime]]:
    sent = (
        select(Letter.id, Letter.message_id, LetterSource.raw, Outgoing.sent_at)
        .join(Outgoing, Outgoing.letter_id == Letter.id)
        .join(LetterSource, LetterSource.letter_id == Letter.id)
        .where(Outgoing.mailbox_id == mailbox_id, Outgoing.sent_at.is_not(None), Outgoing.filed_at.is_(None))
        .order_by(Outgoing.id)
        .limit(FILED)
    )
    return [(row.id, row.message_id, row.raw, row.sent_at) for row in session.execute(sent)]


def _filed(session: Session, letter_ids: Sequence[int], now: datetime) -> Any:
    return session.execute(update(Outgoing).where(one_of(Outgoing.letter_id, letter_ids)).values(filed_at=now))
