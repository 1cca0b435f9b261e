"""Mailings: chosen, looked at, prepared by a worker, sent as slowly as the mailbox may; and who wants no more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session, joinedload

from app.domain.contact_times import happened
from app.domain.letters import fields
from app.domain.letters.addresses import Recipient, WrongRecipient, recipient
from app.domain.letters.fields import TemplateField
from app.domain.letters.writing import Draft
from app.domain.words import ContactKind, ContactState, Direction, LetterState, RecipientState, WhyNoLetter
from app.errors import Refused
from app.models.captions import letter_text
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.models.letters import Letter, LetterParty, Outgoing, may_be_had
from app.models.mailboxes import Mailbox
from app.models.mailings import Mailing, MailingRecipient, StopAddress
from app.models.users import User
from app.queries.mail.mailings import JUDGED, addresses_of_clients, addresses_of_persons
from app.queries.mail.people import mailboxes_of, sends_from
from app.queries.sql import one_of
from app.services.jobs import Outcome, Run
from app.services.mail import marks, templates
from app.services.mail.sending import frozen, sender_of

BATCH = 500
MOST = 20_000
UNSUBSCRIBE = "/api/v1/unsubscribe/"
HOUR = timedelta(hours=1)
UNTOUCHED_FOR = timedelta(days=7)


def begin(
    session: Session, author: User, name: str, *, clients: Iterable[int] = (), persons: Iterable[int] = ()
) -> Mailing:
    """A mailing to those of them whom the author sees; nothing goes out yet."""
    rows = [*session.execute(addresses_of_clients(clients)), *session.execute(addresses_of_persons(persons))]
    if not rows:
        raise Refused(_("Nobody is chosen."))
    if len(rows) > MOST:
        raise Refused(_("A mailing goes to %(most)s recipients at most.", most=MOST))
    mailbox = session.scalars(mailboxes_of(author.id).limit(1)).first()
    mailing = Mailing(name=name[:150], author_id=author.id, mailbox=mailbox)
    session.add(mailing)
    session.flush()
    chosen = [
        {"mailing_id": mailing.id, "counterparty_id": client, "person_id": person, "address": address[:500]}
        for client, person, address in rows
    ]
    session.execute(insert(MailingRecipient), chosen)
    judge(session, mailing)
    return mailing


def tidy(session: Session, *, now: datetime) -> int:
    """Drop mailings of a week ago on whose page nothing was ever saved: their authors went back. Returns how many."""
    untouched = (
        delete(Mailing)
        .where(Mailing.created_at < now - UNTOUCHED_FOR, Mailing.version == 1)
        .where(Mailing.template_id.is_(None), Mailing.sent_at.is_(None))
        .returning(Mailing.id)
    )
    return len(session.scalars(untouched, execution_options={"synchronize_session": False}).all())


def judge(session: Session, mailing: Mailing) -> None:
    """Who of the chosen gets no letter, by what is known now."""
    session.execute(text(JUDGED), {"mailing": mailing.id})
    row = MailingRecipient
    chosen = session.execute(select(row.id, row.address).where(row.mailing_id == mailing.id, row.left_out.is_(None)))
    wrong = update(row).where(one_of(row.id, [number for number, address in chosen if not _can_be_one(address)]))
    session.execute(wrong.values(left_out=WhyNoLetter.WRONG_ADDRESS), execution_options={"synchronize_session": False})
    session.expire_all()


def _can_be_one(address: str) -> bool:
    try:
        recipient(address)
    except WrongRecipient:
        return False
    return True


@dataclass(frozen=True)
class LetterShown:
    """A letter as one of the recipients would get it, or why he gets none."""

    recipient: MailingRecipient
    subject: str = ""
    text: str = ""
    refused: str = ""


def preview(session: Session, mailing: Mailing, *, today: date, most: int = 3) -> list[LetterShown]:
    """The letters of the first recipients."""
    first = session.scalars(_waiting(mailing).limit(most)).all()
    found = []
    for row, values in zip(first, _values(session, mailing, first, today), strict=True):
        try:
            found.append(
                LetterShown(
                    row,
                    templates.fill(mailing.subject, values, "template"),
                    letter_text(templates.fill(mailing.text, {**values, **marks.STAYS}, "")),
                )
            )
        except Refused as refused:
            found.append(LetterShown(row, refused=str(refused)))
    return found


def needed(mailing: Mailing) -> set[TemplateField]:
    """The fields that a letter of it is not made without; a mark is asked for by its own links."""
    return fields.needed(mailing.subject) | (fields.needed(mailing.text) - {TemplateField.MARK})


def refuse_unsound(session: Session, mailing: Mailing) -> Mailbox:
    """What a mailing needs before it goes out, refused at its field."""
    if mailing.sent_at is not None:
        raise Refused(_("This mailing has been sent already."))
    refuse_template(mailing)
    may = select(Mailbox).where(Mailbox.id == mailing.mailbox_id, sends_from(mailing.author_id))
    mailbox: Mailbox | None = session.scalar(may) if mailing.mailbox_id else None
    if mailbox is None:
        raise Refused(_("Choose the mailbox that it goes out of."), field="mailbox")
    return mailbox


def refuse_template(mailing: Mailing) -> None:
    """What a preview needs."""
    if mailing.template is None:
        raise Refused(_("Choose a template."), field="template")
    if not mailing.subject.strip():
        raise Refused(_("A letter without a subject is not read: write one."), field="template")
    for words in (mailing.subject, mailing.text):
        templates.refuse_unknown(words, "template")


def mailing_job(session: Session, job: Job, run: Run) -> Outcome:
    mailing = session.scalar(select(Mailing).where(Mailing.id == job.params["mailing"]).with_for_update(of=Mailing))
    if mailing is None:
        raise Refused(_("This mailing is no longer there."))
    made = prepare(session, mailing, site=job.params["site"], now=run.now, today=run.today, progress=run.progress)
    told = ngettext("%(num)s letter is on its way.", "%(num)s letters are on their way.", made)
    return Outcome({"told": str(told)})


def prepare(
    session: Session,
    mailing: Mailing,
    *,
    site: str,
    now: datetime,
    today: date,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Make the letter and the contact of everybody who gets one, a few statements a batch; due one after another."""
    mailbox = refuse_unsound(session, mailing)
    judge(session, mailing)
    ids = session.scalars(_waiting(mailing).with_only_columns(MailingRecipient.id)).all()
    step, due, made = HOUR / mailbox.pace, _free_from(session, mailbox), 0
    for start in range(0, len(ids), BATCH):
        rows = session.scalars(_waiting(mailing).where(one_of(MailingRecipient.id, ids[start : start + BATCH]))).all()
        letters = []
        for row, values in zip(rows, _values(session, mailing, rows, today), strict=True):
            letter = _letter(session, mailing, mailbox, row, values, site=site, at=max(due, now), now=now)
            if letter is not None:
                due += step
                letters.append((row, letter))
        session.add_all([letter for _row, letter in letters])
        session.flush()
        for row, letter in letters:
            row.letter_id = letter.id
        session.flush()
        made += len(letters)
        for row, letter in letters:  # thousands of letters are not kept in memory
            for each in (letter.source, letter.outgoing, letter.contact, letter.thread, *letter.parties, letter, row):
                session.expunge(each)
        progress(min(start + BATCH, len(ids)), len(ids))
    mailing.sent_at = now
    session.flush()
    return made


