"""Whom a mailing is to, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain.letters.fields import OF_PAPERS, TemplateField
from app.domain.words import (
    Direction,
    InfoType,
    LetterKind,
    LetterState,
    MailingResult,
    PartyRole,
    RecipientState,
    WhyNoLetter,
)
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.letters import Letter, LetterParty
from app.models.mailings import MailingRecipient
from app.models.orders import BuyerOrder
from app.queries.sql import one_of

# Why each of those who were chosen gets no letter, all at once; whether a text is an address at all is asked elsewhere.
JUDGED = """
    UPDATE mailing_recipient recipient SET left_out = judged.why FROM (
        SELECT id, CASE
            WHEN address = '' THEN 'no_address'
            WHEN EXISTS (SELECT FROM stop_address stop WHERE lower(stop.address) = lower(recipient.address))
                THEN 'stopped'
            WHEN EXISTS (SELECT FROM contact_info info
                         WHERE lower(info.value) = lower(recipient.address) AND info.returned_on IS NOT NULL)
                THEN 'returned'
            WHEN row_number() OVER (PARTITION BY lower(address) ORDER BY id) > 1 THEN 'twice'
        END AS why
        FROM mailing_recipient recipient WHERE mailing_id = :mailing) judged
    WHERE recipient.id = judged.id AND recipient.left_out IS DISTINCT FROM judged.why"""


def addresses_of_clients(ids: Iterable[int]) -> Select[Any]:
    """(counterparty, person, address) of each client: his own address first, then that of his first person."""
    return _addresses(Counterparty, ContactInfo.counterparty_id, ids, [Counterparty.id, ContactInfo.person_id])


def addresses_of_persons(ids: Iterable[int]) -> Select[Any]:
    """The same of persons."""
    return _addresses(ContactPerson, ContactInfo.person_id, ids, [ContactPerson.counterparty_id, ContactPerson.id])


def _addresses(owner: Any, link: Any, ids: Iterable[int], columns: list[Any]) -> Select[Any]:
    emails = select(ContactInfoKind.id).where(ContactInfoKind.type == InfoType.EMAIL)
    order = (owner.id, ContactInfo.returned_on.is_not(None), ContactInfo.person_id.is_not(None), ContactInfo.id)
    found = select(*columns, func.coalesce(ContactInfo.value, "").label("address")).select_from(owner)
    joined = found.outerjoin(ContactInfo, and_(link == owner.id, ContactInfo.kind_id.in_(emails)))
    return joined.where(one_of(owner.id, ids)).ext(distinct_on(owner.id)).order_by(*order)


def left_out(mailing_id: int, needed: Collection[TemplateField]) -> Select[str | None, int]:
    """(why they get no letter of a template with these fields, how many); None for those who get one."""
    why = _why(needed)
    found: Select[str | None, int] = _recipients(select(why, func.count()), mailing_id)
    return found.group_by(why)


def who_is_left_out(mailing_id: int, needed: Collection[TemplateField]) -> Select[MailingRecipient, str]:
    """Each of them, and why."""
    why = _why(needed)
    found: Select[MailingRecipient, str] = _recipients(select(MailingRecipient, why), mailing_id)
    return found.where(why.is_not(None)).order_by(MailingRecipient.id)


def _recipients(query: Any, mailing_id: int) -> Any:
    """With the client and the person that the viewer sees, if he sees them."""
    row = MailingRecipient
    client = query.outerjoin(Counterparty, Counterparty.id == row.counterparty_id)
    return client.outerjoin(ContactPerson, ContactPerson.id == row.person_id).where(row.mailing_id == mailing_id)


def _why(needed: Collection[TemplateField]) -> ColumnElement[str | None]:
    """As the letter itself is refused when it is made (app.services.mail.mailings)."""
    lacking = [condition for field, condition in _nothing_to_say().items() if field in needed]
    return case(
        (MailingRecipient.left_out.is_not(None), cast(MailingRecipient.left_out, String)),
        (Counterparty.id.is_(None), literal_column(f"'{WhyNoLetter.UNSEEN}'")),
        (or_(false(), *lacking), literal_column(f"'{WhyNoLetter.NO_VALUE}'")),
    ).label("why")


def _nothing_to_say() -> dict[TemplateField, ColumnElement[bool]]:
    """Of whom there is nothing to fill the field in with; the others are known of every client."""
    person, field = ContactPerson, TemplateField
    no_order = ~select(BuyerOrder.id).where(BuyerOrder.counterparty_id == Counterparty.id).exists()
    return {
        field.PERSON: person.id.is_(None),
        field.FIRST_NAME: func.coalesce(person.first_name, "") == "",
        field.NAME_AND_FATHERS: func.coalesce(person.first_name + person.middle_name, "") == "",
        field.POSITION: func.coalesce(person.position, "") == "",
        **dict.fromkeys((field.ORDER, field.ORDER_DAY, field.ORDER_SUM, field.ORDER_UNPAID), no_order),
        **dict.fromkeys((field.MARK, *OF_PAPERS), true()),
    }


def results(mailing_id: int) -> Select[Any, str]:
    """Each recipient with what became of him."""
    answer = aliased(Letter)
    answered = (
        select(answer.id)
        .where(
            answer.thread_id == Letter.thread_id,
            answer.direction == Direction.IN,
            answer.kind == LetterKind.LETTER,
        )
        .exists()
    )
    lost = (
        select(LetterParty.id)
        .where(
            LetterParty.letter_id == Letter.id,
            LetterParty.role == PartyRole.TO,
            LetterParty.state.in_((RecipientState.BOUNCED, RecipientState.REFUSED)),
        )
        .exists()
    )
    row = MailingRecipient
    steps: list[tuple[ColumnElement[bool], MailingResult]] = [
        (row.unsubscribed_at.is_not(None), MailingResult.UNSUBSCRIBED),
        (row.left_out.is_not(None), MailingResult.LEFT_OUT),
        (answered, MailingResult.ANSWERED),
        (lost | (Letter.state == LetterState.DEAD), MailingResult.BOUNCED),
        (Letter.state == LetterState.SENT, MailingResult.SENT),
    ]
    became = case(
        *((condition, literal(result.value)) for condition, result in steps), else_=literal(MailingResult.WAITING.value)
    )
    found = select(row, cast(became, String).label("became")).outerjoin(Letter, Letter.id == row.letter_id)
    # Whoever sees the mailing sees how it went, letters of clients handed over meanwhile too: no word of them is read.
    return found.where(row.mailing_id == mailing_id).order_by(row.id).execution_options(unscoped=True)


def counts(mailing_id: int) -> Select[str, int]:
    """(result, how many)."""
    each = results(mailing_id).order_by(None).subquery()
    return select(each.c.became, func.count()).group_by(each.c.became).execution_options(unscoped=True)
