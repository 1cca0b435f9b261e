"""Whose number it is: conditions over the digits that app.domain.phones keeps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, false

from app.domain import phones
from app.models.counterparties import ContactInfo

ENOUGH = 4  # fewer trailing digits than these fit too many numbers


def known(value: str) -> Any:
    """A value that the planner sees: what it chooses depends on how common the value is."""
    return bindparam(None, value, String(), unique=True, literal_execute=True)


def ends_with(tail: Any, digits: str) -> ColumnElement[bool]:
    """The column of digits backwards belongs to a number that ends with these digits (given backwards too)."""
    return and_(tail != known(""), tail.like(known(f"{digits}%")))


def phone_ends(text: str, tail: Any = ContactInfo.phone_tail) -> ColumnElement[bool]:
    """A phone that ends with the digits typed, however they are spelled; nothing for fewer than four digits."""
    digits = phones.search_tail(text)
    return ends_with(tail, digits) if len(digits) >= ENOUGH else false()
