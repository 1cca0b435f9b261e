"""Three managers over September and October 2026, with a client who goes from Anna to Boris in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.domain.stages import Standing
from app.domain.words import ContactState, InfoType, MovementKind
from app.models.classes import StageRecord
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.histories import ManagerRecord
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.users import User
from app.services.counterparties.completeness import keep_month
from tests.conftest import user_named
from tests.factories import added, buyer, numbers

TODAY = date(2026, 11, 5)
MOSCOW = ZoneInfo("Europe/Moscow")

CLIENTS = {
    "K1": "anna",
    "K2": "anna",
    "K3": "anna",
    "K4": "boris",
    "K5": "boris",
    "K6": "gleb",
    "K7": "gleb",
    "K8": None,
}
SHIPMENTS = """
    05.09 K1 100 70 boris; 10.09 K2 60 45 anna; 20.09 K4 80 60 boris; 25.09 K6 40 0 gleb; 28.09 K8 5 4 gleb
    30.09 K1 -10 -7 anna; 01.10 K1 50 35 -; 14.10 K2 30 20 -; 15.10 K2 20 15 -; 31.10 K2 10 7.5 -
    12.10 K5 70 50 -; 18.10 K7 90 80 -; 20.10 K4 -8 -6 -"""
PAYMENTS = """
    12.09 K1 90; 15.09 K2 30; 30.09 K4 80; 30.09 K6 50; 30.09 K6 -5; 13.10 K2 30; 16.10 K2 20; 20.10 K5 40
    25.10 K1 50; 31.10 K7 90"""
CONTACTS = """
    02.09 K1 30; 03.09 K2 60; 04.09 K4 15; 08.09 K4 20; 08.09 K8 10; 05.10 K5 60; 06.10 K7 30; 14.10 K2 45
    15.10 K2 20"""
ORDERS = """
    01.09 K1 12.09 -; 01.09 K2 16.10 -; 20.08 K4 30.09 -; 01.09 K6 - -; 05.09 K5 - 20.09; 20.09 K1 25.10 -
    10.10 K7 31.10 -; 16.10 K2 - -; 01.10 K5 - -"""
STANDINGS = {
    "31.08": {"K1": "X", "K2": "Y", "K3": "potential", "K4": "Y", "K5": "one_time", "K6": "Z", "K7": "lost"},
    "30.09": {"K1": "Y", "K4": "X", "K6": "Y"},
    "10.10": {"K2": "X"},
    "31.10": {"K2": "Y", "K4": "lost", "K5": "Z", "K7": "Z"},
}
FILLED = {"K1": 2, "K2": 3, "K3": 0, "K4": 4, "K5": 1, "K6": 2, "K7": 0}
FILLED_LATER = {"K3": 2, "K7": 1}


@dataclass
class Company:
    people: Mapping[str, User]
    clients: Mapping[str, Counterparty]


def day(text: str) -> date:
    number, month = text.split(".")
    return date(2026, int(month), int(number))


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.replace("\n", ";").split(";") if line.strip()]


def company(session: Session) -> Company:
    session.execute(delete(ContactInfo))
    session.execute(delete(ContactInfoKind))
    gleb = User(username="gleb", first_name="Глеб", last_name="Серов", email="gleb@example.com", active=True)
    people = {"gleb": added(session, gleb), **{name: user_named(session, name) for name in ("anna", "boris")}}
    clients = {
        name: buyer(session, name, manager=people.get(manager or ""), registered_on=date(2026, 1, 1))
        for name, manager in CLIENTS.items()
    }
    added(session, ManagerRecord(counterparty_id=clients["K2"].id, on=day("15.10"), manager_id=people["boris"].id))
    for on, client, amount, cost, responsible in lines(SHIPMENTS):
        kind = MovementKind.RETURN if amount.startswith("-") else MovementKind.SHIPMENT
        session.add(
            Shipment(
                **{"number": number(), "date": day(on), "kind": kind, "counterparty": clients[client]},
                **{"amount": Decimal(amount), "cost_amount": Decimal(cost), "manager": people.get(responsible)},
            )
        )
    for on, client, amount in lines(PAYMENTS):
        session.add(Payment(number=number(), date=day(on), counterparty=clients[client], amount=Decimal(amount)))
    for on, client, minutes in lines(CONTACTS):
        talk(session, datetime.combine(day(on), datetime.min.time(), MOSCOW).replace(hour=11), minutes, clients[client])
    talk(session, datetime(2026, 9, 30, 23, 50, tzinfo=MOSCOW), 30, clients["K6"])
    noon = datetime(2026, 10, 20, 12, tzinfo=MOSCOW)
    talk(session, noon, 15, clients["K6"], state=ContactState.CANCELLED)
    talk(session, noon, 15, clients["K2"], state=ContactState.PLANNED)
    talk(session, noon, 15, None, prospect="Кто-то")
    for on, client, done, closed in lines(ORDERS):
        days = {"completed_on": done, "closed_on": closed}
        session.add(
            BuyerOrder(
                **{"number": number(), "date": day(on), "counterparty": clients[client]},
                **{name: day(text) for name, text in days.items() if text != "-"},
            )
        )
    for on, stood in STANDINGS.items():
        for client, word in stood.items():
            standing = Standing.from_text(f"regular {word}" if len(word) == 1 else word)
            session.add(
                StageRecord(
                    **{"counterparty": clients[client], "on": day(on), "stage": standing.stage, "xyz": standing.xyz}
                )
            )
    kinds = [added(session, ContactInfoKind(name=f"Вид {n}", type=InfoType.OTHER)) for n in range(4)]
    for client, many in FILLED.items():
        fill(session, clients[client], kinds[:many])
    keep_month(session, date(2026, 10, 1))
    for client, many in FILLED_LATER.items():
        fill(session, clients[client], kinds[:many])
    keep_month(session, date(2026, 11, 1))
    session.flush()
    return Company(people, clients)


def number() -> str:
    return f"М-{next(numbers):05}"


def talk(session: Session, at: datetime, minutes: Any, with_whom: Counterparty | None, **more: Any) -> None:
    given = {"state": ContactState.DONE, "counterparty": with_whom, **more}
    session.add(Contact(starts_at=at, ends_at=at + timedelta(minutes=int(minutes)), **given))


def fill(session: Session, client: Counterparty, kinds: list[ContactInfoKind]) -> None:
    for kind in kinds:
        session.add(ContactInfo(counterparty=client, kind=kind, value="известно"))
    session.flush()
