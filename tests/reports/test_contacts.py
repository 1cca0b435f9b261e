"""What was said in a period, and how to reach whom: golden figures, groups and who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactKind, ContactState, Direction, InfoType
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson
from reports.contacts.contacts import Contacts
from reports.counterparties.contact_info import ContactInfoReport
from reports.kit.report import TableSet
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.factories import added, buyer

TODAY = date(2026, 5, 10)


@pytest.fixture(autouse=True)
def page(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def table(session: Session, report: TableSet, **asked: str) -> ReportTable:
    (made,) = report.tables(session, asked, today=TODAY, limit=100)
    return made


def talk(session: Session, day: date, minutes: int, **more: Any) -> Contact:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    told = {"direction": Direction.OUT, "state": ContactState.DONE, "kind": ContactKind.CALL, **more}
    return added(session, Contact(starts_at=at, ends_at=at + timedelta(minutes=minutes), **told))


@pytest.fixture
def talks(session: Session) -> None:
    """April: Anna talks to two clients of hers, Boris to one of hers and to a prospect; May has one more."""
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    rose, oak = buyer(session, "Роза", manager=anna), buyer(session, "Дуб", manager=anna)
    talk(session, date(2026, 4, 1), 10, counterparty=rose, manager=anna, text="Просит скидку")
    talk(session, date(2026, 4, 30), 45, counterparty=rose, manager=anna, kind=ContactKind.MEETING)
    talk(session, date(2026, 4, 15), 5, counterparty=oak, manager=boris, direction=Direction.IN)
    talk(session, date(2026, 4, 16), 20, prospect="Уют", manager=boris, state=ContactState.CANCELLED)
    talk(session, date(2026, 5, 1), 60, counterparty=rose, manager=anna)
    talk(session, date(2026, 3, 31), 60, counterparty=rose, manager=anna)


@pytest.mark.usefixtures("talks")
def test_contacts_of_a_period_are_counted_with_their_minutes(session: Session) -> None:
    found = table(session, Contacts(), period="2026-04", group="counterparty")
    counts = {total.get("counterparty"): (total["contacts"], total["minutes"]) for total in found.totals.values()}
    assert counts == {None: (4, 80), "Роза": (2, 55), "Дуб": (1, 5), "Уют": (1, 20)}
    assert [(row["text"], row["minutes"]) for row in found.rows if row["counterparty"] == "Роза"] == [
        ("Просит скидку", 10),
        ("", 45),
    ]


@pytest.mark.usefixtures("talks")
@pytest.mark.parametrize(
    ("asked", "minutes"),
    [
        ({"manager": "boris"}, 25),
        ({"kind": "meeting"}, 45),
        ({"direction": "in"}, 5),
        ({"state": "done"}, 60),
        ({"kind": "call", "state": "done", "manager": "anna"}, 10),
    ],
)
def test_contacts_are_narrowed(session: Session, asked: dict[str, str], minutes: int) -> None:
    assert table(session, Contacts(), period="2026-04", **asked).total["minutes"] == minutes


@pytest.mark.usefixtures("talks")
def test_whoever_talked_to_a_client_of_another_reads_his_name_and_not_his_card(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN}, ["Sales manager"])
    rows = table(session, Contacts(), period="2026-04").rows
    assert {(row["counterparty"], row["counterparty_id"]) for row in rows} == {("Дуб", None), ("Уют", None)}


@pytest.fixture
def ways(session: Session) -> None:
    """Three kinds for counterparties, two for persons: Роза has two phones and a wrong e-mail, Дуб has nothing."""
    for kind in session.scalars(select(ContactInfoKind)):
        kind.for_counterparties = kind.for_persons = False
    phone, email, _site = (
        added(session, ContactInfoKind(name=name, type=kind, for_persons=persons))
        for name, kind, persons in (
            ("Тел", InfoType.PHONE, True),
            ("Почта", InfoType.EMAIL, True),
            ("Страница", InfoType.WEB, False),
        )
    )
    rose = buyer(session, "Роза", manager=user_named(session, "anna"))
    buyer(session, "Дуб")
    person = added(session, ContactPerson(counterparty=rose, last_name="Иванова"))
    for number in ("+78462152067", "+78462152068"):
        added(session, ContactInfo(counterparty=rose, kind=phone, value=number, phone=number))
    added(session, ContactInfo(counterparty=rose, kind=email, value="спросить"))
    added(session, ContactInfo(counterparty=rose, person=person, kind=email, value="i@roza.ru"))


@pytest.mark.usefixtures("ways")
def test_what_is_missing_stands_beside_what_is_filled(session: Session) -> None:
    found = table(session, ContactInfoReport(), group="manager")
    assert sorted((row["counterparty"], row["kind"], row["state"]) for row in found.rows) == [
        ("Дуб", "Почта", "missing"),
        ("Дуб", "Страница", "missing"),
        ("Дуб", "Тел", "missing"),
        ("Роза", "Почта", "wrong"),
        ("Роза", "Страница", "missing"),
        ("Роза", "Тел", "filled"),
        ("Роза", "Тел", "filled"),
    ]
    figures = [(total["filled"], total["possible"], round(total["completeness"], 2)) for total in found.totals.values()]
    assert sorted(figures) == [(0, 3, 0), (1, 3, Decimal("33.33")), (1, 6, Decimal("16.67"))]


@pytest.mark.usefixtures("ways")
def test_of_each_owner_the_missing_kinds_are_named(session: Session) -> None:
    found = table(session, ContactInfoReport(), of="all", by="owner")
    assert [
        (row["counterparty"], row["person"], row["filled"], row["missing"], row["wrong"]) for row in found.rows
    ] == [
        ("Дуб", None, 0, "Тел, Почта, Страница", None),
        ("Роза", None, 1, "Страница", "Почта"),
        ("Роза", "Иванова", 1, "Тел", None),
    ]
    assert found.total["possible"] == 8


@pytest.mark.usefixtures("ways")
@pytest.mark.parametrize(
    ("asked", "count"), [({"type": "phone"}, 3), ({"state": "missing"}, 4), ({"who": "suppliers"}, 0)]
)
def test_contact_information_is_narrowed(session: Session, asked: dict[str, str], count: int) -> None:
    assert table(session, ContactInfoReport(), **asked).count == count


@pytest.mark.usefixtures("ways")
def test_a_manager_reads_the_information_of_his_clients_alone(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN}, ["Sales manager"])
    assert {row["counterparty"] for row in table(session, ContactInfoReport(), of="all").rows} == {"Роза"}
