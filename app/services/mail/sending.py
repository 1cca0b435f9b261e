"""A letter is put on its way: kept in the base, frozen, and due."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.letters.addresses import Recipient, spellings
from app.domain.letters.writing import Draft, message_bytes, new_id
from app.domain.words import Direction, LetterKind, LetterState, PartyRole, RecipientState
from app.errors import Refused
from app.models.contacts import Contact
from app.models.letters import Blob, Letter, LetterFile, LetterParty, LetterSource, LetterThread, Outgoing
from app.models.mailboxes import Mailbox
from app.models.users import User, full_name
from app.queries.mail.owners import OWNERS
from app.queries.sql import one_of

LARGEST = 25 << 20  # bytes of a letter as it goes out: most servers refuse more
Who = tuple[int, int | None]  # a counterparty, and the person of it


def send(
    session: Session,
    mailbox: Mailbox,
    draft: Draft,
    *,
    now: datetime,
    author_id: int | None,
    after: timedelta = timedelta(0),
    kind: LetterKind = LetterKind.LETTER,
    contact: Contact | None = None,
    answers: Letter | None = None,
    known: Mapping[str, Who] | None = None,
) -> Letter:
    """A letter that is due after that time; `known` says who some of the addresses are, the base knows others."""
    if answers is not None:
        chain = [*answers.references, answers.message_id]
        draft = replace(draft, in_reply_to=answers.message_id, references=chain)
    everybody = [*draft.to, *draft.cc, *draft.bcc]
    if not everybody:
        raise Refused(_("Say whom the letter is to."), field="to")
    who = {**known_by(session, [one.email for one in everybody]), **(known or {})}
    letter = frozen(mailbox, draft, at=now + after, author_id=author_id, kind=kind, who=who)
    letter.contact = contact
    if answers and answers.thread:
        letter.thread = answers.thread
    letter.files = [
        LetterFile(blob_id=blob_of(session, file.content), name=file.name, mime=file.mime, size=len(file.content))
        for file in draft.files
    ]
    put_out(session, [letter], after=after)
    return letter


def put_out(session: Session, letters: Sequence[Letter], *, after: timedelta = timedelta(0)) -> None:
    """The letters are due after that time, by the base's own clock, as its lease and its pauses are."""
    session.add_all(letters)
    session.flush()
    these = one_of(Outgoing.letter_id, [letter.id for letter in letters])
    session.execute(update(Outgoing).where(these).values(next_try_at=func.clock_timestamp() + after))


def frozen(
    mailbox: Mailbox,
    draft: Draft,
    *,
    at: datetime,
    author_id: int | None,
    kind: LetterKind = LetterKind.LETTER,
    who: Mapping[str, Who],
) -> Letter:
    """The row of a letter with the bytes that go out, in a conversation of its own; it is in no session yet."""
    message_id = new_id(draft.sender.email)
    try:
        raw = message_bytes(draft, message_id, at)
    except ValueError:
        raise Refused(_("A subject and the names of files are one line each."), field="subject") from None
    if len(raw) > LARGEST:
        told = {"most": LARGEST >> 20, "size": len(raw) >> 20}
        raise Refused(
            _("The letter would be %(size)s MB, and servers take no more than %(most)s.", **told), field="files"
        )
    lists = ((PartyRole.FROM, [draft.sender]), (PartyRole.TO, draft.to), (PartyRole.CC, draft.cc))
    return Letter(
        message_id=message_id,
        mailbox=mailbox,
        author_id=author_id,
        direction=Direction.OUT,
        kind=kind,
        state=LetterState.WAITING,
        at=at,
        subject=draft.subject[:500],
        sender=draft.sender.email,
        text=draft.text,
        in_reply_to=draft.in_reply_to,
        references=list(draft.references),
        size=len(raw),
        file_count=len(draft.files),
        thread=LetterThread(subject=draft.subject[:500]),
        source=LetterSource(raw=raw),
        outgoing=Outgoing(mailbox=mailbox, sender=draft.sender.email, next_try_at=at),
        parties=[
            _party(one, role, at, who.get(one.email.lower()))
            for role, people in (*lists, (PartyRole.BCC, draft.bcc))
            for one in people
        ],
    )


def _party(one: Recipient, role: PartyRole, at: datetime, who: Who | None) -> LetterParty:
    counterparty_id, person_id = who if who and role is not PartyRole.FROM else (None, None)
    return LetterParty(
        role=role,
        address=one.email,
        name=one.name[:200],
        at=at,
        counterparty_id=counterparty_id,
        person_id=person_id,
        state=None if role is PartyRole.FROM else RecipientState.WAITING,
    )


def sender_of(mailbox: Mailbox, author: User | None) -> Recipient:
    """Whom a letter of the author out of the mailbox is from: its name, or his where it has none."""
    return Recipient(mailbox.address, mailbox.name or (full_name(author) if author else ""))


def known_by(session: Session, addresses: Sequence[str]) -> dict[str, Who]:
    """Who the addresses are; whose letter it is does not depend on who sends it."""
    wanted = {each: address.lower() for address in addresses for each in spellings(address)}
    found = session.execute(text(OWNERS), {"addresses": sorted(wanted)}) if wanted else ()
    return {wanted[address]: (counterparty_id, person_id) for address, counterparty_id, person_id in found}


def blob_of(session: Session, content: bytes) -> int:
    """The number of the bytes, kept once."""
    sha256 = hashlib.sha256(content).hexdigest()
    session.execute(insert(Blob).values(sha256=sha256, size=len(content), content=content).on_conflict_do_nothing())
    return session.scalars(select(Blob.id).where(Blob.sha256 == sha256)).one()
