"""The calendar: one list of all that is to be done, by its time, for those who may see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY
from app.domain.words import ContactKind, ContactState, Direction, Importance, LetterState
from app.models.closing import ClosingReason
from app.models.contacts import Contact, ContactParticipant
from app.models.deals import ExpectedDeal
from app.models.letters import Letter
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder, SupplierOrderLine
from app.models.tasks import Task
from app.services.sales.closing import close_orders
from app.web.access.people import profile_of
from tests import deals
from tests.clients import Clients
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]
NOT, PART = "none", "partial"


@pytest.fixture
def anna(session: Session) -> Any:
    return user_named(session, "anna")


@pytest.fixture
def boris(session: Session) -> Any:
    return user_named(session, "boris")


def planned(session: Session, manager: Any, at: datetime, subject: str = "Дело", **more: Any) -> Contact:
    client = more.pop("counterparty", None) or buyer(session, f"Клиент {subject}", manager=manager)
    made = Contact(
        counterparty=client,
        manager=manager,
        subject=subject,
        starts_at=at,
        ends_at=at + timedelta(minutes=30),
        **more,
    )
    return added(session, made)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def rows(client: FlaskClient, **asked: str) -> list[dict[str, Any]]:
    answer = client.get("/calendar/json", query_string=asked)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json
    return found


def order_of(session: Session, manager: Any, ship_on: date | None, pay_by: date | None, **more: Any) -> BuyerOrder:
    client = more.pop("counterparty", None) or buyer(session, "Покупатель", manager=manager)
    goods = more.pop("goods", None) or {deals.item(session): 100}
    made = deals.order(session, client, goods, on=date(2026, 1, 10), manager_id=manager.id, **more)
    made.ship_on, made.pay_by = ship_on, pay_by
    session.flush()
    return made


def test_all_kinds_stand_in_one_list_by_their_time_and_what_has_no_day_is_last(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    order_of(session, anna, today, None)
    order_of(session, anna, today + DAY, today - DAY)
    planned(session, anna, noon(today), "Сегодня")
    planned(session, anna, noon(today - 2 * DAY), "Было")
    session.commit()
    found = rows(login("anna"))
    assert [(row["event"], row["colour"]) for row in found] == [
        ("contact", "overdue"),
        ("payment", "overdue"),
        ("shipment", "today"),
        ("contact", "today"),
        ("shipment", "later"),
        ("payment", "none"),
    ]
    page = login("anna").get("/calendar/").text
    assert re.findall(r'class="lead-link"[^>]*>([^<]+)<', page)[0] == "Было"
    assert "Просрочено 2" in page
    assert "Сегодня 2" in page


def test_a_half_tells_what_is_done_and_goes_when_it_is_whole(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    thing = deals.item(session)
    order = order_of(session, anna, today, today, goods={thing: 100})
    deals.shipped(session, order, {thing: 40})
    session.commit()
    client = login("anna")
    shipment, payment = rows(client)
    assert (shipment["done"], shipment["planned"], shipment["done_amount"]) == ("partial", "100.000", "40.000")
    assert (payment["done"], shipment["other_half"]) == ("none", "open")
    assert "отгружено 40 из 100" in client.get("/calendar/").text
    deals.paid(session, order.counterparty, order.amount, order_id=order.id)
    session.commit()
    assert [(row["event"], row["other_half"]) for row in rows(client)] == [("shipment", "complete")]
    assert "event today safe" in client.get("/calendar/").text
    deals.shipped(session, order, {thing: 60})
    session.commit()
    assert rows(client) == []
    deals.returned(session, order, {thing: 10})
    session.commit()
    again = rows(client)[0]
    assert (again["event"], again["planned"], again["done_amount"]) == ("shipment", "100.000", "90.000")


def test_an_order_of_no_money_waits_for_its_shipment_alone(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    order_of(session, anna, today, today, goods={deals.item(session, price=0): 1})
    session.commit()
    assert [(row["event"], row["other_half"]) for row in rows(login("anna"))] == [("shipment", "complete")]


def test_the_day_is_that_of_the_reader(
    app: Flask, login: Login, session: Session, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.clock.now", lambda: datetime(2026, 11, 28, 21, 30, tzinfo=UTC))
    order_of(session, anna, date(2026, 11, 28), None)
    planned(session, anna, datetime(2026, 11, 28, 20, 59, tzinfo=UTC))
    session.commit()
    colours = {row["event"]: row["colour"] for row in rows(login("anna"), span="overdue")}
    assert colours == {"shipment": "overdue", "contact": "overdue"}
    profile_of(anna).timezone = "Europe/Kaliningrad"
    session.commit()
    assert rows(login("anna"), span="overdue") == []
    assert {row["colour"] for row in rows(login("anna"), span="today")} == {"today"}
    assert rows(login("anna"), event="contact")[0]["at"] == "2026-11-28T22:59:00+02:00"


HALVES = {"none": (0, NOT), "partly": (40, PART), "full": (100, None)}
CLOCKS = {  # just before midnight and just after it, where the reader is
    ("Europe/Moscow", datetime(2026, 11, 28, 20, 59, tzinfo=UTC)): date(2026, 11, 28),
    ("Europe/Moscow", datetime(2026, 11, 28, 21, 1, tzinfo=UTC)): date(2026, 11, 29),
    ("Asia/Vladivostok", datetime(2026, 11, 28, 13, 59, tzinfo=UTC)): date(2026, 11, 28),
    ("Asia/Vladivostok", datetime(2026, 11, 28, 14, 1, tzinfo=UTC)): date(2026, 11, 29),
}


def test_the_whole_matrix_looks_as_it_must(
    login: Login, session: Session, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Halves × days × importance: what stands, in which order, colour, mark and background, at the edges of a day."""
    client = buyer(session, "Покупатель", manager=anna)
    days = [date(2026, 11, 27) + number * DAY for number in range(4)]
    orders = []
    for shipped in HALVES:
        for paid in HALVES:
            for day in [*days, None]:
                number = f"{shipped}/{paid}/{day}"
                order = {
                    "number": number,
                    "date": date(2026, 1, 1),
                    "counterparty_id": client.id,
                    "manager_id": anna.id,
                }
                done = {"quantity": 100, "rest_quantity": 100 - HALVES[shipped][0], "paid_amount": HALVES[paid][0]}
                orders.append({**order, **done, "amount": 100, "ship_on": day, "pay_by": day, "closed_on": None})
    orders.append({**orders[0], "number": "closed", "closed_on": date(2026, 11, 1)})
    session.execute(insert(BuyerOrder.__table__), orders)
    zone = ZoneInfo("Europe/Moscow")
    for importance in Importance:
        for day in days:
            at = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
            planned(session, anna, at, f"{importance}/{day}", importance=importance, counterparty=client)
    session.commit()
    for (place, now), today in CLOCKS.items():
        monkeypatch.setattr("app.clock.now", lambda now=now: now)
        profile_of(anna).timezone = place
        session.commit()
        found = rows(login("anna"))
        seen = {(row["event"], row["number"]) for row in found if row["event"] != "contact"}
        assert seen == {
            (half, f"{shipped}/{paid}/{day}")
            for shipped in HALVES
            for paid in HALVES
            for day in [*days, None]
            for half, own in (("shipment", shipped), ("payment", paid))
            if own != "full"
        }
        for row in found:
            on = date.fromisoformat(row["at"][:10]) if row["at"] else None
            colour = "none" if on is None else "overdue" if on < today else "today" if on == today else "later"
            assert row["colour"] == colour
            if row["event"] == "contact":
                assert row["importance"] == row["info"].split("/")[0]
                continue
            shipped, paid, _day = row["number"].split("/")
            own, other = (shipped, paid) if row["event"] == "shipment" else (paid, shipped)
            assert row["done"] == HALVES[own][1]
            assert row["other_half"] == ("complete" if other == "full" else "open")
            assert row["importance"] == "normal"
        ranks = {"shipment": 3, "payment": 4, "contact": 1}
        places = [(row["at"] is None, (row["at"] or "")[:10], ranks[row["event"]] < 3, row["event"]) for row in found]
        assert [each[:3] for each in places] == sorted(each[:3] for each in places)  # days, then the hours of each
    page = login("anna").get("/calendar/").text
    printed = re.findall(r'<tr class="event (\w+) (\w*)"[^>]*data-event="(\w+)-', page)
    assert {ground for _colour, ground, half in printed if half == "shipment"} == {"", "safe"}
    assert {ground for _colour, ground, half in printed if half == "payment"} == {"", "risky"}
    marked = login("anna").get("/calendar/?event=contact").text
    assert marked.count("mark-high") == marked.count("mark-low") == len(days)


