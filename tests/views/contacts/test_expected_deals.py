"""Coming deals on the screen, and the plan of sales that comes of them and of orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.contacts import Contact, ContactParticipant
from app.models.deals import ExpectedDeal
from tests.clients import NOON
from tests.conftest import user_named
from tests.deals import item, order, paid, shipped
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]
FORM = {"subject": "Крепёж на год", "prospect": "ИП Сидоров", "expected_on": "2026-12-10", "amount": "1000,50"}
FORM |= {"probability": "40"}


def deal(session: Session, username: str, **values: Any) -> ExpectedDeal:
    values = {"expected_on": date(2026, 12, 10), "amount": Decimal(1000), "probability": 40, **values}
    return added(session, ExpectedDeal(manager_id=user_named(session, username).id, **values))


def deals(session: Session) -> list[ExpectedDeal]:
    return list(session.scalars(select(ExpectedDeal)))


def test_a_deal_with_somebody_who_is_not_in_the_base_is_planned(login: Login, session: Session) -> None:
    client = login("anna")
    assert "Петрова" in client.get("/expected-deals/add").text
    answer = client.post("/expected-deals/add", data={**FORM, "amount": "1000.50"})
    (made,) = deals(session)
    assert answer.location == f"/expected-deals/show/{made.id}"
    assert (made.prospect, made.amount, made.probability) == ("ИП Сидоров", Decimal("1000.50"), 40)
    page = client.get("/expected-deals/list/").text
    assert "ИП Сидоров" in page
    assert "400,20" in page  # by its probability


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"probability": "101"}, "probability"),
        ({"prospect": ""}, "counterparty"),
        ({"expected_on": ""}, "expected_on"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_typed_is_lost(
    login: Login, session: Session, wrong: dict[str, str], field: str
) -> None:
    page = login("anna").post("/expected-deals/add", data={**FORM, "amount": "1000", **wrong}).text
    assert f'id="{field}-error"' in page
    assert "Крепёж на год" in page
    assert deals(session) == []


def test_a_deal_that_became_an_order_is_over(login: Login, session: Session) -> None:
    who, bolt = buyer(session, manager_id=user_named(session, "anna").id), item(session, 100)
    it, strange = order(session, who, {bolt: 1}), order(session, buyer(session, "Чужой"), {bolt: 1})
    coming = deal(session, "anna", counterparty=who)
    session.commit()
    client = login("vera")
    data = {**FORM, "amount": "1000", "counterparty": str(who.id), "prospect": ""}
    address = f"/expected-deals/edit/{coming.id}"
    assert 'id="order-error"' in client.post(address, data={**data, "order": str(strange.id)}).text
    assert client.post(address, data={**data, "order": str(it.id)}).status_code == 302
    session.refresh(coming)
    assert coming.ended_on is not None
    assert login("anna").get("/expected-deals/list/?_flt_0_state=coming").text.count("<tr data-href") == 0
    assert login("anna").get("/expected-deals/list/?_flt_0_state=ordered").text.count("<tr data-href") == 1


def test_a_deal_is_given_up_once(login: Login, session: Session) -> None:
    coming = deal(session, "anna", prospect="ИП Сидоров")
    session.commit()
    client = login("anna")
    address = f"/expected-deals/action/give_up/{coming.id}"
    client.post(address)
    session.refresh(coming)
    first = coming.ended_on
    assert first is not None
    client.post(address)
    session.refresh(coming)
    assert coming.ended_on == first


def test_deals_of_others_are_not_seen(login: Login, session: Session) -> None:
    coming = deal(session, "anna", prospect="ИП Сидоров")
    invited = [ContactParticipant(user_id=user_named(session, "boris").id)]
    # A contact of the same number, to which he is invited, is not the deal.
    session.add(Contact(id=coming.id, starts_at=NOON, ends_at=NOON, prospect="Кто-то", participants=invited))
    session.commit()
    boris = login("boris")
    assert "Сидоров" not in boris.get("/expected-deals/list/").text
    assert boris.get(f"/expected-deals/show/{coming.id}").status_code == 404
    assert boris.post(f"/expected-deals/action/give_up/{coming.id}").status_code == 404
    assert login("maria").get("/expected-deals/add").status_code == 403
    assert login("pavel").get("/expected-deals/list/").status_code == 403


def plan(client: FlaskClient, **asked: str) -> dict[str, list[str]]:
    (table,) = client.get("/reports/sales-plan/json", query_string={"period": "2026", **asked}).json
    names = ("to_ship", "deals", "weighted", "plan", "to_pay")
    return {row["month"]: [row[name] for name in names] for row in table["rows"]} | {
        "total": [table["totals"][name] for name in names]
    }


def test_the_plan_is_what_is_left_of_orders_and_deals_by_their_probability(login: Login, session: Session) -> None:
    who, bolt = buyer(session, manager_id=user_named(session, "anna").id), item(session, 100)
    anna = user_named(session, "anna").id
    it = order(session, who, {bolt: 10}, ship_on=date(2026, 4, 5), pay_by=date(2026, 5, 5), manager_id=anna)
    shipped(session, it, {bolt: 4})
    paid(session, who, 300, order_id=it.id)
    order(session, who, {bolt: 2})  # without days
    done = order(session, who, {bolt: 3}, ship_on=date(2026, 4, 5), pay_by=date(2026, 4, 5))
    shipped(session, done, {bolt: 3})
    paid(session, who, 300, order_id=done.id)
    order(session, who, {bolt: 7}, ship_on=date(2027, 1, 1), pay_by=date(2027, 1, 1))  # next year
    deal(session, "anna", prospect="ИП Сидоров", expected_on=date(2026, 4, 30))
    deal(session, "anna", prospect="Ушедший", expected_on=date(2026, 4, 30), ended_on=date(2026, 4, 1))
    session.commit()
    assert plan(login("vera")) == {
        "2026-04-01": ["600.00", "1000.00", "400.00", "1000.00", "0.00"],
        "2026-05-01": ["0.00", "0.00", "0.00", "0.00", "700.00"],
        None: ["200.00", "0.00", "0.00", "200.00", "200.00"],
        "total": ["800.00", "1000.00", "400.00", "1200.00", "900.00"],
    }
    assert plan(login("vera"), manager="anna")["total"] == ["600.00", "1000.00", "400.00", "1000.00", "700.00"]
    assert plan(login("vera"), counterparty=who.code)["total"] == ["800.00", "0.00", "0.00", "800.00", "900.00"]


def test_the_plan_of_a_manager_is_of_his_own_buyers(login: Login, session: Session) -> None:
    who = buyer(session, manager_id=user_named(session, "anna").id)
    order(session, who, {item(session, 100): 10}, ship_on=date(2026, 4, 5), pay_by=date(2026, 5, 5))
    deal(session, "anna", counterparty=who)
    session.commit()
    assert set(plan(login("boris"))) == {"total"}
    assert plan(login("anna"))["total"] == ["1000.00", "1000.00", "400.00", "1400.00", "1000.00"]


def test_the_plan_has_a_page_and_a_workbook(login: Login, session: Session) -> None:
    deal(session, "anna", prospect="ИП Сидоров")
    session.commit()
    page = login("vera").get("/reports/sales-plan/?period=2026").text
    assert "Декабрь 2026" in page
    assert login("vera").get("/reports/sales-plan/xlsx?period=2026").data[:2] == b"PK"
