"""Letters that are being written: begun from what one looks at, kept while typed, sent, taken back, copied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask_babel import format_date, format_datetime
from flask_babel import gettext as _
from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.orm import Session

from app.domain.contact_times import happened
from app.domain.letters.addresses import BadAddress, Recipient, WrongRecipient, recipients, recipients_line, spellings
from app.domain.letters.fields import MARK_FIELD
from app.domain.letters.threads import base_subject
from app.domain.letters.writing import Draft, Enclosure
from app.domain.words import ChangeKind, ContactKind, ContactState, Direction, LetterState, PaperKind, PartyRole
from app.errors import Refused
from app.models.captions import letter_text
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.journal import RowChange
from app.models.letters import DraftFile, Letter, LetterDraft, LetterTemplate, Outgoing, begun_to_go
from app.models.mailboxes import Mailbox
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.papers import Paper
from app.models.users import User
from app.queries.mail.people import addresses_of, mailboxes_of, persons_at, persons_to_address, sends_from
from app.services import undoing
from app.services.mail import dealing, marks, sending, templates
from app.services.mail.letter_contacts import order_named
from app.services.mail.sending import LARGEST, Who, blob_of

UNDO_FOR = timedelta(seconds=10)  # after the press the letter is still here
LATEST = timedelta(days=366)
MOST_FILES = 30
LONGEST = {"to": 10_000, "cc": 10_000, "bcc": 10_000, "subject": 500, "text": 500_000}
SIGNATURE = "\n\n-- \n"
MIME = re.compile(r"[a-z0-9]+/[a-z0-9.+-]+")


def begin(
    session: Session,
    author: User,
    *,
    counterparty: Counterparty | None = None,
    person: ContactPerson | None = None,
    contact: Contact | None = None,
    order: BuyerOrder | None = None,
    shipment: Shipment | None = None,
    reply: Letter | None = None,
    now: datetime,
) -> LetterDraft:
    """What the composer shows first; nothing is kept yet. After a shipment the client is asked for a mark."""
    if contact is not None:
        counterparty, person = contact.counterparty, person or contact.person
    if shipment is not None:
        counterparty, person = shipment.counterparty, shipment.order.person if shipment.order else None
    if order is not None:
        counterparty, person = order.counterparty, person or order.person
    if person is not None and counterparty is None:
        counterparty = person.counterparty
    mailbox = session.scalars(mailboxes_of(author.id).limit(1)).one_or_none()
    draft = LetterDraft(
        author_id=author.id,
        author=author,
        mailbox=mailbox,
        counterparty=counterparty,
        person=person,
        contact=contact,
        reply_to=reply,
        subject=_subject(contact, order, shipment),
        text=_asking(shipment) + (SIGNATURE + mailbox.signature if mailbox is not None and mailbox.signature else ""),
        to="",
        cc="",
        bcc="",
        changed_at=now,
    )
    if reply is not None:
        _answer(draft, reply)
    elif contact is not None and contact.prospect_email:
        draft.to = contact.prospect_email
    elif counterparty is not None:
        first = session.execute(addresses_of(counterparty.id, person.id if person else None).limit(1)).one_or_none()
        if first is not None:
            draft.to = recipients_line([Recipient(first[0], first[1].name if first[1] else "")])
            draft.person = draft.person or first[1]
    return draft


def _subject(contact: Contact | None, order: BuyerOrder | None, shipment: Shipment | None) -> str:
    if shipment is not None:
        told = {"number": shipment.number, "day": format_date(shipment.date, "dd.MM.yyyy")}
        return str(_("Are you satisfied with our shipment %(number)s of %(day)s?", **told))
    if order is not None:
        return str(_("Order %(number)s", number=order.number))
    return contact.subject if contact is not None else ""


def _asking(shipment: Shipment | None) -> str:
    if shipment is None:
        return ""
    told = {"number": shipment.number, "day": format_date(shipment.date, "dd.MM.yyyy")}
    asked = _("Hello!\n\nWe shipped you goods by %(number)s of %(day)s. Please say how it went, by one click:", **told)
    return f"{asked}\n\n{MARK_FIELD}\n"


def _answer(draft: LetterDraft, reply: Letter) -> None:
    mine = reply.direction is Direction.OUT
    wanted = (PartyRole.TO,) if mine else (PartyRole.FROM,)
    parties = [party for party in reply.parties if party.role in wanted]
    draft.to = recipients_line(Recipient(party.address, party.name) for party in parties)
    known = next((party for party in parties if party.counterparty_id), None)
    if known is not None and draft.counterparty is None:
        draft.counterparty, draft.person = known.counterparty, known.person
    draft.subject = f"Re: {base_subject(reply.subject)}"[: LONGEST["subject"]]
    quoted = "\n".join(f"> {line}" for line in reply.text.splitlines())
    who = next((str(party) for party in reply.parties if party.role is PartyRole.FROM), reply.sender)
    wrote = _("%(when)s, %(who)s wrote:", when=format_datetime(reply.at, "dd.MM.yyyy HH:mm"), who=who)
    draft.text = f"{draft.text}\n\n{wrote}\n{quoted}"


def keep(session: Session, draft: LetterDraft, values: dict[str, str], *, now: datetime) -> None:
    """Keep what is typed, right or wrong."""
    for name, most in LONGEST.items():
        if name in values:
            setattr(draft, name, values[name].replace("\0", "").replace("\r\n", "\n")[:most])
    if "mailbox" in values:
        chosen = cast(Mailbox.id, Text) == values["mailbox"]
        draft.mailbox = session.scalar(select(Mailbox).where(chosen, sends_from(draft.author_id)))
    if "person" in values:
        draft.person = next((each for each in persons_of(session, draft) if str(each.id) == values["person"]), None)
    draft.changed_at = now
    session.add(draft)
    session.flush()


def attach(session: Session, draft: LetterDraft, name: str, mime: str, content: bytes) -> DraftFile:
    """One more file of the letter; told at once when no server would take it."""
    size = sum(file.blob.size for file in draft.files) + len(content)
    if size * 4 / 3 > LARGEST:  # as it will be written
        raise Refused(_("All files together may have %(most)s MB.", most=int(LARGEST * 3 / 4) >> 20), field="files")
    if len(draft.files) >= MOST_FILES:
        raise Refused(_("No more than %(most)s files.", most=MOST_FILES), field="files")
    file = DraftFile(blob_id=blob_of(session, content), name=plain_name(name), mime=plain_mime(mime))
    draft.files.append(file)
    session.flush()
    return file


def plain_name(name: str) -> str:
    """The name of a file as any system takes it: no folders, no signs that steer."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip(". ")[-200:] or "file"


