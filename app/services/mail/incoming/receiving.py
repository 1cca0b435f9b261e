"""Letters that have come are kept: each once, however many mailboxes it lies in, with everybody whom it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.formats.limits import MEGABYTE, BadTable, Limits
from app.domain.letters import keeping
from app.domain.letters.addresses import readable_address, spellings
from app.domain.letters.markup import MOST as MOST_HTML
from app.domain.letters.reading import ReadFile, ReadLetter, assembled, read
from app.domain.letters.threads import base_subject, is_answer
from app.domain.words import Direction, FolderRole, LetterFault, LetterKind, LetterState, PartyRole
from app.models.counterparties import ContactInfo
from app.models.letters import Letter, LetterFile, LetterParty, LetterPlace, LetterSource
from app.models.mailboxes import Mailbox, MailboxFolder
from app.models.users import User
from app.processes import gate
from app.services.mail import dealing, invitations, invites, linking, threads
from app.services.mail.incoming import returned, unknown
from app.services.mail.incoming.imap import Arrived
from app.services.mail.sending import blob_of

SMALL = 256 << 10  # bytes: a larger letter is opened behind the gate
LIMITS = Limits(size=64 * MEGABYTE, seconds=60)


@dataclass(frozen=True)
class Opened:
    """A letter of a folder, and what it says; `letter` is None where it cannot be read."""

    arrived: Arrived
    received: datetime
    letter: ReadLetter | None

    @property
    def ids(self) -> list[str]:
        """By which it may be known here, its sender's first."""
        if self.letter is None:
            return [f"unread.{sha256(self.arrived.raw).hexdigest()[:40]}@no-id.invalid"]
        return [self.letter.id, self.letter.own_mark]

    @property
    def named(self) -> list[str]:
        """Ids of the letters that it answers, returns or was read."""
        return keeping.named_letters(self.letter) if self.letter else []


@dataclass(frozen=True)
class Around:
    """What the base knows of letters before they are kept, asked for many of them at once."""

    here: Mapping[str, Any]  # by id: those that are here already, and those that they name
    ties: threads.Ties
    addresses: Set[str]  # of everybody whom they are from or to, those that stand in the base, as they stand there
    ignored: Set[str]  # senders whom nobody of the mailbox wants to see, as they were ignored
    ours: Collection[str]
    meetings: Set[str]  # ids of our invitations that they answer

    def as_kept(self, address: str) -> str:
        """The address as the base has it, if it has: its domain may be written in either alphabet."""
        kept = self.addresses & spellings(address)
        return address if address in kept else min(kept, default=address)


def opened(arrived: Arrived, *, now: datetime, zone: ZoneInfo) -> Opened:
    """The letter, read; the base is not asked for it."""
    received = arrived.received or now
    return Opened(arrived, received, _read(arrived.raw, received, zone))


def receive(
    session: Session, folder: MailboxFolder, arrived: Arrived, *, now: datetime, zone: ZoneInfo
) -> Letter | None:
    """Keep one letter of the folder; None: it stays on the server alone."""
    (number,) = keep(session, folder, [opened(arrived, now=now, zone=zone)], now=now, zone=zone)
    return None if number is None else session.get_one(Letter, number, execution_options={"unscoped": True})


def keep(
    session: Session, folder: MailboxFolder, letters: Sequence[Opened], *, now: datetime, zone: ZoneInfo
) -> list[int | None]:
    """Keep letters of the folder, what cannot be read as it is; returns their numbers, None for what is not kept.

    Those that have nothing to do with each other are kept at once, by a few statements for all.
    """
    ours, numbers = our_addresses(session), list[int | None]()
    for some in _strangers(letters):
        known = _known(session, folder, some, ours)
        rows = _rows(session, folder, some, known, now, zone)
        session.flush()
        found = [row.id if isinstance(row, Letter) else row for row in rows]
        _lie(session, folder, zip(found, some, strict=True))
        new = zip(rows, some, strict=True)
        _connect(session, [(row, it.letter) for row, it in new if isinstance(row, Letter) and it.letter], known, now)
        numbers += found
    session.flush()
    return numbers