def test_a_manager_sees_his_own_whatever_he_asks(
    login: Login, session: Session, anna: Any, boris: Any, today: date
) -> None:
    planned(session, anna, noon(today), "Моё")
    planned(session, boris, noon(today), "Чужое")
    # Boris plans a contact with a client of Anna, who sees the client.
    planned(session, boris, noon(today), "Чужое с моим", counterparty=buyer(session, "Мой", manager=anna))
    order_of(session, boris, today, today)
    session.commit()
    client = login("anna")
    for whose in ("", "me", "team", "all", "anna"):
        assert [row["info"] for row in rows(client, responsible=whose)] == ["Моё"]
    for whose in ("boris", "me,boris", "nobody"):
        assert client.get("/calendar/json", query_string={"responsible": whose}).status_code == 403
        assert client.get("/calendar/", query_string={"responsible": whose}).status_code == 403
    assert client.get("/calendar/people/").status_code in {302, 403}


def test_a_program_is_told_what_cannot_be_asked_of_the_calendar(login: Login) -> None:
    """A slip of the pen would find other rows in silence, or the first page again and again."""
    answer = login("anna").get("/calendar/json?responsable=all&after=2&span=zz&but=&view=list")
    assert (answer.status_code, answer.json["message"]) == (
        400,
        {
            "span": ["Напишите день или два дня: 2026-11-23..2026-11-30."],
            "after": ["Возьмите его из ссылки предыдущего ответа."],
            "responsable": ["Такого поля здесь нет."],
        },
    )