def _waiting(mailing: Mailing) -> Any:
    found = select(MailingRecipient).where(
        MailingRecipient.mailing_id == mailing.id,
        MailingRecipient.left_out.is_(None),
        MailingRecipient.letter_id.is_(None),
    )
    loaded = found.options(joinedload(MailingRecipient.counterparty), joinedload(MailingRecipient.person))
    return loaded.order_by(MailingRecipient.id)


def _values(
    session: Session, mailing: Mailing, rows: Sequence[MailingRecipient], today: date
) -> list[templates.Values]:
    return templates.values_of_many(session, [(row.counterparty, row.person) for row in rows], mailing.author, today)


def _free_from(session: Session, mailbox: Mailbox) -> datetime:
    """When the mailings that wait in the mailbox have gone, by the base's own clock."""
    waiting = (
        select(func.max(Outgoing.next_try_at))
        .join(MailingRecipient, MailingRecipient.letter_id == Outgoing.letter_id)
        .where(Outgoing.mailbox_id == mailbox.id, Outgoing.sent_at.is_(None), Outgoing.dead_at.is_(None))
    )
    last = waiting.execution_options(unscoped=True).scalar_subquery()
    found: datetime = session.scalars(select(func.greatest(func.clock_timestamp(), last + HOUR / mailbox.pace))).one()
    return found


