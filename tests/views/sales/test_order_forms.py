"""The form of a buyer order and the documents made from it: nothing typed is lost, each refusal is at its field."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import OrderStatus
from app.models.closing import ClosingReason, OrderClosing
from app.models.counterparties import Counterparty
from app.models.histories import OrderMove
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services.typed import OrderDraft, header
from app.views.sales.order_forms import OrderForm
from app.web.forms.documents import field_names
from tests import deals, factories
from tests.conftest import user_named
from tests.factories import typed

Login = Callable[..., FlaskClient]


@pytest.fixture
def ours(session: Session) -> Counterparty:
    buyer = factories.buyer(session, "Ромашка", manager_id=user_named(session, "anna").id)
    session.commit()
    return buyer


@pytest.fixture
def goods(session: Session) -> list[Item]:
    items = [deals.item(session, 100, name="Болт"), deals.item(session, "12.50", name="Гайка")]
    session.commit()
    return items


def the_order(session: Session) -> BuyerOrder:
    session.expire_all()
    return session.scalars(select(BuyerOrder)).one()


def add(client: FlaskClient, buyer: Counterparty, goods: list[Item], session: Session) -> BuyerOrder:
    answer = client.post("/orders/add", data=typed(buyer, [(goods[0], "10", "100"), (goods[1], "4", "12,5")]))
    assert answer.status_code == 302, answer.text
    return the_order(session)


def test_an_order_is_saved_whole_with_its_lines_and_the_next_number(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    order = add(login("anna"), ours, goods, session)
    assert (order.number, order.amount, len(order.lines)) == ("ЗП-2026-00001", Decimal("1050.00"), 2)


def test_why_a_day_is_moved_is_kept_with_the_move(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    lines = [(goods[0], "10", "100")]
    client = login("anna")
    assert client.post("/orders/add", data=typed(ours, lines, ship_on="2026-03-20")).status_code == 302
    order = the_order(session)
    assert ['name="why_moved"' in client.get(page).text for page in ("/orders/add", f"/orders/edit/{order.id}")] == [
        False,
        True,
    ]
    moved = typed(ours, lines, ship_on="2026-03-25", version=str(order.version), why_moved=" нет машины ")
    assert client.post(f"/orders/edit/{order.id}", data=moved | {"why_moved": "х" * 201}).status_code == 200
    assert client.post(f"/orders/edit/{order.id}", data=moved).status_code == 302
    (move,) = session.scalars(select(OrderMove)).all()
    assert (f"{move.was} {move.now}", move.reason) == ("2026-03-20 2026-03-25", "нет машины")
    assert "нет машины" in client.get(f"/orders/show/{order.id}").text


def test_a_price_has_parts_of_a_kopeck(login: Login, session: Session, ours: Counterparty, goods: list[Item]) -> None:
    lines = [(goods[0], "1000", "0,345"), (goods[1], "1", "10,005")]
    assert login("anna").post("/orders/add", data=typed(ours, lines)).status_code == 302
    order = the_order(session)
    assert [(line.price, line.amount) for line in order.lines] == [
        (Decimal("0.345"), Decimal("345.00")),
        (Decimal("10.005"), Decimal("10.01")),
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"lines-0-quantity": "пять"}, "Not a number: пять."),
        ({"lines-0-price": "0.123456"}, "No more than 5 digits after the point: 0.123456."),
        ({"lines-0-quantity": "1,2345"}, "No more than 3 digits after the point: 1,2345."),
        ({"lines-0-price": "-1"}, "The price cannot be negative."),
        ({"lines-0-item": "999999"}, "Choose an item."),
        ({"ship_on": "2026-03-01"}, "earlier"),
        ({"date": ""}, "This field is required."),
    ],
)
def test_a_wrong_value_is_named_and_everything_typed_stays(
    login: Login, ours: Counterparty, goods: list[Item], cells: dict[str, str], message: str
) -> None:
    client = login("anna")
    client.get("/lang/en")
    answer = client.post("/orders/add", data=typed(ours, [(goods[0], "7.5", "99.90")], comment="срочно") | cells)
    assert answer.status_code == 200
    assert re.search(rf'class="err"[^>]*>[^<]*{re.escape(message)}', answer.text)
    assert "срочно" in answer.text
    assert (cells.get("lines-0-quantity") or "7.5") in answer.text


@pytest.mark.parametrize(
    "lines", [[("99999999999", "99999999,99")], [("1000", "6000000000")] * 2, [("600000000000", "1")] * 2]
)
def test_a_document_greater_than_the_base_keeps_is_refused_at_its_line(
    login: Login, session: Session, ours: Counterparty, goods: list[Item], lines: list[tuple[str, str]]
) -> None:
    answer = login("anna").post("/orders/add", data=typed(ours, [(goods[0], *line) for line in lines]))
    assert answer.status_code == 200
    assert "проверьте количество и цену" in answer.text
    assert f'value="{lines[0][0]}"' in answer.text


def test_an_order_without_lines_is_refused(login: Login, session: Session, ours: Counterparty) -> None:
    client = login("anna")
    client.get("/lang/en")
    assert "Add at least one line." in client.post("/orders/add", data=typed(ours, [])).text
    assert session.scalars(select(BuyerOrder)).all() == []


def test_of_two_editors_the_later_sees_what_changed_and_keeps_what_he_typed(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    anna.get("/lang/en")
    opened = order.version
    mine = typed(ours, [(goods[0], "11", "100")], version=opened, comment="моё")
    theirs = typed(ours, [(goods[0], "12", "100")], version=opened, comment="чужое")
    assert login("vera").post(f"/orders/edit/{order.id}", data=theirs).status_code == 302
    answer = anna.post(f"/orders/edit/{order.id}", data=mine)
    assert answer.status_code == 200
    for shown in ("Somebody saved this document", "моё", "чужое", "Line 1: Quantity"):
        assert shown in answer.text
    again = mine | {"version": the_order(session).version}
    assert f'value="{again["version"]}"' in answer.text
    assert anna.post(f"/orders/edit/{order.id}", data=again).status_code == 302
    assert (the_order(session).comment, the_order(session).lines[0].quantity) == ("моё", 11)


def test_a_shipment_and_a_payment_are_filled_in_with_what_is_left(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    part = typed(ours, [(goods[0], "4", "100")])
    assert anna.post(f"/orders/ship/{order.id}", data=part).status_code == 302
    form = anna.get(f"/orders/ship/{order.id}").text
    assert 'value="6"' in form
    assert 'value="4"' in form
    assert anna.post(f"/orders/pay/{order.id}", data={"date": "2026-03-11", "amount": "50"}).status_code == 302
    assert 'value="1000,00"' in anna.get(f"/orders/pay/{order.id}").text
    assert the_order(session).status is OrderStatus.PARTLY


def test_the_list_says_how_far_each_half_of_an_order_is(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    anna.post("/orders/add", data=typed(ours, [(goods[0], "10", "100")], ship_on="2026-03-12"))
    page = anna.get("/orders/list/").text
    assert page.count('aria-hidden="true">○</span>') == 2
    assert re.search(r'</span>&nbsp;<span class="late">12\.03\.2026</span> <b>1\s000,00</b>', page)
    assert re.search(r'</span>&nbsp;<span class="muted"></span> <b>1\s000,00', page)


def test_a_payment_of_spaces_is_asked_for_again(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    anna.get("/lang/en")
    answer = anna.post(f"/orders/pay/{order.id}", data={"date": "2026-03-11", "amount": " "})
    assert answer.status_code == 200
    assert "This field is required." in answer.text
    assert session.scalars(select(Payment)).all() == []


def test_every_field_of_an_order_is_in_its_form() -> None:
    assert {name.removesuffix("_id") for name in header(OrderDraft, BuyerOrder)} <= {*field_names(OrderForm.SECTIONS)}


def test_more_than_is_left_is_shipped_only_when_confirmed(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    much = typed(ours, [(goods[0], "11", "100")])
    answer = anna.post(f"/orders/ship/{order.id}", data=much)
    assert answer.status_code == 200
    assert 'name="confirmed"' in answer.text
    assert session.scalars(select(Shipment)).all() == []
    assert anna.post(f"/orders/ship/{order.id}", data=much | {"confirmed": "y"}).status_code == 302


def test_an_item_that_is_not_in_the_order_is_not_shipped(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    anna.get("/lang/en")
    order = add(anna, ours, goods[:1] + goods[:1], session)
    answer = anna.post(f"/orders/ship/{order.id}", data=typed(ours, [(goods[1], "1", "1")]))
    assert "This item is not in the order." in answer.text


def test_a_payment_of_nothing_is_refused_at_its_field(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    anna.get("/lang/en")
    order = add(anna, ours, goods, session)
    answer = anna.post(f"/orders/pay/{order.id}", data={"date": "2026-03-11", "amount": "0", "purpose": "аванс"})
    assert "cannot be zero" in answer.text
    assert "аванс" in answer.text
    assert session.scalars(select(Payment)).all() == []


def test_what_was_shipped_is_offered_for_return(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    anna.post(f"/orders/ship/{order.id}", data=typed(ours, [(goods[0], "4", "100")]))
    assert 'value="4"' in anna.get(f"/orders/take-return/{order.id}").text
    assert anna.post(f"/orders/take-return/{order.id}", data=typed(ours, [(goods[0], "1", "100")])).status_code == 302
    assert the_order(session).rest_quantity == 11


def test_a_correction_changes_the_plan(login: Login, session: Session, ours: Counterparty, goods: list[Item]) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    assert anna.post(f"/orders/correct/{order.id}", data=typed(ours, [(goods[0], "-3", "100")])).status_code == 302
    assert the_order(session).corrected_amount == -300


def test_orders_are_closed_only_with_a_reason_and_the_first_reason_stays(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    first, second = session.scalars(select(ClosingReason).order_by(ClosingReason.id).limit(2)).all()
    asked = {"orders": str(order.id), "date": "2026-03-12"}
    assert anna.post("/orders/close", data=asked).status_code == 200
    assert the_order(session).closed_on is None
    for reason in (first, second):
        assert anna.post("/orders/close", data=asked | {"reason": reason.id}).status_code == 302
    assert session.scalars(select(OrderClosing)).one().reason_id == first.id
    assert the_order(session).closed_on == date(2026, 3, 12)


def test_anothers_order_is_not_found_on_any_of_its_forms(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    order = add(login("anna"), ours, goods, session)
    boris = login("boris")
    for verb in ("show", "edit", "ship", "take-return", "correct", "pay"):
        assert boris.get(f"/orders/{verb}/{order.id}").status_code == 404, verb
    assert boris.get(f"/orders/close?orders={order.id}").status_code == 404
    assert boris.get(f"/orders/client/{ours.id}").status_code == 404
    assert boris.post("/orders/add", data=typed(ours, [(goods[0], "1", "1")])).status_code == 200


def test_items_come_with_the_last_price_to_this_client(
    login: Login, session: Session, ours: Counterparty, goods: list[Item]
) -> None:
    anna = login("anna")
    anna.post("/orders/add", data=typed(ours, [(goods[0], "1", "95")]))
    (mine,) = anna.get(f"/orders/items?q=болт&counterparty={ours.id}").json["results"]  # type: ignore[index]
    (any_,) = anna.get(f"/orders/items?q={goods[0].code}").json["results"]  # type: ignore[index]
    assert (mine["price"], any_["price"]) == ("95,00", "100,00")


def test_rows_of_a_spreadsheet_become_lines_and_unknown_items_are_named(
    login: Login, ours: Counterparty, goods: list[Item]
) -> None:
    rows = [[goods[0].code, "3", "1 200,50"], ["ГАЙКА", "2"], ["нет такого", "1"]]
    answer = login("anna").post("/orders/items/paste", json={"counterparty": str(ours.id), "rows": rows}).json
    assert answer is not None
    assert [(r["item"]["id"], r["quantity"], r["price"]) for r in answer["rows"]] == [
        (goods[0].id, "3", "1200,5"),
        (goods[1].id, "2", "12,50"),
    ]
    assert answer["unknown"] == ["нет такого"]


@pytest.mark.parametrize(
    ("url", "most"), [("/orders/list/", 8), ("/orders/show/{}", 8), ("/orders/add", 4), ("/orders/edit/{}", 8)]
)
def test_the_screens_of_an_order_cost_a_handful_of_statements(
    login: Login, session: Session, ours: Counterparty, goods: list[Item], sql: list[str], url: str, most: int
) -> None:
    anna = login("anna")
    order = add(anna, ours, goods, session)
    sql.clear()
    assert anna.get(url.format(order.id)).status_code == 200
    assert len(sql) <= most, "\n".join(sql)