def _strangers(letters: Iterable[Opened]) -> Iterator[list[Opened]]:
    """The letters in parts, each of such as do not decide what becomes of another one of it."""
    some = list[Opened]()
    given, ids, named, subjects = set[str](), set[str](), set[str](), set[str]()
    for each in letters:
        letter = each.letter
        is_tied = each.ids[0] in ids or each.ids[0] in named or not given.isdisjoint([*each.ids, *each.named])
        if letter is not None and not letter.chain and is_answer(letter.subject):
            is_tied = is_tied or letter.base_subject in subjects
        if is_tied:
            yield some
            some, given, ids, named, subjects = [], set(), set(), set(), set()
        some.append(each)
        given.add(each.ids[0])
        ids.update(each.ids)
        named.update(each.named)
        if letter is not None:
            subjects.add(letter.base_subject)
    if some:
        yield some


def _known(session: Session, folder: MailboxFolder, letters: Sequence[Opened], ours: Collection[str]) -> Around:
    ids = {each for one in letters for each in one.ids}
    named = {each for one in letters for each in one.named}
    named_people = {each for one in letters if one.letter for each in keeping.addresses(one.letter)}
    people = {each for address in named_people for each in spellings(address)}
    columns = (Letter.message_id, Letter.id, Letter.thread_id, Letter.sender, Letter.subject, Letter.fault)
    found = select(*columns).where(Letter.message_id.in_(ids | named)).execution_options(unscoped=True)
    here = {row.message_id: row for row in session.execute(found)}
    value = func.lower(ContactInfo.value)
    addresses = session.scalars(select(value).where(value.in_(people)).execution_options(unscoped=True))
    return Around(
        here,
        threads.ties(session, ids, {name: row.thread_id for name, row in here.items() if row.thread_id}),
        set(addresses),
        unknown.ignored_of(session, folder.mailbox_id, people),
        ours,
        invitations.known_of(session, {one.letter.answer.uid for one in letters if one.letter and one.letter.answer}),
    )


def _rows(
    session: Session, folder: MailboxFolder, letters: Sequence[Opened], known: Around, now: datetime, zone: ZoneInfo
) -> list[Letter | int | None]:
    """Of each letter its new row; the number of the one that is here; or None."""
    rows = list[Letter | int | None]()
    with session.no_autoflush:
        for each in letters:
            message_id, number = _place(each, known)
            row: Letter | int | None = None
            if number is not None:
                row = number
            elif each.letter is None:
                row = _unread(folder, each, message_id)
            elif folder.mailbox.owner_id is None or _is_wanted(each, each.letter, known):
                row = _row(session, folder, each, each.letter, message_id, known, now, zone)
            else:
                folder.left_out += 1
            if isinstance(row, Letter):
                session.add(row)
            rows.append(row)
    return rows


def _place(it: Opened, known: Around) -> tuple[str, int | None]:
    """The id that the letter is kept by, and its number where it is here already.

    A letter that only bears the id of another one is no copy of it: it is kept by what it says.
    """
    message_id, letter = it.ids[0], it.letter
    row = known.here.get(message_id)
    if row is not None and letter is not None and row.fault is not LetterFault.UNREADABLE:
        said_by, about = row.sender.lower(), base_subject(row.subject)
        if said_by != letter.sender.email or about != letter.base_subject[:500]:
            message_id = letter.own_mark
            row = known.here.get(message_id)
    return message_id, row.id if row else None


def _row(
    session: Session,
    folder: MailboxFolder,
    it: Opened,
    letter: ReadLetter,
    message_id: str,
    known: Around,
    now: datetime,
    zone: ZoneInfo,
) -> Letter:
    """The letter as it is written, once: what it belongs to is known before."""
    mailbox, arrived, sender = folder.mailbox, it.arrived, letter.sender.email
    is_ours = folder.role is FolderRole.SENT or (sender in known.ours and not letter.is_forged)
    row = Letter(
        message_id=message_id,
        mailbox=mailbox,
        author_id=mailbox.owner_id if folder.role is FolderRole.SENT else None,
        direction=Direction.OUT if is_ours else Direction.IN,
        kind=letter.kind,
        state=LetterState.SENT if is_ours else LetterState.RECEIVED,
        at=letter.at,
        subject=letter.subject,
        sender=sender,
        text=letter.text,
        html=letter.html if len(letter.html) <= MOST_HTML else "",
        in_reply_to=letter.chain[-1] if letter.chain else "",
        references=letter.chain,
        size=arrived.size,
        file_count=len([file for file in letter.files if not file.inside]),
        fault=LetterFault.CUT if arrived.is_cut else None,
        source=LetterSource(raw=arrived.raw),
        parties=list(_parties(letter, known)),
        files=list(_files(session, letter.files, is_cut=arrived.is_cut)),
    )
    if not is_ours and (known.ignored.isdisjoint(spellings(sender)) or known.as_kept(sender) in known.addresses):
        row.pending_from = keeping.pending_from(letter.kind, arrived.flags, it.received, now, zone)
    if letter.bounce is not None:
        returned.take(session, row, letter.bounce, today=now.astimezone(zone).date())
    if letter.receipt_of:
        row.references = [*row.references, letter.receipt_of]
    threads.join(session, row, keeping.other_side(letter, known.ours, row.direction), known.ties)
    return row