def test_a_head_sees_his_people(login: Login, session: Session, anna: Any, boris: Any, today: date) -> None:
    vera = user_named(session, "vera")
    for who in (anna, boris, vera):
        planned(session, who, noon(today), who.username)
    session.commit()
    client = login("vera")

    def seen(whose: str) -> list[str]:
        return sorted(row["responsible"] for row in rows(client, responsible=whose))

    assert seen("") == ["vera"]
    assert seen("boris,anna") == ["anna", "boris"]
    assert seen("team") == ["anna", "boris"]
    assert seen("all") == ["anna", "boris", "vera"]
    assert client.get("/calendar/json?responsible=nobody").status_code == 400


def test_the_figures_of_people_are_those_of_their_lists(
    login: Login, session: Session, anna: Any, boris: Any, today: date, sql: list[str]
) -> None:
    for days in (-1, 0, 1):
        meeting = planned(session, anna, noon(today + days * DAY))
        added(session, ContactParticipant(contact_id=meeting.id, user_id=boris.id))
        order_of(session, boris, today + days * DAY, today)
    session.commit()
    client = login("vera")
    sql.clear()
    page = client.get("/calendar/people/").text
    assert len(sql) <= 10, "\n".join(sql)
    for who, expected in ((anna, [1, 1, 0]), (boris, [2, 5, 1])):
        table_row = page.split(who.get_full_name(), 1)[1].split("</tr>", 1)[0]
        assert [int(figure) for figure in re.findall(r">(\d+)</a>", table_row)] == expected
        asked = ({"span": "overdue"}, {"span": "today"}, {"span": "today", "event": "shipment"})
        assert [len(rows(client, responsible=who.username, **more)) for more in asked] == expected


