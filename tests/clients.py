"""A few clients with phones, for the tests of search and of the caller screen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import InfoType
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.users import User
from app.services.contacts.contacts import set_prospect_phone
from app.services.counterparties.contact_info import set_phone
from tests.factories import added, numbers

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
T = TypeVar("T")


def from_now(days: int) -> int:
    """As `days` of a contact: so many days from today, for what the clock is asked about."""
    return (clock.now() - NOON).days + days


class Clients:
    """Puts rows into the base, each flushed at once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.phone_kind = self.add(ContactInfoKind(name="Рабочий телефон для теста", type=InfoType.PHONE))
        self.email_kind = self.add(ContactInfoKind(name="Эл. почта для теста", type=InfoType.EMAIL))

    def add(self, row: T) -> T:
        return added(self.session, row)

    def user(self, username: str) -> User:
        return self.session.scalars(select(User).where(User.username == username)).one()

    def company(self, name: str, manager: str | None = "anna", **values: Any) -> Counterparty:
        owner = self.user(manager) if manager else None
        return self.add(Counterparty(code=f"Т-{next(numbers)}", name=name, manager=owner, **values))

    def person(self, company: Counterparty, last_name: str, first_name: str = "", **values: Any) -> ContactPerson:
        return self.add(ContactPerson(counterparty=company, last_name=last_name, first_name=first_name, **values))

    def phone(
        self, company: Counterparty, value: str, person: ContactPerson | None = None, extension: str = ""
    ) -> ContactInfo:
        info = ContactInfo(counterparty=company, person=person, kind=self.phone_kind, value=value, extension=extension)
        set_phone(info)
        return self.add(info)

    def email(self, company: Counterparty, value: str, person: ContactPerson | None = None) -> ContactInfo:
        return self.add(ContactInfo(counterparty=company, person=person, kind=self.email_kind, value=value))

    def contact(self, company: Counterparty | None, subject: str, days: int = 0, **values: Any) -> Contact:
        start = NOON + timedelta(days=days)
        contact = Contact(
            counterparty=company, subject=subject, starts_at=start, ends_at=start + timedelta(minutes=10), **values
        )
        set_prospect_phone(contact)
        return self.add(contact)

    def order(self, company: Counterparty, number: str, day: int = 1, **figures: Any) -> BuyerOrder:
        """Unfinished: a thing is still to be shipped, unless the figures say otherwise."""
        figures = {"quantity": Decimal(1), "rest_quantity": Decimal(1), "amount": Decimal(500), **figures}
        return self.add(BuyerOrder(number=number, date=date(2026, 11, day), counterparty=company, **figures))

    def debt(self, company: Counterparty, shipped: int, paid: int) -> None:
        number = next(numbers)
        day = date(2026, 11, 1)
        self.add(Shipment(number=f"РН-{number}", date=day, counterparty=company, amount=shipped))
        self.add(Payment(number=f"ПП-{number}", date=day, counterparty=company, amount=paid))