def _unread(folder: MailboxFolder, it: Opened, message_id: str) -> Letter:
    return Letter(
        message_id=message_id,
        mailbox=folder.mailbox,
        direction=Direction.IN,
        kind=LetterKind.LETTER,
        state=LetterState.RECEIVED,
        at=it.received,
        size=it.arrived.size,
        fault=LetterFault.UNREADABLE,
        source=LetterSource(raw=it.arrived.raw),
    )


def _connect(session: Session, letters: Sequence[tuple[Letter, ReadLetter]], known: Around, now: datetime) -> None:
    """Everybody whom the letters concern, and what they say of meetings and of other letters."""
    linking.link_letters(session, [row for row, _letter in letters], known.addresses)
    for row, letter in letters:
        if letter.is_forged:
            continue
        if letter.invite is not None:
            invites.take(session, row, letter.invite, now=now)
        if letter.answer is not None:
            invitations.hear(session, row, letter.answer, now=now)
    dealing.mark_answered(session, [row for row, _letter in letters if row.direction is Direction.OUT])


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


def our_addresses(session: Session) -> set[str]:
    """Addresses of mailboxes and of users: what comes from them is from us."""
    mailboxes = select(func.lower(Mailbox.address))
    found = session.scalars(mailboxes.union(select(func.lower(User.email))).execution_options(unscoped=True))
    return {readable_address(address) for address in found if address}


def _is_wanted(it: Opened, letter: ReadLetter, known: Around) -> bool:
    """A personal mailbox gives away letters of people whom the base knows, and answers to letters that are here.

    What a colleague says to an invitation is such an answer too, though it names no letter.
    """
    others = [known.as_kept(address) for address in keeping.addresses(letter) if address not in known.ours]
    is_answer = letter.answer is not None and letter.answer.uid in known.meetings
    return is_answer or not known.addresses.isdisjoint(others) or any(each in known.here for each in it.named)


def _parties(letter: ReadLetter, known: Around) -> Iterable[LetterParty]:
    for role, people in (
        (PartyRole.FROM, [letter.sender] if letter.sender.email else []),
        (PartyRole.TO, letter.to),
        (PartyRole.CC, letter.cc),
    ):
        for person in people:
            yield LetterParty(role=role, address=known.as_kept(person.email), name=person.name[:200], at=letter.at)


def _files(session: Session, files: Sequence[ReadFile], *, is_cut: bool) -> Iterator[LetterFile]:
    """Of a letter of which only the beginning was taken the last file is cut too: it stays on the server."""
    for number, file in enumerate(files, 1):
        is_whole = not is_cut or number < len(files)
        yield LetterFile(
            blob_id=blob_of(session, file.content) if is_whole else None,
            name=file.name,
            mime=file.type[:150],
            size=len(file.content) if is_whole else 0,
            content_id=file.content_id[:255],
        )


def _lie(session: Session, folder: MailboxFolder, letters: Iterable[tuple[int | None, Opened]]) -> None:
    about = {"mailbox_id": folder.mailbox_id, "folder_id": folder.id}
    places = [
        {"letter_id": number, "uid": it.arrived.uid, "flags": list(it.arrived.flags), **about}
        for number, it in letters
        if number is not None
    ]
    if places:
        session.execute(insert(LetterPlace).values(places).on_conflict_do_nothing())