def test_an_order_of_mine_with_a_client_of_another_is_shown_without_a_link(
    login: Login, session: Session, anna: Any, boris: Any, today: date
) -> None:
    theirs = buyer(session, "Клиент Бориса", manager=boris)
    order_of(session, anna, today, None, counterparty=theirs)
    session.commit()
    page = login("anna").get("/calendar/").text
    assert "Клиент Бориса" in page
    assert f"/counterparties/show/{theirs.id}" not in page


def test_filters_are_combined_and_stand_as_chips(login: Login, session: Session, anna: Any, today: date) -> None:
    client = login("anna")
    one, other = buyer(session, "Первый", manager=anna), buyer(session, "Второй", manager=anna)
    planned(session, anna, noon(today), "Важное", counterparty=one, importance=Importance.HIGH)
    planned(session, anna, noon(today), "Входящее", counterparty=one, direction=Direction.IN)
    planned(session, anna, noon(today + DAY), "Завтра", counterparty=other)
    order = order_of(session, anna, today, today + DAY, counterparty=one)
    order_of(session, anna, today - DAY, None, counterparty=other)
    session.commit()

    def found(**asked: str) -> list[str]:
        return [row["info"] if row["event"] == "contact" else row["event"] for row in rows(client, **asked)]

    assert sorted(found(counterparty=str(one.id))) == sorted(["shipment", "Важное", "Входящее", "payment"])
    assert found(importance="high") == ["Важное"]
    assert sorted(found(direction="in")) == ["payment", "payment", "Входящее"]
    assert found(kind="meeting") == []
    assert found(document=order.number) == ["shipment", "payment"]
    assert found(event="shipment", span="today") == ["shipment"]
    assert found(event="shipment", span="today", counterparty=str(other.id)) == []
    assert found(span="undated") == ["payment"]
    assert found(span="overdue") == ["shipment"]
    assert found(span=f"{today}..{today + DAY}", event="contact", counterparty=str(other.id)) == ["Завтра"]
    page = client.get("/calendar/", query_string={"event": "shipment", "span": "today"}).text
    assert re.findall(r"<span>([^<]+)</span> ✕", page) == ["Срок: Сегодня"]
    assert re.findall(r">([^<]+ [=≠] [^<]+)</a>", page) == ["Событие = Отгрузка"]
    for wrong in ({"importance": "x"}, {"direction": "x"}, {"kind": "x"}, {"event": "x"}, {"counterparty": "x"}):
        told = {"message": {next(iter(wrong)): ["Выберите из списка."]}}
        answer = client.get("/calendar/json", query_string=wrong)
        assert (answer.status_code, answer.json) == (400, told)
        assert "По этому отбору ничего не найдено" in client.get("/calendar/", query_string=wrong).text
    for wrong in ("never", "2026-02-30", "2026-03-01..2026-01-01"):
        assert "Это не промежуток дней" in client.get("/calendar/", query_string={"span": wrong}).text
        assert client.get("/calendar/json", query_string={"span": wrong}).status_code == 400


