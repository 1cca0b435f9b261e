"""The board of orders: columns with sums, cards, and moves that obey the documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.words import OrderStatus
from app.models.orders import BuyerOrder
from app.queries.sales.board import BoardFilter, sums
from app.services.sales.board import MOST, Awaited, columns
from app.services.sales.closing import close_orders
from tests.conftest import filled_once, user_named
from tests.deals import item, order, paid, shipped
from tests.factories import buyer
from tests.services.sales.test_closing import REASON

Login = Callable[..., FlaskClient]
TODAY = date.today()  # noqa: DTZ011 - the page itself asks the clock
LONG_AGO = TODAY - timedelta(days=90)


def fill(session: Session) -> dict[str, int]:
    """One order in every state, of Anna's buyer; and one done long ago."""
    who, bolt = buyer(session, manager_id=user_named(session, "anna").id), item(session, 100)
    made = {name: order(session, who, {bolt: 10}, on=LONG_AGO) for name in ("new", "in_work", "partly", "done", "old")}
    made["closed"] = order(session, who, {bolt: 10}, on=LONG_AGO)
    shipped(session, made["in_work"], {bolt: 10}, on=LONG_AGO)
    shipped(session, made["partly"], {bolt: 4}, on=LONG_AGO)
    for name, day in (("done", TODAY), ("old", LONG_AGO)):
        shipped(session, made[name], {bolt: 10}, on=day)
        paid(session, who, 1000, on=day, order_id=made[name].id)
    close_orders(session, {made["closed"].id: REASON(session)}, on=TODAY, by_id=None)
    return {name: each.id for name, each in made.items()}


filled, session = filled_once(fill)


@pytest.fixture
def orders(session: Session, filled: tuple[Session, dict[str, int]]) -> dict[str, BuyerOrder]:
    return {name: session.get_one(BuyerOrder, number) for name, number in filled[1].items()}


def lanes(page: str) -> dict[str, str]:
    parts = re.split(r'data-state="(\w+)"', page)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_order_stands_in_the_column_of_its_state(login: Login, orders: dict[str, BuyerOrder]) -> None:
    found = lanes(login("anna").get("/board/").text)
    assert list(found) == [*OrderStatus]
    for name, order_ in orders.items():
        if name != "old":
            assert [lane for lane, html in found.items() if f">{order_.number}</a>" in html] == [name]
    assert orders["old"].number not in "".join(found.values())
    assert "Нет оплаты" in found["closed"]


def test_the_head_of_a_column_adds_all_its_orders(session: Session, orders: dict[str, BuyerOrder]) -> None:
    heads = {row.status: row for row in session.execute(sums(BoardFilter(TODAY - timedelta(days=30))))}
    assert {state: row.orders for state, row in heads.items()} == dict.fromkeys(OrderStatus, 1)
    partly = heads[OrderStatus.PARTLY]
    assert (partly.amount, partly.to_ship, partly.to_pay) == (1000, 600, 1000)


def test_a_manager_sees_no_orders_of_others(login: Login, orders: dict[str, BuyerOrder]) -> None:
    page = login("boris").get("/board/").text
    assert orders["new"].number not in page
    assert set(re.findall(r'class="count">(\d+)', page)) == {"0"}
    assert login("boris").get(f"/board/drop?order={orders['new'].id}&to=closed").status_code == 404


def test_the_board_is_part_of_the_section_of_orders(login: Login, orders: dict[str, BuyerOrder]) -> None:
    assert login("pavel").get("/board/").status_code == 403
    maria = login("maria")
    assert "/orders/close" not in maria.get("/board/").text
    assert "url" not in maria.get(f"/board/drop?order={orders['new'].id}&to=closed").json


