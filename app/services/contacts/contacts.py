"""Contacts: what is made whole before one is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain import phones
from app.domain.contact_times import is_ahead, usual_end
from app.domain.words import ContactState, OfferOutcome
from app.errors import Refused
from app.models.contacts import Contact
from app.services import duplicates
from app.services.remarks import Remark

PROSPECT = {"name": "prospect", "phone": "prospect_phone", "email": "prospect_email"}


def complete(_session: Session, contact: Contact, *, now: datetime) -> None:
    """See to the person, the times and the offer of a contact; refuse one with nobody."""
    if contact.counterparty is None and not contact.prospect:
        raise Refused(_("Choose a counterparty or name the prospect."), field="counterparty")
    if contact.ends_at is None:
        contact.ends_at = usual_end(contact.starts_at, contact.state or ContactState.PLANNED, now)
    if contact.ends_at < contact.starts_at:
        raise Refused(_("The end is before the start."), field="ends_at")
    if is_ahead(contact.state or ContactState.PLANNED, contact.starts_at, contact.ends_at, now):
        field = "starts_at" if contact.starts_at > now else "ends_at"
        raise Refused(_("What has happened cannot be in the future."), field=field)
    person = contact.person
    if person is not None and (contact.counterparty is None or person.counterparty_id != contact.counterparty.id):
        raise Refused(_("This person belongs to another counterparty."), field="person")
    _check_offer(contact)
    set_prospect_phone(contact)


def set_prospect_phone(contact: Contact) -> None:
    """Fill the tail of the prospect's phone, so that his next call finds this contact."""
    contact.prospect_tail = phones.tail_of(contact.prospect_phone or "")


def _check_offer(contact: Contact) -> None:
    """Only an offer has an outcome, a refusal has a reason, and the order of an offer came of what was accepted."""
    contact.reason = (contact.reason or "").strip()
    refused = contact.outcome == OfferOutcome.REFUSED
    if contact.outcome is not None and not contact.is_offer:
        raise Refused(_("Only an offer has an outcome."), field="outcome")
    if refused and not contact.reason:
        raise Refused(_("Say why the offer was refused."), field="reason")
    if contact.reason and not refused:
        raise Refused(_("Only a refused offer has a reason."), field="reason")
    if contact.order is None:
        return
    if contact.is_offer and contact.outcome != OfferOutcome.ACCEPTED:
        raise Refused(_("An order comes of an accepted offer only."), field="order")
    if contact.counterparty is None or contact.order.counterparty_id != contact.counterparty.id:
        raise Refused(_("This order belongs to another counterparty."), field="order")


def remarks(session: Session, typed: Mapping[str, str]) -> list[Remark]:
    """Which clients the prospect of a contact resembles, at the fields of the contact."""
    found = duplicates.remarks(session, own=None, **{what: typed[field] for what, field in PROSPECT.items()})
    return [Remark(PROSPECT[each.field], each.text, each.row) for each in found]


def of_contact(session: Session, contact: Contact) -> list[Remark]:
    """What is worth knowing of a contact that a program sends."""
    if contact.counterparty is not None or contact.counterparty_id is not None:
        return []
    return remarks(session, {field: getattr(contact, field) or "" for field in PROSPECT.values()})
