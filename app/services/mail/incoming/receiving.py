"""A letter that has come is kept: once, however many mailboxes it lies in, with everybody whom it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.formats.limits import MEGABYTE, BadTable, Limits
from app.domain.letters import keeping
from app.domain.letters.markup import MOST as MOST_HTML
from app.domain.letters.reading import ReadFile, ReadLetter, assembled, read
from app.domain.letters.threads import base_subject
from app.domain.words import Direction, FolderRole, LetterFault, LetterKind, LetterState, PartyRole
from app.models.counterparties import ContactInfo
from app.models.letters import Letter, LetterFile, LetterParty, LetterPlace, LetterSource
from app.models.mailboxes import Mailbox, MailboxFolder
from app.models.users import User
from app.processes import gate
from app.services.mail import dealing, invitations, invites, letter_contacts, linking, threads
from app.services.mail.incoming import returned, unknown
from app.services.mail.incoming.imap import Arrived
from app.services.mail.sending import blob_of

SMALL = 256 << 10  # bytes: a larger letter is opened behind the gate
LIMITS = Limits(size=64 * MEGABYTE, seconds=60)


def receive(
    session: Session,
    folder: MailboxFolder,
    arrived: Arrived,
    *,
    now: datetime,
    zone: ZoneInfo,
    ours: Collection[str] | None = None,
) -> Letter | None:
    """Keep the letter of the folder; what cannot be read is kept as it is.

    None: it stays on the server alone. `ours` are our addresses, for whoever has asked for them already.
    """
    received = arrived.received or now
    letter = _read(arrived.raw, received, zone)
    if letter is None:
        return _keep_unread(session, folder, arrived, received)
    message_id, known = _known(session, letter)
    if known is not None:
        _lies(session, known, folder, arrived)
        return known
    mailbox = folder.mailbox
    if ours is None:
        ours = our_addresses(session)
    if mailbox.owner_id is not None and not _is_wanted(session, letter, ours):
        folder.left_out += 1
        return None
    is_ours = folder.role is FolderRole.SENT or letter.sender.email in ours
    row = Letter(
        message_id=message_id,
        mailbox=mailbox,
        author_id=mailbox.owner_id if folder.role is FolderRole.SENT else None,
        direction=Direction.OUT if is_ours else Direction.IN,
        kind=letter.kind,
        state=LetterState.SENT if is_ours else LetterState.RECEIVED,
        at=letter.at,
        subject=letter.subject,
        sender=letter.sender.email,
        text=letter.text,
        html=letter.html if len(letter.html) <= MOST_HTML else "",
        in_reply_to=letter.chain[-1] if letter.chain else "",
        references=letter.chain,
        size=arrived.size,
        file_count=len([file for file in letter.files if not file.inside]),
        fault=LetterFault.CUT if arrived.is_cut else None,
        source=LetterSource(raw=arrived.raw),
        parties=list(_parties(letter)),
        files=[_file(session, file) for file in letter.files],
    )
    if not is_ours:
        row.pending_from = keeping.pending_from(letter.kind, arrived.flags, received, now, zone)
    # What it belongs to is known before it is written: a row is written once.
    if letter.bounce is not None:
        returned.take(session, row, letter.bounce, today=now.astimezone(zone).date())
    if letter.receipt_of:
        row.references = [*row.references, letter.receipt_of]
    threads.join(session, row, keeping.other_side(letter, ours, row.direction))
    session.add(row)
    session.flush()
    _lies(session, row, folder, arrived)
    _connect(session, row, letter, now=now)
    session.flush()
    return row


def _connect(session: Session, row: Letter, letter: ReadLetter, *, now: datetime) -> None:
    """Everybody whom the letter concerns, and what it says of meetings and of other letters."""
    linking.link_letter(session, row)
    letter_contacts.keep(session, row)
    if letter.invite is not None:
        invites.take(session, row, letter.invite, now=now)
    if letter.answer is not None:
        invitations.hear(session, letter.answer, now=now)
    if row.direction is Direction.OUT:
        dealing.answered(session, row)
    if unknown.is_ignored(session, row):
        row.pending_from = None


def _read(raw: bytes, received: datetime, zone: ZoneInfo) -> ReadLetter | None:
    """The letter, whatever it costs; None for what cannot be read."""
    if len(raw) <= SMALL:
        try:
            return read(raw, received, zone)
        except Exception:  # a stranger's letter may raise whatever the library does not expect
            return None
    try:
        with gate.opened(raw, "letter", LIMITS, received=received.isoformat(), zone=str(zone)) as parts:
            return assembled(parts)
    except BadTable:
        return None


def _known(session: Session, letter: ReadLetter) -> tuple[str, Letter | None]:
    """The id that the letter is kept by, and its row where it is here already.

    A letter that only bears the id of another one is no copy of it: it is kept by what it says.
    """
    for message_id in (letter.id, letter.own_mark):
        row = session.scalar(select(Letter).where(Letter.message_id == message_id).execution_options(unscoped=True))
        if row is None:
            return message_id, None
        is_same = row.sender.lower() == letter.sender.email and base_subject(row.subject) == letter.base_subject[:500]
        if is_same or row.fault is LetterFault.UNREADABLE:
            return message_id, row
    return letter.own_mark, row


def our_addresses(session: Session) -> set[str]:
    """Addresses of mailboxes and of users: what comes from them is from us."""
    mailboxes = select(func.lower(Mailbox.address))
    found = session.scalars(mailboxes.union(select(func.lower(User.email))).execution_options(unscoped=True))
    return {address for address in found if address}


def _is_wanted(session: Session, letter: ReadLetter, ours: Collection[str]) -> bool:
    """A personal mailbox gives away letters of people whom the base knows, and answers to letters that are here."""
    others = [address for address in keeping.addresses(letter) if address not in ours]
    known = exists().where(func.lower(ContactInfo.value).in_(others))
    answers = exists().where(Letter.message_id.in_(keeping.named_letters(letter)))
    return bool(session.scalar(select(known | answers).execution_options(unscoped=True)))


def _parties(letter: ReadLetter) -> Iterable[LetterParty]:
    for role, people in (
        (PartyRole.FROM, [letter.sender] if letter.sender.email else []),
        (PartyRole.TO, letter.to),
        (PartyRole.CC, letter.cc),
    ):
        for person in people:
            yield LetterParty(role=role, address=person.email, name=person.name[:200], at=letter.at)


def _file(session: Session, file: ReadFile) -> LetterFile:
    return LetterFile(
        blob_id=blob_of(session, file.content),
        name=file.name,
        mime=file.type[:150],
        size=len(file.content),
        content_id=file.content_id[:255],
    )


def _lies(session: Session, letter: Letter, folder: MailboxFolder, arrived: Arrived) -> None:
    place = insert(LetterPlace).values(
        letter_id=letter.id,
        mailbox_id=folder.mailbox_id,
        folder_id=folder.id,
        uid=arrived.uid,
        flags=list(arrived.flags),
    )
    session.execute(place.on_conflict_do_nothing())


def _keep_unread(session: Session, folder: MailboxFolder, arrived: Arrived, received: datetime) -> Letter:
    mark = f"unread.{sha256(arrived.raw).hexdigest()[:40]}@no-id.invalid"
    known = session.scalar(select(Letter).where(Letter.message_id == mark).execution_options(unscoped=True))
    letter = known or Letter(
        message_id=mark,
        mailbox=folder.mailbox,
        direction=Direction.IN,
        kind=LetterKind.LETTER,
        state=LetterState.RECEIVED,
        at=received,
        size=arrived.size,
        fault=LetterFault.UNREADABLE,
        source=LetterSource(raw=arrived.raw),
    )
    session.add(letter)
    session.flush()
    _lies(session, letter, folder, arrived)
    return letter
