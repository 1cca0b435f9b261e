"""The list of closed orders, and the catalogue of reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.closing import ClosingReason, OrderClosing
from app.services.sales.closing import close_orders
from tests.conftest import user_named
from tests.deals import DAY, item, order
from tests.factories import buyer
from tests.services.sales.test_closing import REASON

Login = Callable[..., FlaskClient]


@pytest.fixture
def closed(session: Session) -> list[OrderClosing]:
    """Two orders of Anna's buyer closed on two days for two reasons."""
    anna = user_named(session, "anna").id
    who, bolt = buyer(session, manager_id=anna), item(session, 100)
    rows = []
    for days, reason in ((0, "Нет оплаты"), (5, "Прочее")):
        it = order(session, who, {bolt: 10}, manager_id=anna)
        made = close_orders(session, {it.id: REASON(session, reason)}, on=DAY + timedelta(days), by_id=anna)
        rows += made.rows
    session.commit()
    return rows


def rows_in(page: str) -> int:
    return page.count("<tr data-href")


def test_closed_orders_are_found_by_reason_day_and_manager(
    login: Login, session: Session, closed: list[OrderClosing]
) -> None:
    client = login("vera")
    page = client.get("/closings/list/").text
    assert rows_in(page) == 2
    assert "Ромашка" in page
    first, anna, boris = closed[0], user_named(session, "anna"), user_named(session, "boris")
    for asked, count in (
        (f"_flt_0_reason={first.reason_id}", 1),
        (f"_flt_0_on={DAY + timedelta(1)}", 1),
        (f"_flt_1_on={DAY}", 1),
        (f"_flt_0_manager={anna.id}", 2),
        (f"_flt_0_manager={boris.id}", 0),
        (f"_flt_0_counterparty={first.order.counterparty_id}", 2),
        ("_flt_0_counterparty=nobody", 0),
    ):
        assert rows_in(client.get(f"/closings/list/?{asked}").text) == count, asked


def test_the_card_tells_what_was_written_off(login: Login, closed: list[OrderClosing]) -> None:
    page = login("anna").get(f"/closings/show/{closed[0].id}").text
    assert "Нет оплаты" in page
    assert "1\u00a0000,00" in page
    assert closed[0].order.number in page


def test_closings_of_others_are_not_seen_and_none_is_typed(login: Login, closed: list[OrderClosing]) -> None:
    boris = login("boris")
    assert rows_in(boris.get("/closings/list/").text) == 0
    assert boris.get(f"/closings/show/{closed[0].id}").status_code == 404
    assert login("pavel").get("/closings/list/").status_code == 403
    assert login("admin").get("/closings/add").status_code == 404
    assert login("admin").post(f"/closings/delete/{closed[0].id}").status_code == 404


def test_the_list_of_closings_costs_six_statements(login: Login, closed: list[OrderClosing], sql: list[str]) -> None:
    client = login("anna")
    client.get("/closings/list/")
    sql.clear()
    client.get("/closings/list/")
    assert len(sql) <= 6, "\n".join(sql)


def test_reasons_are_extended_and_a_used_one_stays(login: Login, session: Session, closed: list[OrderClosing]) -> None:
    client = login("vera")
    assert client.post("/closing-reasons/add", data={"name": "Банкротство", "position": "70"}).status_code == 302
    assert "Банкротство" in client.get("/closing-reasons/list/").text
    assert [row["text"] for row in client.get("/lookup/ClosingReason?q=банк").json["results"]] == ["Банкротство"]
    client.post(f"/closing-reasons/delete/{closed[0].reason_id}")
    assert session.scalar(select(ClosingReason.name).where(ClosingReason.id == closed[0].reason_id)) == "Нет оплаты"
    assert login("anna").post("/closing-reasons/add", data={"name": "Свой", "position": "1"}).status_code == 403
    assert session.scalar(select(ClosingReason.id).where(ClosingReason.name == "Свой")) is None
