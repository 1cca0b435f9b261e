"""Relations with clients in figures: offers, satisfaction, mix, discipline, income; the page of one client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass, Direction, LetterKind, LetterState, OfferOutcome, PartyRole
from app.models.allocations import PaymentAllocation
from app.models.classes import AbcRecord
from app.models.counterparties import Counterparty
from app.models.letters import Letter, LetterParty, LetterThread
from app.models.mailings import Mailing, MailingRecipient
from app.models.movements import Payment, ShipmentLine
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.satisfaction import SatisfactionMark
from reports.counterparties.relations import Relations
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.reports.test_contacts import talk
from tests.reports.trade import shipped

TODAY = date(2026, 5, 31)


@pytest.fixture(autouse=True)
def language(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.fixture
def market(session: Session) -> dict[str, Counterparty]:
    """Роза (Anna's) and three more of class B; the median of the class is 300."""
    clients = {name: buyer(session, name) for name in ("Роза", "Дуб", "Клен", "Ива")}
    clients["Роза"].manager = user_named(session, "anna")
    paint, tools, glue = (
        added(session, Item(code=name, name=name, group=name)) for name in ("Краски", "Ручной", "Клей")
    )

    def sold(name: str, day: date, **goods: int) -> None:
        shipment = shipped(session, clients[name], sum(goods.values()), day)
        for place, (item, amount) in enumerate(goods.items(), 1):
            it = {"paint": paint, "tools": tools, "glue": glue}[item]
            line = ShipmentLine(shipment=shipment, position=place, item=it, quantity=1, price=amount, amount=amount)
            added(session, line)

    sold("Роза", date(2026, 3, 1), paint=75, tools=25)
    sold("Роза", date(2025, 4, 1), paint=250, glue=250)
    sold("Дуб", date(2026, 3, 1), paint=200, glue=100)
    sold("Клен", date(2026, 3, 1), paint=100, glue=200)
    sold("Ива", date(2026, 3, 1), tools=500)
    for client in clients.values():
        added(session, AbcRecord(counterparty=client, on=date(2026, 1, 1), abc=AbcClass.B, value=0))
    rose = clients["Роза"]
    came = added(session, BuyerOrder(number="З-9", date=date(2026, 4, 1), counterparty=rose))
    for day, outcome in ((1, OfferOutcome.ACCEPTED), (2, OfferOutcome.REFUSED), (3, None), (4, OfferOutcome.ACCEPTED)):
        reason = "Дорого" if outcome is OfferOutcome.REFUSED else ""
        order = came if day == 1 else None
        told = {"is_offer": True, "outcome": outcome, "reason": reason, "order": order}
        talk(session, date(2026, 4, day), 5, counterparty=rose, **told)
    talk(session, date(2025, 4, 1), 5, counterparty=rose, is_offer=True)  # before the twelve months
    for day, mark in ((date(2026, 1, 1), 5), (date(2026, 2, 1), 3)):
        added(session, SatisfactionMark(counterparty=rose, on=day, mark=mark, comment="", by=None))
    order = added(
        session,
        BuyerOrder(
            number="З-1",
            date=date(2026, 2, 1),
            counterparty=rose,
            pay_by=date(2026, 3, 20),
            first_pay_by=date(2026, 3, 1),
        ),
    )
    for day, amount in ((date(2026, 2, 20), 60), (date(2026, 3, 11), 40)):
        money = Payment(number=f"П{day}", date=day, counterparty=rose, amount=amount, allocated_amount=amount)
        added(session, PaymentAllocation(payment=added(session, money), order=order, amount=amount))
    return clients


def wrote(
    session: Session, thread: LetterThread, day: date, *clients: Counterparty | None, his: bool = False, **more: Any
) -> Letter:
    """A letter to these clients, or `his`; None is an address that nobody knows."""
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    way = {"direction": Direction.IN, "state": LetterState.RECEIVED} if his else {"direction": Direction.OUT}
    letter = Letter(
        message_id=f"{session.scalar(select(func.count(Letter.id)))}@x.example",
        at=at,
        subject="Прайс",
        thread=thread,
        **{"kind": LetterKind.LETTER, "state": LetterState.SENT, **way, **more},
        parties=[
            LetterParty(role=PartyRole.FROM if his else PartyRole.TO, address="a@x.example", at=at, counterparty=client)
            for client in clients
        ],
    )
    return added(session, letter)


@pytest.fixture
def letters(session: Session, market: dict[str, Counterparty]) -> None:
    """With Роза two conversations of ours, one of hers, one of long ago, one that waits; a mailing to her and Дуб."""
    rose, oak = market["Роза"], market["Дуб"]
    april = [date(2026, 4, day) for day in range(1, 31)]
    ours, slow, hers, old, waiting, one, two = (added(session, LetterThread(subject="")) for _ in range(7))
    wrote(session, ours, april[0], rose, oak)
    wrote(session, ours, april[3], rose, his=True)
    wrote(session, ours, april[4], rose)
    wrote(session, ours, april[5], rose, his=True)
    wrote(session, slow, april[4], rose)
    wrote(session, slow, april[4], rose, his=True, kind=LetterKind.AUTO)
    wrote(session, slow, april[19], rose, his=True)
    wrote(session, hers, april[0], rose, his=True)
    wrote(session, hers, april[1], rose)
    wrote(session, old, date(2024, 4, 1), rose)
    wrote(session, waiting, april[1], rose, state=LetterState.WAITING)
    mailing = added(session, Mailing(name="Весна", author_id=user_named(session, "anna").id))
    for client, thread in ((rose, one), (oak, two)):
        letter = wrote(session, thread, april[9], client)
        added(session, MailingRecipient(mailing=mailing, counterparty=client, letter=letter))
    wrote(session, one, april[10], None, his=True)


def tables(session: Session, **asked: str) -> list[ReportTable]:
    return [*Relations().tables(session, {"on": TODAY.isoformat(), **asked}, today=TODAY, limit=100)]


def row_of(table: ReportTable, name: str) -> dict[str, Any]:
    return next(dict(row) for row in table.rows if row["buyer"] == name)


@pytest.mark.usefixtures("market")
def test_every_figure_of_a_client(session: Session) -> None:
    (table,) = tables(session)
    rose = row_of(table, "Роза")
    assert (rose["offers"], rose["accepted"], rose["reaction"]) == (4, 2, 50)
    assert (rose["ordered"], rose["ordered_share"]) == (1, 25)
    assert (rose["mark"], rose["trend"], rose["average"]) == (3, -1, 4)
    # Paints 50 → 75 %, glue 50 → 0, tools 0 → 25: half of 25 + 50 + 25.
    assert (rose["mix_change"], rose["dropped"]) == (50, 1)
    # 60 in time and 40 ten days after the day that was planned first.
    assert (rose["days_late"], rose["late_share"]) == (4, 40)
    assert (rose["revenue"], rose["best"], rose["median"], rose["possible"], rose["gap"]) == (100, 500, 300, 500, 400)
    assert row_of(table, "Ива")["gap"] == 0
    assert row_of(table, "Дуб")["mix_change"] is None


def test_the_page_of_a_client_tells_what_his_figures_are_made_of(
    session: Session, market: dict[str, Counterparty]
) -> None:
    _row, counted, mix, like, offers, letters, marks = tables(session, counterparty=market["Роза"].code)
    assert all(row["how"] for row in counted.rows)
    assert {row["figure"]: row["value"] for row in counted.rows}["Offers accepted, %"] == "50.00"
    assert {row["item_group"]: (row["share_before"], row["share_now"], row["mark"]) for row in mix.rows} == {
        "Краски": (50, 75, ""),
        "Ручной": (0, 25, "buys since now"),
        "Клей": (50, 0, "buys no more"),
    }
    # All three share goods with him; glue is what two of them buy beside those.
    assert [(row["item"], row["buyers"], round(row["share"])) for row in like.rows] == [("Клей", 2, 67)]
    assert [row["reason"] for row in offers.rows] == ["", "", "Дорого", ""]
    assert [row["mark"] for row in marks.rows] == [3, 5]
    assert not letters.rows


@pytest.mark.usefixtures("letters")
def test_letters_and_mailings_are_answered_by_conversation_within_days(
    session: Session, market: dict[str, Counterparty]
) -> None:
    columns = ("letters", "letters_answered", "mailings", "mailings_answered")

    def found(name: str, **asked: str) -> tuple[Any, ...]:
        return tuple(row_of(tables(session, **asked)[0], name)[column] for column in columns)

    assert found("Роза") == (2, 1, 1, 1)
    assert found("Роза", within="15") == (2, 2, 1, 1)
    assert found("Роза", within="2") == (2, 0, 1, 1)
    assert found("Дуб") == (1, 0, 1, 0)  # the first letter was to both of them, and one answered
    table = tables(session, counterparty=market["Роза"].code)[-2]
    assert [(row["mailing"], row["day"].day, row["days"]) for row in table.rows] == [
        ("Весна", 10, 1),
        ("", 5, None),
        ("", 1, 3),
    ]


@pytest.mark.usefixtures("market")
def test_a_manager_sees_his_clients_beside_the_median_of_the_company(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN}, ["Sales manager"])
    (table,) = tables(session)
    assert [(row["buyer"], row["median"]) for row in table.rows] == [("Роза", Decimal(300))]