def _letter(
    session: Session,
    mailing: Mailing,
    mailbox: Mailbox,
    row: MailingRecipient,
    values: templates.Values,
    *,
    site: str,
    at: datetime,
    now: datetime,
) -> Letter | None:
    """None: he gets none, and the row says why."""
    client: Counterparty | None = row.counterparty
    if client is None:
        row.left_out = WhyNoLetter.UNSEEN
        return None
    try:
        subject = templates.fill(mailing.subject, values, "template")
        words = templates.fill(mailing.text, {**values, **marks.STAYS}, "template")
    except Refused:
        row.left_out = WhyNoLetter.NO_VALUE
        return None
    to = Recipient(recipient(row.address).email, row.person.name if row.person else "")
    row.secret = secrets.token_urlsafe(16)
    draft = _draft(mailing, mailbox, to, subject, words, f"{site}{UNSUBSCRIBE}{row.secret}")
    asks = marks.asks(words)
    goes_out, secret = marks.with_links(draft, site) if asks else (draft, "")
    who = {to.email.lower(): (row.counterparty_id, row.person_id)}
    letter = frozen(mailbox, goes_out, at=at, author_id=mailing.author_id, who=who)
    if asks:
        marks.keep(session, letter, client.id, secret, draft.text)
    starts_at, ends_at = happened(now)
    letter.contact = Contact(
        counterparty_id=row.counterparty_id,
        person_id=row.person_id,
        manager_id=mailing.author_id,
        campaign_id=mailing.campaign_id,
        kind=ContactKind.EMAIL,
        direction=Direction.OUT,
        state=ContactState.DONE,
        subject=draft.subject[:200],
        text=words,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return letter


def _draft(mailing: Mailing, mailbox: Mailbox, to: Recipient, subject: str, words: str, way_out: str) -> Draft:
    """The letter with its signature and, for him and his mail program, the address by which he gets no more of them."""
    foot = [f"-- \n{mailbox.signature}"] if mailbox.signature else []
    foot.append(_("No more such letters: %(address)s", address=way_out))
    return Draft(
        sender_of(mailbox, mailing.author),
        [to],
        " ".join(subject.split()),
        "\n\n".join([words, *foot]),
        headers={"List-Unsubscribe": f"<{way_out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def recipient_of(session: Session, secret: str) -> MailingRecipient | None:
    found = select(MailingRecipient).where(MailingRecipient.secret == secret[:50])
    return session.scalar(found.execution_options(unscoped=True))


def unsubscribe(session: Session, row: MailingRecipient, *, now: datetime, today: date) -> None:
    """He gets no mailing any more, nor what waits to go to him; said twice it is the same."""
    row.unsubscribed_at = row.unsubscribed_at or now
    values = {
        "address": row.address[:320],
        "reason": _("Unsubscribed by himself")[:200],
        "on_date": today,
        "mailing_id": row.mailing_id,
    }
    session.execute(insert_once(StopAddress.__table__).values(values).on_conflict_do_nothing())
    drop_waiting(session, row.address)


def halt(session: Session, mailing: Mailing) -> int:
    """Its letters that nobody has, nor is being sent just now, do not go; returns how many."""
    row = MailingRecipient
    waiting = select(row.letter_id).where(row.mailing_id == mailing.id, row.left_out.is_(None))
    ids = _drop(session, waiting, _("The mailing was stopped."))
    halted = update(row).where(one_of(row.letter_id, ids)).values(left_out=WhyNoLetter.HALTED)
    session.execute(halted, execution_options={"synchronize_session": False})
    return len(ids)


def drop_waiting(session: Session, address: str) -> None:
    """Letters of mailings to the address that it has not, and that are not being sent just now, do not go."""
    letters = select(MailingRecipient.letter_id).where(func.lower(MailingRecipient.address) == address.lower())
    _drop(session, letters, _("The recipient is in the stop list."))


def _drop(session: Session, letters: Select[int | None], words: str) -> Sequence[int]:
    """Those of these letters that nobody has, nor is being sent: they do not go, and their contacts are off."""
    options = {"unscoped": True, "synchronize_session": False}
    dropped = (  # as if they were never tried: nobody is told that they failed
        update(Outgoing)
        .where(
            Outgoing.letter_id.in_(letters),
            Outgoing.sent_at.is_(None),
            Outgoing.dead_at.is_(None),
            Outgoing.lease_by.is_(None),
            ~may_be_had(),
        )
        .values(dead_at=func.clock_timestamp(), attempts=0, first_try_at=None, error=words)
        .returning(Outgoing.letter_id)
    )
    ids = session.scalars(dropped, execution_options=options).all()
    dead = update(Letter).where(one_of(Letter.id, ids)).values(state=LetterState.DEAD)
    session.execute(dead, execution_options=options)
    waiting = update(LetterParty).where(one_of(LetterParty.letter_id, ids), LetterParty.state == RecipientState.WAITING)
    session.execute(waiting.values(state=RecipientState.REFUSED), execution_options=options)
    told = select(Letter.contact_id).where(one_of(Letter.id, ids), Letter.contact_id.is_not(None))
    off = update(Contact).where(Contact.id.in_(told)).values(state=ContactState.CANCELLED, version=Contact.version + 1)
    session.execute(off, execution_options=options)
    return ids
