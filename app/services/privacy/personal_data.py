"""What is known of a person, on one page and as a file; and its erasure, which keeps documents and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, delete, except_, func, or_, select, union, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.domain.words import DeviceSubject, DisposalKind, PartyRole
from app.models.bell import Notice, PhoneCall
from app.models.consents import Consent
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.devices import DeviceItem, DeviceRefusal
from app.models.disposals import Disposal
from app.models.journal import RowChange
from app.models.letters import (
    Letter,
    LetterDraft,
    LetterFile,
    LetterInvite,
    LetterParty,
    LetterSource,
    LetterThread,
)
from app.models.mailings import MailingRecipient
from app.models.orders import BuyerOrder
from app.models.papers import Paper
from app.queries.sql import one_of
from app.services import jobs
from app.services.privacy.forgetting import (
    OF_CONTACT,
    blank,
    blank_contacts,
    blobs_of,
    deleted_ids,
    drop_blobs,
    erased_name,
    forget,
    ids_of,
    write,
)

MOST = 1_000  # rows of one kind on the page
# What is left of a row that spoke of the person; the rest of it, days and figures, stays.
OF_PERSON: dict[str, Any] = {
    "first_name": "",
    "middle_name": "",
    "position": "",
    "role": "",
    "birthday": None,
    "comment": "",
    "card": "",
    "own": {},
}
OF_LETTER: dict[str, Any] = {"subject": "", "text": "", "html": ""}
OF_SENT: dict[str, Any] = {"sender": ""}  # of a letter from him
OF_PARTY: dict[str, Any] = {"name": "", "address": ""}
OF_RECIPIENT: dict[str, Any] = {"address": "", "secret": None}
OF_INFO: dict[str, Any] = {"value": "", "extension": "", "phone": "", "phone_tail": "", "comment": ""}
NAMES = ("last_name", "first_name", "middle_name", "position", "role", "birthday", "comment")


@dataclass(frozen=True)
class Known:
    """One kind of what is known: captions of its columns, and the rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def parts_kept(session: Session, person: ContactPerson) -> list[Known]:
    """Everything that is kept of the person, as far as the reader sees it."""
    this = person.id
    info = select(ContactInfo).where(ContactInfo.person_id == this).order_by(ContactInfo.id)
    consents = select(Consent.given_on, Consent.source, Consent.withdrawn_on).where(Consent.person_id == this)
    contacts = select(Contact.starts_at, Contact.kind, Contact.subject, Contact.text).where(Contact.person_id == this)
    letters = (
        select(Letter.at, LetterParty.address, Letter.subject)
        .join(Letter, Letter.id == LetterParty.letter_id)
        .where(LetterParty.person_id == this)
    )
    orders = select(BuyerOrder.date, BuyerOrder.number).where(BuyerOrder.person_id == this)
    papers = select(Paper.date, Paper.title).join(Paper.order).where(BuyerOrder.person_id == this)
    return [
        Known(
            _("Contact person"),
            [label(getattr(ContactPerson, name)) for name in ("counterparty", *NAMES)],
            [[str(person.counterparty), *(getattr(person, name) for name in NAMES)]],
        ),
        Known(
            _("Contact information"),
            [label(ContactInfo.kind), label(ContactInfo.value), label(ContactInfo.comment)],
            [(str(one.kind), one.shown, one.comment) for one in session.scalars(info)],
        ),
        _listed(session, _("Consents"), consents.order_by(Consent.given_on, Consent.id)),
        _listed(session, _("Contacts"), contacts.order_by(Contact.starts_at.desc(), Contact.id)),
        _listed(session, _("Letters"), letters.order_by(LetterParty.at.desc(), LetterParty.id)),
        _listed(session, _("Orders"), orders.order_by(BuyerOrder.date.desc(), BuyerOrder.id)),
        _listed(session, _("Papers for clients"), papers.order_by(Paper.date.desc(), Paper.id)),
    ]


def _listed(session: Session, title: str, query: Any) -> Known:
    columns = [str(each.info.get("label", each.key)) for each in query.selected_columns]
    return Known(title, columns, [tuple(row) for row in session.execute(query.limit(MOST))])


def label(attribute: InstrumentedAttribute[Any]) -> str:
    kept = attribute.info.get("label") or attribute.property.columns[0].info.get("label")
    return str(kept)


