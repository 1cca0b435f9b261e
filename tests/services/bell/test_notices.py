"""Everybody is told of his clients what he wants to know, once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass, NoticeKind
from app.models.bell import Notice
from app.models.classes import AbcRecord, StageRecord
from app.models.own_fields import OwnField
from app.models.products import Item
from app.models.suppliers import SupplierPrice
from app.models.users import UserProfile
from app.services import own_fields
from app.services.bell import notices
from tests.clients import Clients

ZONE = ZoneInfo("Europe/Moscow")
TODAY, DAY = date(2026, 5, 8), timedelta(days=1)


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def look(session: Session, today: date = TODAY) -> int:
    return notices.make(session, today, zone=ZONE)


def told(session: Session, kind: NoticeKind = NoticeKind.BIRTHDAY) -> list[str]:
    found = session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id))
    return sorted(notice.user.username for notice in found)


def test_a_birthday_is_told_to_the_manager_of_the_client(session: Session, clients: Clients) -> None:
    clients.person(clients.company("Ромашка", "anna"), "Иванов", birthday=date(1904, 5, 10))
    clients.person(clients.company("Лютик", "boris"), "Петров", birthday=date(1990, 5, 8))
    clients.person(clients.company("Мак", "boris"), "Далекий", birthday=date(1990, 5, 12))
    clients.person(clients.company("Василек", "boris"), "Тихий", birthday=date(1990, 5, 8), birthday_told=False)
    assert look(session) == 2
    assert told(session) == ["anna", "boris"]
    assert look(session) == 0


def test_of_a_client_without_a_manager_and_of_one_who_has_left_heads_are_told(
    session: Session, clients: Clients
) -> None:
    clients.person(clients.company("Ничья", None), "Иванов", birthday=TODAY)
    assert look(session) > 0
    heads = told(session)
    assert "anna" not in heads
    assert "admin" in heads
    clients.person(clients.company("Ромашка", "anna"), "Петров", birthday=TODAY)
    clients.user("anna").active = False
    session.flush()
    assert look(session) == len(heads)
    assert told(session) == sorted(heads * 2)


def yearly(session: Session, name: str, **more: Any) -> None:
    own_fields.save_field(session, OwnField(owner=Owner.COUNTERPARTY, kind=OwnKind.DATE, name=name, **more))


@pytest.mark.parametrize(
    ("kept", "today", "told"),
    [
        ("2006-05-10", date(2026, 5, 6), None),
        ("2006-05-10", date(2026, 5, 7), ("2026-05-10", 20)),
        ("2006-05-10", date(2026, 5, 10), ("2026-05-10", 20)),
        ("2006-05-10", date(2026, 5, 11), None),
        ("2004-02-29", date(2026, 2, 28), ("2026-02-28", 22)),
        ("2004-02-29", date(2028, 2, 25), None),
        ("2004-02-29", date(2028, 2, 26), ("2028-02-29", 24)),
        ("2004-02-29", date(2028, 2, 29), ("2028-02-29", 24)),
        ("2000-01-02", date(2026, 12, 31), ("2027-01-02", 27)),
        ("2026-05-10", date(2026, 5, 8), ("2026-05-10", 0)),
        ("2027-05-10", date(2026, 5, 8), None),
    ],
)
def test_the_day_of_a_client_that_comes_each_year_is_told_before_it(
    session: Session, clients: Clients, kept: str, today: date, told: tuple[str, int] | None
) -> None:
    yearly(session, "Founded", told_days=3)
    yearly(session, "Seen", told_days=None)
    client = clients.company("Ромашка", "anna", own={"founded": kept, "seen": kept})
    look(session, today)
    found = session.scalars(select(Notice).where(Notice.kind == NoticeKind.ANNIVERSARY)).all()
    expected = [("anna", client.id, {"what": "Founded", "day": told[0], "years": told[1]})] if told else []
    assert [(each.user.username, each.counterparty_id, each.facts) for each in found] == expected


def test_an_anniversary_is_told_once_a_year_to_those_of_its_client_who_see_the_field(
    session: Session, clients: Clients
) -> None:
    yearly(session, "Founded", told_days=2)
    yearly(session, "Signed", told_days=0, seen_by=["Commercial director"])
    clients.company("Ромашка", "anna", own={"founded": "2006-05-08", "signed": "2006-05-08"})
    clients.company("Лютик", "vera", own={"signed": "2006-05-08"})
    every_day = {TODAY + n * DAY for n in range(-7, 15)}
    now_and_then = {TODAY + n * DAY for n in range(-30, 335, 30)}
    assert sum(look(session, day) for day in sorted(every_day | now_and_then)) == 2
    assert told(session, NoticeKind.ANNIVERSARY) == ["anna", "vera"]
    assert look(session, date(2027, 5, 8)) == 2


HEADS = ("admin", "vera")


@pytest.mark.parametrize(
    ("main", "additional", "left", "expected"),
    [
        ("anna", ("boris",), (), ("anna", "boris")),
        ("anna", ("boris", "maria"), (), ("anna", "boris", "maria")),
        ("anna", ("boris",), ("anna",), ("boris",)),
        ("anna", ("boris",), ("boris",), ("anna",)),
        ("anna", ("boris",), ("anna", "boris"), HEADS),
        (None, ("boris",), (), ("boris",)),
        (None, ("boris",), ("boris",), HEADS),
        (None, (), (), HEADS),
    ],
)
def test_a_birthday_is_told_to_whoever_works_with_the_client_each_once(
    session: Session,
    clients: Clients,
    main: str | None,
    additional: tuple[str, ...],
    left: tuple[str, ...],
    expected: tuple[str, ...],
) -> None:
    company = clients.company("Ромашка", main)
    company.additional_managers = [clients.user(name) for name in additional]
    clients.person(company, "Иванов", birthday=TODAY.replace(year=1990))
    for name in left:
        clients.user(name).active = False
    session.flush()
    assert look(session) == len(expected)
    assert told(session) == sorted(expected)
    assert look(session, TODAY + DAY) == 0


def test_whoever_becomes_the_responsible_is_not_told_again(session: Session, clients: Clients) -> None:
    company = clients.company("Ромашка", "anna")
    company.additional_managers = [clients.user("boris")]
    clients.person(company, "Иванов", birthday=TODAY.replace(year=1990))
    assert look(session) == 2
    company.manager = clients.user("boris")
    session.flush()
    assert look(session) == 0
    company.manager = clients.user("maria")
    session.flush()
    assert look(session) == 1
    assert told(session) == ["anna", "boris", "maria"]


@pytest.mark.parametrize(
    ("days", "subject", "silent"),
    [(0, "День рождения!", True), (29, "день рождения", True), (33, "День рождения", False), (0, "Цены", False)],
)
def test_a_planned_congratulation_is_enough(
    session: Session, clients: Clients, days: int, subject: str, silent: bool
) -> None:
    company = clients.company("Ромашка", "anna")
    person = clients.person(company, "Иванов", birthday=TODAY.replace(year=1990))
    contact = clients.contact(company, subject, person=person)
    contact.starts_at = contact.ends_at = datetime(2026, 5, 8, 12, tzinfo=UTC) + days * DAY
    session.flush()
    assert look(session) == (0 if silent else 1)


@pytest.mark.slow
def test_over_a_year_of_days_nobody_is_told_twice_and_nobody_is_forgotten(session: Session, clients: Clients) -> None:
    born = [date(1990, 1, 1), date(1988, 2, 29), date(1904, 12, 31), date(1975, 3, 1), date(1990, 5, 10)]
    for manager, other in (("anna", "boris"), ("boris", "maria")):
        company = clients.company(f"Клиент {manager}", manager)
        company.additional_managers = [clients.user(other)]
        for n, day in enumerate(born):
            clients.person(company, f"Иванов{n}", birthday=day, birthday_days=n * 2)
    first, last = date(2027, 3, 2), date(2028, 3, 1)  # with the 29th of February 2028
    days = {date(2027, 5, 10), date(2027, 12, 31), date(2028, 1, 1), date(2028, 2, 29), last}
    about = {day + n * DAY for day in days for n in range(-12, 5)}
    now_and_then = {first + n * DAY for n in range(0, 366, 10)}
    for day in sorted(about | now_and_then):
        if day <= last:
            look(session, day)
    found = session.scalars(select(Notice)).all()
    assert Counter(Counter((each.user_id, each.person_id) for each in found).values()) == {1: 20}
    assert {each.facts["birthday"] for each in found} == {
        *("2028-01-01", "2028-02-29", "2027-12-31", "2028-03-01", "2027-05-10")
    }


def test_orders_debts_classes_stages_and_prices_are_told_once(session: Session, clients: Clients) -> None:
    company = clients.company("Ромашка", "anna", allowed_debt=Decimal(100))
    company.additional_managers = [clients.user("maria")]
    clients.order(company, "1", ship_on=TODAY - DAY, manager=clients.user("boris"))
    clients.order(company, "2", ship_on=TODAY)
    clients.debt(company, 500, 100)
    clients.add(AbcRecord(counterparty=company, on=TODAY, abc=AbcClass.B, old=AbcClass.A, value=1))
    stage = {"stage": Stage.REGULAR, "xyz": XyzClass.Y, "old_stage": Stage.REGULAR, "old_xyz": XyzClass.X}
    clients.add(StageRecord(counterparty=company, on=TODAY, **stage))
    rising = clients.company("Подъем", "anna")
    clients.add(AbcRecord(counterparty=rising, on=TODAY, abc=AbcClass.A, old=AbcClass.B, value=1))
    supplier, item = clients.company("Завод", None, is_supplier=True), clients.add(Item(code="1", name="Гвоздь"))
    for day, price in ((TODAY - 30 * DAY, 100), (TODAY, 110)):
        clients.add(SupplierPrice(counterparty=supplier, item=item, on=day, price=Decimal(price)))
    look(session)
    kinds = {kind: told(session, kind) for kind in NoticeKind}
    assert kinds[NoticeKind.OVERDUE] == ["anna", "boris", "maria"]
    assert [kinds[kind] for kind in (NoticeKind.OVER_LIMIT, NoticeKind.CLASS_FELL, NoticeKind.STAGE_FELL)] == [
        ["anna", "maria"]
    ] * 3
    assert "pavel" in kinds[NoticeKind.PRICE_ROSE]
    assert "anna" not in kinds[NoticeKind.PRICE_ROSE]
    assert look(session, TODAY + DAY) == 2  # the second order is overdue since: both are told
    assert look(session, TODAY + DAY) == 0


def test_whoever_wants_none_of_a_kind_gets_none(session: Session, clients: Clients) -> None:
    clients.person(clients.company("Ромашка", "anna"), "Иванов", birthday=TODAY)
    clients.add(UserProfile(user=clients.user("anna"), notices_off=["birthday"]))
    assert look(session) == 0


def test_what_one_reads_stays_unread_by_others(session: Session, clients: Clients) -> None:
    anna = clients.user("anna")
    for manager in ("anna", "anna", "boris"):
        clients.person(clients.company(f"Клиент {manager}", manager), "Иванов", birthday=TODAY)
    look(session)
    made = session.scalars(select(Notice).order_by(Notice.id)).all()
    first, second, theirs = sorted(made, key=lambda notice: notice.user_id != anna.id)
    now = datetime(2026, 5, 8, 9, tzinfo=ZONE)
    for number, at, unread in ((theirs.id, now, 3), (first.id, now, 2), (None, now + DAY, 1)):
        notices.mark_read(session, anna.id, now=at, number=number)
        session.expire_all()
        assert sum(notice.read_at is None for notice in made) == unread
    assert (first.read_at, second.read_at, theirs.read_at) == (now, now + DAY, None)


@pytest.mark.slow
def test_a_notice_goes_with_its_client(session: Session, clients: Clients, login: Any) -> None:
    company = clients.company("Ромашка", "anna")
    clients.person(company, "Иванов", birthday=TODAY.replace(year=1990))
    look(session)
    session.commit()
    notice = session.scalars(select(Notice)).one()
    anna, boss = login("anna"), login("admin")
    assert "Иванов" in anna.get("/bell/all").text
    assert "исполняется 36 лет" in anna.get("/bell/panel").text
    assert anna.get("/bell/").json["notices"] == 1
    for stranger in (login("boris"), boss):
        closed(stranger, notice.id)
    company.manager = clients.user("boris")
    session.commit()
    closed(anna, notice.id)
    assert look(session) == 1
    session.commit()
    boris: FlaskClient = login("boris")
    new = session.scalars(select(Notice).where(Notice.id != notice.id)).one()
    assert boris.get(f"/bell/notice/{new.id}").location.endswith(f"/persons/show/{new.person_id}")
    assert boris.get("/bell/").json["notices"] == 0


def closed(client: FlaskClient, number: int) -> None:
    assert client.get("/bell/").json["notices"] == 0
    assert "Иванов" not in client.get("/bell/all").text + client.get("/bell/panel").text
    assert client.get(f"/bell/notice/{number}").status_code == 404