def plain_mime(mime: str) -> str:
    main = mime.lower().partition("/")[0]
    sound = MIME.fullmatch(mime.lower()) and main not in {"multipart", "message", "text"}
    return mime.lower()[:150] if sound else "application/octet-stream"


def people(text: str, field: str) -> list[Recipient]:
    """The recipients that are typed into the field, or a sentence at it."""
    try:
        return recipients(text)
    except WrongRecipient as wrong:
        told = {"text": wrong.text[:80]}
        match wrong.why:
            case BadAddress.CYRILLIC_NAME:
                sentence = _("“%(text)s”: servers do not take Russian letters before the @.", **told)
            case BadAddress.LOOKALIKE:
                sentence = _(
                    "“%(text)s” has Russian and Latin letters in one word: one of them is a lookalike.", **told
                )
            case BadAddress.TOO_MANY:
                sentence = _("No more than %(text)s recipients; to write to more there are mailings.", **told)
            case _:
                sentence = _("“%(text)s” is no e-mail address.", **told)
        raise Refused(sentence, field=field) from None


def come_back(session: Session, draft: LetterDraft) -> list[Refused]:
    """Addresses of the draft from which letters come back, each with a sentence for its field; they may be tried."""
    told = []
    for field in ("to", "cc", "bcc"):
        typed_in = {each for one in people(getattr(draft, field), field) for each in spellings(one.email)}
        marked = select(ContactInfo).where(func.lower(ContactInfo.value).in_(typed_in))
        for info in session.scalars(marked.where(ContactInfo.returned_on.is_not(None)).order_by(ContactInfo.id)):
            since = {"address": info.value, "day": format_date(info.returned_on), "words": info.returned_words}
            told.append(Refused(_("Letters to %(address)s come back since %(day)s: %(words)s", **since), field=field))
    return told