def test_filters_narrow_cards_and_sums(login: Login, session: Session, orders: dict[str, BuyerOrder]) -> None:
    other = order(session, buyer(session, "Лютик"), {item(session, 5): 1})
    session.commit()
    client = login("vera")
    assert other.number in client.get("/board/").text
    found = lanes(client.get(f"/board/?counterparty={orders['new'].counterparty_id}").text)
    assert other.number not in "".join(found.values())
    assert 'class="count">1<' in found["new"]
    nobody = client.get(f"/board/?manager={user_named(session, 'boris').id}").text
    assert set(re.findall(r'class="count">(\d+)', nobody)) == {"0"}
    assert set(re.findall(r'class="count">(\d+)', client.get("/board/?manager=none").text)) == {"0"}


def test_days_are_coloured_by_what_is_still_awaited(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    late, now = TODAY - timedelta(days=1), TODAY
    it = order(session, who, {bolt: 10}, on=LONG_AGO, ship_on=late, pay_by=now)
    later = order(session, who, {bolt: 1}, on=LONG_AGO, ship_on=TODAY + timedelta(days=1))

    def cards() -> dict[int, Any]:
        session.expire_all()
        found = columns(session, today=TODAY, manager_id=None, counterparty_id=who.id)
        return {card.order.id: card.days for column in found for card in column.cards}

    assert cards() == {
        it.id: {"ship": Awaited(late, "overdue"), "pay": Awaited(now, "today")},
        later.id: {"ship": Awaited(TODAY + timedelta(days=1), "later")},
    }
    shipped(session, it, {bolt: 10}, on=TODAY)
    assert cards()[it.id] == {"pay": Awaited(now, "today")}


def test_the_most_urgent_cards_are_shown_and_the_rest_is_counted(login: Login, session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    made = [
        order(session, who, {bolt: 1}, on=LONG_AGO, ship_on=TODAY + timedelta(days=n)) for n in range(MOST + 3, 0, -1)
    ]
    session.commit()
    lane = lanes(login("vera").get(f"/board/?counterparty={who.id}").text)["new"]
    numbers = re.findall(r'draggable="false">([^<]+)', lane)
    assert numbers == [each.number for each in reversed(made)][:MOST]
    assert f'class="count">{MOST + 3}' in lane
    assert "_flt_0_status=new" in lane


@pytest.mark.parametrize(
    ("name", "to", "address"),
    [
        ("new", "closed", "/orders/close?orders={id}"),
        ("new", "partly", "/orders/ship/{id}"),
        ("new", "done", "/orders/ship/{id}"),
        ("in_work", "done", "/orders/pay/{id}"),
        ("done", "closed", "/orders/close?orders={id}"),
        ("partly", "new", ""),
        ("done", "new", ""),
        ("closed", "done", ""),
        ("closed", "closed", ""),
    ],
)
def test_a_drop_opens_the_form_of_the_document_or_says_why_not(
    login: Login, orders: dict[str, BuyerOrder], name: str, to: str, address: str
) -> None:
    number = orders[name].id
    said = login("anna").get(f"/board/drop?order={number}&to={to}").json
    assert said.get("url", "") == address.format(id=number)
    assert bool(said.get("message")) is not bool(address)


def test_a_drop_on_nothing_is_no_page(login: Login, orders: dict[str, BuyerOrder]) -> None:
    client = login("anna")
    assert client.get(f"/board/drop?order={orders['new'].id}&to=nowhere").status_code == 404
    assert client.get("/board/drop").status_code == 404


def test_the_board_costs_eight_statements_however_much_is_on_it(
    login: Login, session: Session, orders: dict[str, BuyerOrder], sql: list[str]
) -> None:
    who, bolt = orders["new"].counterparty, item(session, 1)
    client = login("anna")
    address = f"/board/?counterparty={who.id}&manager={user_named(session, 'anna').id}"
    client.get(address)
    for _ in range(30):
        order(session, buyer(session, manager_id=who.manager_id), {bolt: 1})
    session.commit()
    for each in (address, "/board/"):
        sql.clear()
        assert client.get(each).status_code == 200
        assert len(sql) <= 8, "\n".join(sql)