def erase(session: Session, person: ContactPerson, *, by_id: int | None = None) -> None:
    """Nothing tells any more who the person was, in the journal neither; orders, contacts and letters stay as events.

    Of a letter between many only the name and the address go; of one from him, or to him alone, what it says too.
    An address in the stop list stays there: without it he would be written to again. Files that workers made may name
    him and go all of them: whoever needs one has it made again.
    """
    was_his = RowChange.old["person_id"].as_integer() == person.id
    contacts = ids_of(session, select(Contact.id).where(Contact.person_id == person.id))
    contacts += deleted_ids(session, Contact, was_his)
    parties = ids_of(session, select(LetterParty.id).where(LetterParty.person_id == person.id))
    letters = ids_of(session, _told_to_him_alone(person.id))
    by_him = LetterParty.person_id == person.id, LetterParty.role == PartyRole.FROM
    sent = ids_of(session, select(LetterParty.letter_id).where(*by_him))
    threads = select(Letter.thread_id).where(one_of(Letter.id, letters))
    info = ids_of(session, select(ContactInfo.id).where(ContactInfo.person_id == person.id))
    info += deleted_ids(session, ContactInfo, was_his)
    recipients = _recipients(session, person, info)
    blobs = blobs_of(session, letters)
    _note_disposal(session, person, by_id)
    person.last_name = erased_name()
    for name, value in OF_PERSON.items():
        setattr(person, name, value)
    session.flush()
    write(session, update(PhoneCall).where(one_of(PhoneCall.contact_id, contacts)).values(phone=""))
    write(session, update(LetterThread).where(LetterThread.id.in_(threads)).values(subject=""))
    _blank_on_devices(session, DeviceSubject.PERSON, [person.id])
    _blank_on_devices(session, DeviceSubject.CONTACT, contacts)
    for dropped in (
        delete(LetterInvite).where(one_of(LetterInvite.letter_id, letters)),
        delete(LetterSource).where(one_of(LetterSource.letter_id, letters)),
        delete(LetterFile).where(one_of(LetterFile.letter_id, letters)),
        delete(LetterDraft).where(LetterDraft.person_id == person.id),
        delete(Notice).where(Notice.person_id == person.id),
        delete(ContactInfo).where(one_of(ContactInfo.id, info)),
    ):
        write(session, dropped)
    drop_blobs(session, blobs)
    blank_contacts(session, contacts, "")
    for model, ids, left in (
        (Letter, letters, OF_LETTER),
        (Letter, sent, OF_SENT),
        (LetterParty, parties, OF_PARTY),
        (MailingRecipient, recipients, OF_RECIPIENT),
    ):
        blank(session, model, ids, left)
    forget(session, ContactPerson, RowChange.row_id == person.id, {**OF_PERSON, "last_name": person.last_name})
    forget(session, ContactInfo, one_of(RowChange.row_id, info) | was_his, OF_INFO)
    forget(session, Contact, was_his, OF_CONTACT)  # of others since
    jobs.drop_files(session)
    session.expire_all()


def _note_disposal(session: Session, person: ContactPerson, by_id: int | None) -> None:
    code = select(Counterparty.code).where(Counterparty.id == person.counterparty_id).execution_options(unscoped=True)
    client_code = session.scalars(code).one() or ""
    session.add(Disposal(kind=DisposalKind.PERSON, rows=1, person_id=person.id, client_code=client_code, by_id=by_id))


def _blank_on_devices(session: Session, subject: DeviceSubject, ids: Sequence[int]) -> None:
    of_rows = DeviceItem.subject == subject, one_of(DeviceItem.row_id, ids)
    write(session, update(DeviceItem).where(*of_rows).values(text="", kept="", name="", stamp=""))
    refused = DeviceRefusal.subject == subject, one_of(DeviceRefusal.row_id, ids)
    write(session, delete(DeviceRefusal).where(*refused))


def _recipients(session: Session, person: ContactPerson, info: Sequence[int]) -> list[int]:
    """Of mailings, deleted ones too: he himself, or nobody any more at an address that is his alone at the client."""
    others = select(func.lower(ContactInfo.value)).where(
        ContactInfo.counterparty_id == person.counterparty_id, ContactInfo.person_id.is_distinct_from(person.id)
    )
    now = select(func.lower(ContactInfo.value)).where(one_of(ContactInfo.id, info))
    was = select(func.lower(RowChange.old["value"].as_string())).where(
        RowChange.table_name == ContactInfo.__tablename__, one_of(RowChange.row_id, info), RowChange.old.is_not(None)
    )
    his = session.scalars(except_(union(now, was), others).execution_options(unscoped=True)).all()

    def found(person_id: Any, counterparty_id: Any, address: Any) -> ColumnElement[bool]:
        alone = person_id.is_(None) & (counterparty_id == person.counterparty_id) & func.lower(address).in_(his)
        return or_(person_id == person.id, alone)

    row, old = MailingRecipient, RowChange.old
    living = select(row.id).where(found(row.person_id, row.counterparty_id, row.address))
    gone = found(old["person_id"].as_integer(), old["counterparty_id"].as_integer(), old["address"].as_string())
    return ids_of(session, living) + deleted_ids(session, row, gone)


def _told_to_him_alone(person_id: int) -> Select[int]:
    other = aliased(LetterParty)
    others = select(other.id).where(
        other.letter_id == LetterParty.letter_id,
        other.role != PartyRole.FROM,
        or_(other.person_id.is_(None), other.person_id != person_id),
    )
    return select(LetterParty.letter_id).where(
        LetterParty.person_id == person_id, or_(LetterParty.role == PartyRole.FROM, ~others.exists())
    )