def refuse_unsound(draft: LetterDraft) -> tuple[Mailbox, Draft]:
    """What is to be sent, checked field by field."""
    if draft.mailbox is None:
        raise Refused(_("Choose the mailbox that it goes out of."), field="mailbox")
    who = {field: people(getattr(draft, field), field) for field in ("to", "cc", "bcc")}
    if not any(who.values()):
        raise Refused(_("Say whom the letter is to."), field="to")
    if not draft.subject.strip():
        raise Refused(_("A letter without a subject is not read: write one."), field="subject")
    if "\n" in draft.subject.strip():
        raise Refused(_("A subject is one line."), field="subject")
    if draft.reply_to is None or base_subject(draft.subject) != base_subject(draft.reply_to.subject):
        templates.refuse_unfilled(draft.subject, "subject")
    templates.refuse_unfilled(draft.text, "text", marks.STAYS.values())
    files = [Enclosure(file.name, file.mime, file.blob.content) for file in draft.files]
    sender = sending.sender_of(draft.mailbox, draft.author)
    return draft.mailbox, Draft(
        sender, who["to"], draft.subject.strip(), draft.text, cc=who["cc"], bcc=who["bcc"], files=files
    )


def send(session: Session, draft: LetterDraft, *, site: str, now: datetime, at: datetime | None = None) -> Letter:
    """Put it on its way, to go in ten seconds or at that time; it is a contact with the client, done."""
    if at is not None and not now < at < now + LATEST:
        raise Refused(_("A letter goes out later than now, and within a year."), field="at")
    mailbox, written = refuse_unsound(draft)
    addresses = [one.email.lower() for one in written.to]
    known = sending.known_by(session, addresses)
    who: dict[str, Who] = {}
    if draft.counterparty is not None:
        strangers = [address for address in addresses if address not in known]
        who = dict.fromkeys(strangers, (draft.counterparty.id, draft.person_id))
    asked: int | None = None
    goes_out, secret = written, ""
    if marks.asks(written.text):
        asked = draft.counterparty_id or next((client for client, _person in known.values()), None)
        if asked is None:
            raise Refused(_("Only a client of the base is asked for a mark."), field="text")
        goes_out, secret = marks.with_links(written, site)
    letter = sending.send(
        session,
        mailbox,
        goes_out,
        now=now,
        author_id=draft.author_id,
        after=at - now if at is not None else UNDO_FOR,
        answers=draft.reply_to,
        known=who,
    )
    if asked is not None:
        marks.keep(session, letter, asked, secret, written.text)
    letter.contact = _contact_of(session, draft, letter, now)
    if letter.contact is not None and letter.contact.counterparty_id is not None:
        letter.order_id = order_named(session, letter.contact.counterparty_id, letter.subject)
    dealing.mark_answered(session, [letter])
    session.delete(draft)
    session.flush()
    return letter


def _contact_of(session: Session, draft: LetterDraft, letter: Letter, now: datetime) -> Contact | None:
    """The planned letter that it is, now done; else a new contact, that follows the one it came from."""
    began = draft.contact
    starts_at, ends_at = happened(now)
    is_offer = takes_an_offer(session, letter)
    planned = began is not None and began.state is ContactState.PLANNED
    if began is not None and planned and began.kind is ContactKind.EMAIL and began.direction is Direction.OUT:
        began.state, began.starts_at, began.ends_at = ContactState.DONE, starts_at, ends_at
        began.text = began.text or letter_text(letter.text)
        began.is_offer = began.is_offer or is_offer
        return began
    counterparty_id, person_id = draft.counterparty_id, draft.person_id
    if counterparty_id is None:
        known = next((each for each in letter.parties if each.counterparty_id), None)
        counterparty_id, person_id = (known.counterparty_id, known.person_id) if known else (None, None)
    prospect = began.prospect if began is not None and counterparty_id is None else ""
    if counterparty_id is None and not prospect:
        return None
    contact = Contact(
        counterparty_id=counterparty_id,
        person_id=person_id,
        prospect=prospect,
        prospect_email=began.prospect_email if began is not None and prospect else "",
        manager_id=draft.author_id,
        kind=ContactKind.EMAIL,
        direction=Direction.OUT,
        state=ContactState.DONE,
        subject=letter.subject[:200],
        text=letter_text(letter.text),
        starts_at=starts_at,
        ends_at=ends_at,
        basis_id=began.id if began is not None else None,
        is_offer=is_offer,
    )
    session.add(contact)
    session.flush()
    return contact


