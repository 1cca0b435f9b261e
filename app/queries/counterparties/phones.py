"""Whose number it is: conditions over the digits that app.domain.phones keeps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from app.domain import phones
from app.domain.likeness import email_key, phone_key
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, Counterparty
from app.models.users import User
from app.queries.sql import literal_text, user_name

ENOUGH = 4  # fewer trailing digits than these fit too many numbers
LOCAL = 7  # the digits of a number inside its town: the same ones may be written with a code or without it
LONGEST_INTERNAL = 5  # digits of an internal number
MOST = 50


def ends_with(tail: Any, digits: str) -> ColumnElement[bool]:
    """The column of digits backwards belongs to a number that ends with these digits (given backwards too)."""
    return and_(tail != literal_text(""), tail.like(literal_text(f"{digits}%")))


def phone_ends(text: str, tail: Any = ContactInfo.phone_tail) -> ColumnElement[bool]:
    """A phone that ends with the digits typed, however they are spelled; nothing for fewer than four digits."""
    digits = phones.search_tail(text)
    return ends_with(tail, digits) if len(digits) >= ENOUGH else false()


def internal_number(phone: phones.Phone) -> str:
    """The extension that the text names, or a short number that may itself be one."""
    digits = phone.tail[::-1]
    return phone.extension or (digits if 1 < len(digits) <= LONGEST_INTERNAL else "")


def numbers_like(text: str) -> Select[int, int, str, str, str]:
    """`id, counterparty_id, tail, extension, manager` of every phone that may be the one typed, short ones first.

    Seven digits or more are compared by the last seven: what is really the same
    number and what is only like it is told by app.services.counterparties.callers.
    """
    phone, digits = phones.parse(text), phones.search_tail(text)
    tail, extension = ContactInfo.phone_tail, ContactInfo.extension
    conditions = []
    if len(digits) >= ENOUGH:
        conditions.append(ends_with(tail, digits[:LOCAL]))
    elif digits:
        conditions.append(and_(tail != literal_text(""), tail == literal_text(digits)))
    if phone and internal_number(phone):
        conditions.append(extension == literal_text(internal_number(phone)))
    return (
        select(
            ContactInfo.id,
            ContactInfo.counterparty_id,
            tail.label("tail"),
            extension.label("extension"),
            user_name(User).label("manager"),
        )
        .join(Counterparty, Counterparty.id == ContactInfo.counterparty_id)
        .outerjoin(User, User.id == Counterparty.manager_id)
        .where(or_(false(), *conditions))
        .order_by(func.length(tail), ContactInfo.id)
        .limit(MOST)
    )


def prospects_like(text: str) -> Select[int, str, str]:
    """`id, tail, manager` of the latest contacts with prospects who left such a number."""
    digits = phones.search_tail(text)
    tail = Contact.prospect_tail
    same = ends_with(tail, digits[:LOCAL]) if len(digits) >= ENOUGH else false()
    return (
        select(Contact.id, tail.label("tail"), user_name(User).label("manager"))
        .outerjoin(User, User.id == Contact.manager_id)
        .where(same, Contact.counterparty_id.is_(None))
        .order_by(Contact.starts_at.desc(), Contact.id.desc())
        .limit(MOST)
    )


def of_same_prospect(contact: Contact) -> Select[Contact]:
    """This contact with a prospect, and every other one of his whole number or his address."""
    same: list[ColumnElement[bool]] = [Contact.id == contact.id]
    if number := phone_key(contact.prospect_tail):
        same.append(ends_with(Contact.prospect_tail, number))
    if address := email_key(contact.prospect_email):
        is_told = Contact.prospect_email != literal_text("")
        same.append(and_(is_told, func.lower(Contact.prospect_email) == literal_text(address)))
    return select(Contact).where(or_(*same), Contact.counterparty_id.is_(None)).order_by(Contact.id)
