"""What is known of a person, on one page and as a file; and its erasure, which keeps documents and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, delete, or_, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.domain.words import PartyRole
from app.models.bell import Notice, PhoneCall
from app.models.consents import Consent
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson
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
from app.queries.sql import one_of

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
OF_CONTACT: dict[str, Any] = {"subject": "", "text": "", "place": "", "recording": "", "own": {}}
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


def known(session: Session, person: ContactPerson) -> list[Known]:
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
    ]


def _listed(session: Session, title: str, query: Any) -> Known:
    columns = [str(each.info.get("label", each.key)) for each in query.selected_columns]
    return Known(title, columns, [tuple(row) for row in session.execute(query.limit(MOST))])


def label(attribute: InstrumentedAttribute[Any]) -> str:
    kept = attribute.info.get("label") or attribute.property.columns[0].info.get("label")
    return str(kept)


def erase(session: Session, person: ContactPerson) -> None:
    """Nothing tells any more who the person was, in the journal neither; orders, contacts and letters stay as events.

    Of a letter between many only the name and the address go; of one from him, or to him alone, what it says too.
    An address in the stop list stays there: without it he would be written to again.
    """
    contacts = _ids(session, select(Contact.id).where(Contact.person_id == person.id))
    parties = _ids(session, select(LetterParty.id).where(LetterParty.person_id == person.id))
    letters = _ids(session, _told_to_him_alone(person.id))
    by_him = LetterParty.person_id == person.id, LetterParty.role == PartyRole.FROM
    sent = _ids(session, select(LetterParty.letter_id).where(*by_him))
    recipients = _ids(session, select(MailingRecipient.id).where(MailingRecipient.person_id == person.id))
    threads = select(Letter.thread_id).where(one_of(Letter.id, letters))
    info = _ids(session, select(ContactInfo.id).where(ContactInfo.person_id == person.id))
    person.last_name = _("Erased")
    for name, value in OF_PERSON.items():
        setattr(person, name, value)
    session.flush()
    kept: tuple[tuple[Any, list[int], dict[str, Any]], ...] = (
        (Contact, contacts, OF_CONTACT),
        (Letter, letters, OF_LETTER),
        (Letter, sent, OF_SENT),
        (LetterParty, parties, OF_PARTY),
        (MailingRecipient, recipients, OF_RECIPIENT),
    )
    for model, ids, left in kept:
        _write(session, update(model).where(one_of(model.id, ids)).values(**left))
    _write(session, update(PhoneCall).where(one_of(PhoneCall.contact_id, contacts)).values(phone=""))
    _write(session, update(LetterThread).where(LetterThread.id.in_(threads)).values(subject=""))
    for gone in (
        delete(LetterInvite).where(one_of(LetterInvite.letter_id, letters)),
        delete(LetterSource).where(one_of(LetterSource.letter_id, letters)),
        delete(LetterFile).where(one_of(LetterFile.letter_id, letters)),
        delete(LetterDraft).where(LetterDraft.person_id == person.id),
        delete(Notice).where(Notice.person_id == person.id),
        delete(ContactInfo).where(one_of(ContactInfo.id, info)),
    ):
        _write(session, gone)
    for model, ids, left in (
        (ContactPerson, [person.id], {**OF_PERSON, "last_name": person.last_name}),
        *kept,
        (ContactInfo, info, OF_INFO),
    ):
        _forget(session, model, ids, left)
    session.expire_all()


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


def _ids(session: Session, query: Select[int]) -> list[int]:
    """Whoever may see it: what is to be erased is erased everywhere."""
    return list(session.scalars(query.execution_options(unscoped=True)))


def _write(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(unscoped=True, synchronize_session=False))


def _forget(session: Session, model: Any, ids: Iterable[int], left: dict[str, Any]) -> None:
    """The journal keeps that the rows were changed, and not what of the person stood in them."""
    changes = RowChange.table_name == model.__tablename__, one_of(RowChange.row_id, ids), RowChange.old.is_not(None)
    _write(session, update(RowChange).where(*changes).values(old=RowChange.old.op("||")(type_coerce(left, JSONB))))