def test_filters_ask_for_all_but_what_they_say(
    login: Login, session: Session, anna: Any, boris: Any, today: date
) -> None:
    one, other = buyer(session, "Первый", manager=anna), buyer(session, "Второй", manager=anna)
    planned(session, anna, noon(today), "Важное", counterparty=one, importance=Importance.HIGH)
    planned(session, anna, noon(today), "Письмо", counterparty=other, kind=ContactKind.EMAIL, direction=Direction.IN)
    planned(session, boris, noon(today), "Чужое")
    order = order_of(session, anna, today, today, counterparty=one)
    session.commit()
    client, head = login("anna"), login("vera")

    def found(client: FlaskClient, **asked: str) -> set[str]:
        asked |= {"but": asked.get("but") or ",".join(asked)}
        return {row["info"] if row["event"] == "contact" else row["event"] for row in rows(client, **asked)}

    assert found(client, importance="high") == {"Письмо", "shipment", "payment"}
    assert found(client, importance="normal") == {"Важное"}
    assert found(client, direction="in") == {"Важное", "shipment"}
    assert found(client, kind="email") == {"Важное", "shipment", "payment"}  # an order has no kind of contact
    assert found(client, event="shipment") == {"Важное", "Письмо", "payment"}
    assert found(client, counterparty=str(one.id)) == {"Письмо"}
    assert found(client, document=order.number) == {"Важное", "Письмо"}
    assert found(client, counterparty=str(one.id), kind="email", but="kind") == {"Важное", "shipment", "payment"}
    assert found(head, responsible="anna") == {"Чужое"}
    assert found(head, responsible="all") == set()
    page = client.get("/calendar/", query_string={"importance": "high", "but": "importance"}).text
    turned, without = re.findall(r'<a href="([^"]+)"[^>]*>Важность ≠ Высокая</a>\s*<a href="([^"]+)"', page)[0]
    assert (turned, without) == ("/calendar/?importance=high", "/calendar/?kept=all")


def test_the_figures_are_those_of_the_lists_behind_them(login: Login, session: Session, anna: Any, today: date) -> None:
    client = login("anna")
    for days in range(-12, 3):
        planned(session, anna, noon(today + days * DAY), f"День {days}")
        order_of(session, anna, today + days * DAY, None)
    session.commit()
    count = client.get("/calendar/count").json
    page = client.get("/calendar/").text
    assert count["overdue"] == len(rows(client, span="overdue")) == 24
    assert count["today"] == len(rows(client, span="today")) == 2
    assert count["to_ship"] == len(rows(client, span="today", event="shipment")) == 1
    assert "(24/2)" in re.findall(r"<title>([^<]+)", page)[0]
    # The latest of what is overdue, then today: nobody scrolls past the past.
    assert "Все просроченные: 24" in page
    assert page.count("event overdue") == 7
    assert page.index("event overdue") < page.index("event today")