def takes_an_offer(session: Session, letter: Letter) -> bool:
    """Whether one of its files is an offer that was made here."""
    blobs = [file.blob_id for file in letter.files if file.blob_id]
    offers = select(Paper.id).where(Paper.blob_id.in_(blobs), Paper.kind == PaperKind.OFFER).limit(1)
    return bool(blobs) and session.scalar(offers.execution_options(unscoped=True)) is not None


def may_take_back(session: Session, letter: Letter) -> bool:
    """It waits, and nobody has begun to send it."""
    waits = exists().where(Outgoing.letter_id == letter.id, ~begun_to_go())
    return letter.state is LetterState.WAITING and bool(session.scalar(select(waits)))


def take_back(session: Session, letter: Letter, *, now: datetime) -> LetterDraft:
    """Undo the sending, whole: the letter is a draft again, and its contact what it was."""
    locked = select(Outgoing).where(Outgoing.letter_id == letter.id).with_for_update()
    way = session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if way is None or not may_take_back(session, letter):
        raise Refused(_("It has gone out already."))
    draft = copy(session, letter, now=now)
    session.flush()
    session.delete(way)
    session.flush()
    made = select(RowChange.act_id).where(
        RowChange.table_name == Letter.__tablename__, RowChange.row_id == letter.id, RowChange.what == ChangeKind.INSERT
    )
    undoing.undo(session, session.scalars(made).one())
    return draft


def copy(session: Session, letter: Letter, *, now: datetime) -> LetterDraft:
    """A draft that says the same to the same people."""
    lists: dict[PartyRole, list[Recipient]] = {}
    for party in letter.parties:
        lists.setdefault(party.role, []).append(Recipient(party.address, party.name))
    known = next((party for party in letter.parties if party.counterparty_id), None)
    draft = LetterDraft(
        author_id=letter.author_id,
        mailbox_id=letter.mailbox_id,
        to=recipients_line(lists.get(PartyRole.TO, ())),
        cc=recipients_line(lists.get(PartyRole.CC, ())),
        bcc=recipients_line(lists.get(PartyRole.BCC, ())),
        subject=letter.subject,
        text=letter.text,
        counterparty_id=known.counterparty_id if known else None,
        person_id=known.person_id if known else None,
        reply_to_id=_answered_by(session, letter),
        changed_at=now,
        files=[
            DraftFile(blob_id=file.blob_id, name=file.name, mime=file.mime) for file in letter.files if file.blob_id
        ],
    )
    session.add(draft)
    return draft


def _answered_by(session: Session, letter: Letter) -> int | None:
    if not letter.in_reply_to:
        return None
    return session.scalar(select(Letter.id).where(Letter.message_id == letter.in_reply_to))


def fill_from(session: Session, draft: LetterDraft, template: LetterTemplate, *, today: date) -> None:
    """Put the template into the draft, its fields filled in; the signature stays below."""
    draft.person = _addressee(session, draft)
    values = {**templates.values_of(session, draft.counterparty, draft.person, draft.author, today), **marks.STAYS}
    subject = templates.fill(template.subject, values, "template")
    text = templates.fill(template.text, values, "template")
    below = draft.text[draft.text.index(SIGNATURE) :] if SIGNATURE in draft.text else ""
    draft.subject, draft.text = subject or draft.subject, text + below


def persons_of(session: Session, draft: LetterDraft) -> Sequence[ContactPerson]:
    """Whom the letter may address: persons of its client, the main one first."""
    return session.scalars(persons_to_address(draft.counterparty.id)).all() if draft.counterparty else []


def _addressee(session: Session, draft: LetterDraft) -> ContactPerson | None:
    """Who is addressed: whose address it is to; of a letter to the firm itself, who was chosen, or its main person."""
    if draft.counterparty is None:
        return draft.person
    try:
        written_to = [one.email for one in recipients(draft.to)]
    except WrongRecipient:
        written_to = []
    named = session.scalars(persons_at(draft.counterparty.id, written_to)).all()
    if len(named) == 1:
        return named[0]
    return draft.person or next(iter(persons_of(session, draft)), None)