def test_pages_follow_each_other_without_a_gap(
    login: Login, session: Session, anna: Any, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.calendar.PAGE", 3)
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(hours=3) + 5 * DAY
    for number in range(4):
        planned(session, anna, midnight, f"Полночь {number}")
        order_of(session, anna, today + (4 + number % 2) * DAY, today + 5 * DAY if number else None)
    order_of(session, anna, None, None)
    session.commit()
    client, seen, address = login("anna"), [], "/calendar/"
    for _page in range(20):
        page = client.get(address).text
        seen += re.findall(r'data-event="([\w-]+)"', page)
        onward = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
        if not onward:
            break
        address = onward[1].replace("&amp;", "&")
    expected = [f"{row['event']}-{row['id']}" for row in rows(client)]
    assert seen == expected
    assert len(seen) == len(set(seen)) == 4 + 8 + 2


def test_the_list_begins_with_the_day_that_is_asked_for(login: Login, session: Session, anna: Any, today: date) -> None:
    for days in range(-1, 4):
        planned(session, anna, noon(today + days * DAY), f"День {days}")
    session.commit()
    page = login("anna").get(f"/calendar/?on={today + 2 * DAY}").text
    assert re.findall(r"lead-link\"[^>]*>(День -?\d)", page) == ["День 2", "День 3"]


def test_orders_to_suppliers_are_asked_for(login: Login, session: Session, today: date) -> None:
    pavel, vera = user_named(session, "pavel"), user_named(session, "vera")
    supplier = buyer(session, "Поставщик", is_supplier=True)
    for who in (pavel, vera):
        order = SupplierOrder(
            number=f"ЗП-{who.username}",
            date=date(2026, 1, 1),
            counterparty=supplier,
            manager=who,
            receive_on=today,
            pay_by=today,
            amount=Decimal(100),
        )
        thing = deals.item(session)
        order.lines = [SupplierOrderLine(item=thing, quantity=10, price=10, amount=100)]
        added(session, order)
    session.commit()
    first = today - 2 * DAY
    session.execute(update(SupplierOrder).values(first_receive_on=first, rest_quantity=6))  # moved; four of ten came
    session.commit()
    receipt, payment = rows(login("pavel"))  # it is his work
    assert (receipt["event"], receipt["done"], receipt["done_amount"]) == ("receipt", "partial", "4.000")
    assert (payment["event"], payment["direction"]) == ("supplier-payment", "out")
    assert (receipt["moved_from"], payment["moved_from"]) == (str(first), None)
    director = login("vera")
    assert rows(director) == []
    assert [row["event"] for row in rows(director, event="receipt,supplier-payment")] == ["receipt", "supplier-payment"]
    assert "получено 4 из 10" in director.get("/calendar/?event=receipt").text
    # Who may not read the orders is told nothing by their name.
    told = [login("anna").get(f"/calendar/json?event={event}") for event in ("receipt", "x")]
    assert (told[0].status_code, told[0].json) == (400, told[1].json)


def test_what_is_owed_for_a_closed_order_stands_there_until_it_is_paid(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    thing = deals.item(session)
    owed, settled = (order_of(session, anna, today - DAY, today, goods={thing: 10}) for _ in range(2))
    deals.shipped(session, owed, {thing: 4})
    deals.paid(session, owed.counterparty, 100, order_id=owed.id)
    session.flush()
    reason = session.scalars(select(ClosingReason.id).limit(1)).one()
    close_orders(session, {owed.id: reason, settled.id: reason}, on=today, by_id=None)
    session.commit()
    client = login("anna")
    assert [
        (row["event"], row["number"], row["planned"], row["done_amount"], row["other_half"], row["colour"])
        for row in rows(client)
    ] == [("debt", owed.number, "400.00", "100.00", "complete", "today")]
    assert rows(client, event="debt") == rows(client)
    assert rows(client, event="payment") == []
    page = client.get("/calendar/").text
    assert "Долг по заказу" in page
    assert "event today risky" in page
    assert f"/orders/pay/{owed.id}" in page
    panel = client.get(f"/calendar/order/{owed.id}").text
    assert f"/orders/pay/{owed.id}" in panel
    assert f"/orders/close?orders={owed.id}" not in panel
    card = client.get(f"/orders/show/{owed.id}").text
    assert [f"/orders/{verb}/{owed.id}" in card for verb in ("pay", "ship")] == [True, False]
    of_client = client.get(f"/counterparties/show/{owed.counterparty_id}").text.split('class="open-order"')[1]
    assert f"/orders/show/{owed.id}" in of_client
    assert 'class="late"' not in of_client.split("</div>")[0]
    told = client.get(f"/calendar/order/{owed.id}?tab=client").text
    assert [words in told for words in ("не оплачено: 300", f"отгрузить {today - DAY:%d.%m}")] == [True, False]
    deals.paid(session, owed.counterparty, 300, order_id=owed.id)
    session.commit()
    assert rows(client) == []


def test_coming_deals_are_asked_for(login: Login, session: Session, anna: Any, boris: Any, today: date) -> None:
    client = buyer(session, "Завод", manager=anna)
    for number, more in enumerate(
        (
            {"manager": anna, "prospect": "Новый"},
            {"manager": anna, "prospect": "Ушел", "ended_on": today},
            {"manager": boris, "prospect": "Чужой"},
            {"manager": anna, "counterparty": client, "expected_on": today + DAY},
        )
    ):
        asked = {"subject": f"Станок {number}", "amount": 500, "probability": 40, "expected_on": today - DAY, **more}
        added(session, ExpectedDeal(**asked))
    session.commit()
    anna_here = login("anna")
    assert rows(anna_here) == []
    found = rows(anna_here, event="expected,contact")
    assert [(row["event"], row["counterparty"], row["info"], row["colour"], row["planned"]) for row in found] == [
        ("expected", "Новый", "Станок 0", "overdue", "500.00"),
        ("expected", "Завод", "Станок 3", "later", "500.00"),
    ]
    assert [row["info"] for row in rows(anna_here, event="expected", counterparty=str(client.id))] == ["Станок 3"]
    page = anna_here.get("/calendar/?event=expected").text
    assert "Станок 3 · 40 %" in page
    assert "С предстоящими сделками" in page
    (deal,) = session.scalars(select(ExpectedDeal.id).where(ExpectedDeal.subject == "Станок 3"))
    assert "Станок 3" in anna_here.get(f"/calendar/deal/{deal}").text
    assert anna_here.get("/calendar/?event=expected&view=month&on=" + today.isoformat()).status_code == 200
    assert login("boris").get(f"/calendar/deal/{deal}").status_code == 404


def test_the_panel_tells_of_the_row_and_of_nothing_that_may_not_be_seen(
    login: Login, session: Session, anna: Any, boris: Any, today: date
) -> None:
    mine, theirs = order_of(session, anna, today, today), order_of(session, boris, today, today)
    call, foreign = planned(session, anna, noon(today), "Звонок"), planned(session, boris, noon(today))
    session.commit()
    client = login("anna")
    page = client.get(f"/calendar/order/{mine.id}").text
    assert mine.number in page
    assert f"/orders/ship/{mine.id}" in page
    assert "Звонок" in client.get(f"/calendar/contact/{call.id}").text
    for address in (f"order/{theirs.id}", f"contact/{foreign.id}", "order/x", "order/99999999999"):
        assert client.get(f"/calendar/{address}").status_code == 404
    assert client.get("/calendar/supply/1").status_code == 403


def test_each_tab_of_the_panel_is_read_alone(
    login: Login, session: Session, anna: Any, sql: list[str], today: date
) -> None:
    mine = order_of(session, anna, today, today)
    call = planned(session, anna, noon(today), "Звонок", counterparty=mine.counterparty)
    session.commit()
    client = login("anna")
    for kind, number, tabs in (
        ("order", mine.id, {"about", "documents", "settlements", "client", "contacts", "history"}),
        ("contact", call.id, {"about", "settlements", "client", "contacts", "history"}),
    ):
        page = client.get(f"/calendar/{kind}/{number}").text
        assert set(re.findall(r'data-panel-tab="(\w+)"', page)) == tabs
        for tab in tabs:
            sql.clear()
            page = client.get(f"/calendar/{kind}/{number}?tab={tab}").text
            assert re.findall(r'data-panel-tab="(\w+)" aria-current', page) == [tab]
            assert len(sql) <= 10, "\n".join(sql)
    # What there is not is answered by the first.
    assert 'data-panel-tab="about" aria-current' in client.get(f"/calendar/contact/{call.id}?tab=documents").text


def test_contacts_of_the_panel_are_those_ahead_by_their_time_and_then_those_that_were(
    login: Login, session: Session, anna: Any, sql: list[str], today: date
) -> None:
    mine, now = order_of(session, anna, today, today), clock.now()
    named = {"Послезавтра": 48, "Завтра": 24, "Через час": 1, "Час назад": -1, "Вчера": -24}
    for subject, hours in named.items():
        planned(session, anna, now + timedelta(hours=hours), subject, counterparty=mine.counterparty)
    planned(session, anna, now + DAY, "Отменено", counterparty=mine.counterparty, state=ContactState.CANCELLED)
    planned(session, anna, now + DAY, "Чужой клиент")
    session.commit()
    page = login("anna").get(f"/calendar/order/{mine.id}?tab=contacts").text
    ahead, were = page.split("Впереди", 1)[1].split("Последние контакты", 1)
    seen = [re.findall("|".join([*named, "Отменено", "Чужой клиент"]), part) for part in (ahead, were)]
    assert [list(dict.fromkeys(part)) for part in seen] == [
        ["Через час", "Завтра", "Послезавтра"],
        ["Отменено", "Час назад", "Вчера"],
    ]


def test_contacts_of_the_panel_say_nothing_of_what_is_not_ahead(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    mine = order_of(session, anna, today, today)
    client, address = login("anna"), f"/calendar/order/{mine.id}?tab=contacts"
    assert "Контактов еще не было" in client.get(address).text
    assert "Впереди" not in client.get(address).text


def test_a_row_without_the_tab_that_was_looked_at_last_tells_all_of_the_first(
    login: Login, session: Session, anna: Any, today: date
) -> None:
    mine, call = order_of(session, anna, today, today), planned(session, anna, noon(today))
    answer = Letter(
        message_id="a@b",
        direction=Direction.OUT,
        state=LetterState.SENT,
        at=noon(today),
        subject="Ответ клиенту",
        author_id=anna.id,
        contact_id=call.id,
    )
    added(session, answer)
    session.commit()
    client = login("anna")
    for address, told in ((f"order/{mine.id}", "Товар"), (f"contact/{call.id}", "Ответ клиенту")):
        for tab in ("about", "elsewhere"):
            assert told in client.get(f"/calendar/{address}?tab={tab}").text


def test_what_is_done_is_gone(login: Login, session: Session, anna: Any, today: date) -> None:
    made = planned(session, anna, noon(today))
    planned(session, anna, noon(today), "Отменено", state=ContactState.CANCELLED)
    session.commit()
    client = login("anna")
    assert len(rows(client)) == 1
    client.post(f"/contacts/finish/{made.id}", data={"version": made.version, "text": "Да"})
    assert rows(client) == []


def test_a_page_costs_four_statements_whatever_its_kinds(
    login: Login, session: Session, anna: Any, sql: list[str], today: date
) -> None:
    for days in range(-3, 4):
        planned(session, anna, noon(today + days * DAY), f"День {days}")
        order_of(session, anna, today + days * DAY, today)
        added(session, Task(text=f"Дело {days}", author=anna, executor=anna, due_on=today + days * DAY))
    session.commit()
    client = login("anna")
    client.get("/calendar/")
    sql.clear()
    client.get("/calendar/")
    assert len(sql) <= 4, "\n".join(sql)


def test_suppliers_and_their_buyers_cost_no_statement_each(
    login: Login, session: Session, sql: list[str], today: date
) -> None:
    thing = deals.item(session)
    for number in range(12):
        who = user_named(session, "pavel" if number % 2 else "vera")
        supplier = buyer(session, f"Завод {number}", is_supplier=True)
        order = SupplierOrder(number=f"{number}", date=today, counterparty=supplier, manager=who, receive_on=today)
        order.lines = [SupplierOrderLine(item=thing, quantity=10, price=10, amount=100)]
        added(session, order)
    session.execute(update(SupplierOrder).values(rest_quantity=6))
    session.commit()
    client = login("vera")
    client.get("/calendar/")
    sql.clear()
    page = client.get("/calendar/?responsible=all&event=receipt").text
    assert page.count('data-event="receipt-') == 12
    assert len(sql) <= 10, "\n".join(sql)


def test_a_client_of_somebody_else_is_named_without_a_link(
    login: Login, session: Session, anna: Any, boris: Any, today: date
) -> None:
    own, foreign = buyer(session, "Свой", manager=anna), buyer(session, "Чужой <b>", manager=boris)
    for client in (own, foreign):
        planned(session, anna, noon(today + DAY), counterparty=client)
    session.commit()
    page = login("anna").get("/calendar/").text
    assert f'<a href="/counterparties/show/{own.id}">Свой</a>' in page
    assert f"/counterparties/show/{foreign.id}" not in page
    assert ">Чужой &lt;b&gt;</td>" in page


def test_a_choice_of_many_people_is_one_statement(login: Login, session: Session, anna: Any) -> None:
    Clients(session)
    session.commit()
    assert login("vera").get("/calendar/?responsible=anna,boris,vera,maria").status_code == 200
