"""Reports of deals: the same figures as on the cards, for whoever may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import Reliability
from app.errors import Refused
from app.models.letters import Blob
from app.models.papers import Paper
from app.models.supply import SupplierPayment
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.purchasing.suppliers import set_terms
from app.services.purchasing.supply import refresh
from app.services.sales.closing import close_orders
from app.services.sales.orders import correct
from app.services.typed import CorrectionDraft, LineDraft, SupplyDraft, TermsDraft
from reports import report_named
from reports.kit.table import ReportTable
from tests.conftest import user_named
from tests.deals import DAY, D, item, order, paid, returned, shipped
from tests.factories import added, buyer
from tests.services.sales.test_closing import REASON

TODAY = date(2026, 3, 31)


@pytest.fixture(autouse=True)
def language(app: Flask) -> Any:
    with app.test_request_context(), force_locale("en"):
        yield


def tables(session: Session, slug: str, **args: str) -> Sequence[ReportTable]:
    report = report_named(slug)
    assert report
    return report.tables(session, args, today=TODAY, limit=500)


def table(session: Session, slug: str, **args: str) -> ReportTable:
    return tables(session, slug, **args)[0]


def cells(found: ReportTable, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in found.rows]


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def test_settlements_show_the_debt_after_every_document(session: Session) -> None:
    who, bolt = buyer(session, "Ромашка"), item(session, 100)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 10}, on=day(1))
    paid(session, who, 300, on=day(1))
    returned(session, it, {bolt: 2}, on=day(2))
    paid(session, who, 400, on=day(30))
    paid(session, buyer(session, "Астра"), 50, on=day(1))
    found = table(session, "settlements", counterparty=who.code, on="2026-03-20")
    assert cells(found, "kind", "date", "shipped", "returned", "paid", "debt") == [
        ("shipment", day(1), 1000, 0, 0, 1000),
        ("payment", day(1), 0, 0, 300, 700),
        ("return", day(2), 0, 200, 0, 500),
    ]
    assert [row["order"] for row in found.rows] == [it.number, None, it.number]
    assert found.total["debt"] == 500
    whole = table(session, "settlements", group="counterparty")
    debts = {row["counterparty"]: row["debt"] for prefix, row in whole.totals.items() if prefix}
    assert debts == {
        "Ромашка": 500,
        "Астра": -50,
    }


def test_order_closing_says_why_and_how_much(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    first, second, later = (order(session, who, {bolt: 10}) for _ in range(3))
    shipped(session, second, {bolt: 5})
    boris = user_named(session, "boris")
    close_orders(session, {first.id: REASON(session)}, on=day(1), by_id=boris.id)
    close_orders(session, {second.id: REASON(session, "Прочее")}, on=day(2), by_id=None, comment="устали")
    close_orders(session, {later.id: REASON(session)}, on=date(2026, 4, 1), by_id=None)
    found = table(session, "order-closing", period="2026-03")
    names = ("reason", "order", "buyer", "closed_amount", "share", "order_amount", "closed_by", "comment")
    assert [(*row[:4], round(row[4], 2), *row[5:]) for row in cells(found, *names)] == [
        ("Нет оплаты", first.number, who.name, 1000, D("66.67"), 1000, "Борис Ёлкин", ""),
        ("Прочее", second.number, who.name, 500, D("33.33"), 1000, None, "устали"),
    ]
    assert found.total["closed_amount"] == 1500
    only = table(session, "order-closing", period="2026", reason="Прочее")
    assert cells(only, "order") == [(second.number,)]


def test_orders_of_a_period_are_analysed_by_their_states_and_by_item(session: Session) -> None:
    who, bolt, nut = buyer(session), item(session, 100), item(session, 10)
    part, closed, _next_month = (order(session, who, {bolt: 10, nut: 5}, on=day(n)) for n in (0, 1, 40))
    shipped(session, part, {bolt: 10}, on=day(2))
    returned(session, part, {bolt: 2}, on=day(3))
    correct(session, CorrectionDraft(part.id, day(3), [LineDraft(nut.id, D(3), D(10))]))
    paid(session, who, 1000, order_id=part.id, on=day(3))
    close_orders(session, {closed.id: REASON(session)}, on=day(5), by_id=None)
    found = table(session, "orders", period="2026-03")
    names = ("order", "status", "shipment", "payment", "planned", "shipped", "to_ship", "due", "paid", "to_pay")
    assert cells(found, *names) == [
        (part.number, "partly", "partly", "partly", 1080, 800, 280, 1080, 1000, 80),
        (closed.number, "closed", "none", "none", 1050, 0, 0, 0, 0, 0),
    ]
    goods = table(session, "orders", period="2026-03", by="item", group="item", detail="1")
    figures = ("item", "planned", "quantity", "shipped_quantity", "rest_quantity", "to_ship")
    assert cells(goods, *figures) == [(bolt.name, 2000, 20, 8, 2, 200), (nut.name, 130, 13, 0, 8, 80)]
    assert goods.total["quantity"] is None  # of all items
    for sort, first in (("quantity", nut), ("-quantity", bolt)):
        for detail in ({"detail": "1"}, {}):
            by_quantity = table(session, "orders", period="2026-03", by="item", group="item", sort=sort, **detail)
            assert by_quantity.rows[0]["item"] == first.name
    assert [goods.total[name] for name in ("planned", "to_ship")] == [found.total["planned"], found.total["to_ship"]]
    for half in ("shipment", "payment"):
        assert cells(table(session, "orders", period="2026", **{half: "partly"}), "order") == [(part.number,)]
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    for by in ("", "item"):
        assert cells(table(session, "orders", period="2026", by=by), "order") == []


def test_deals_are_what_is_not_finished_or_not_even(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    new, done, uneven, late = (order(session, who, {bolt: 10}, on=day(n)) for n in (0, 1, 2, 40))
    for it in (done, uneven):
        shipped(session, it, {bolt: 10}, on=day(3))
    paid(session, who, 1000, order_id=done.id)
    paid(session, who, 400, order_id=uneven.id)
    close_orders(session, {uneven.id: REASON(session)}, on=day(5), by_id=None)
    found = table(session, "deals")
    assert cells(found, "order", "status", "amount", "to_ship", "to_pay", "balance") == [
        (new.number, "new", 1000, 1000, 1000, 0),
        (uneven.number, "closed", 1000, 0, 600, 600),  # closed, and what he has is still owed
    ]
    assert cells(table(session, "deals", status="new", on="2026-12-31"), "order") == [(new.number,), (late.number,)]


def test_an_order_to_a_supplier_is_a_deal_until_all_of_it_has_come_and_is_paid(session: Session) -> None:
    maker, bolt, nut = buyer(session, "Завод", is_supplier=True), item(session, 100), item(session, 10)
    sold = order(session, maker, {bolt: 1}, on=day(2))

    def lines(bolts: int, nuts: int) -> list[LineDraft]:
        return [LineDraft(one.id, D(n), D(price)) for one, n, price in ((bolt, bolts, 5), (nut, nuts, 2)) if n]

    part, whole, owed, late = (
        order_supply(session, SupplyDraft(maker.id, day(n), lines(10, 4), receive_on=day(n + 9)))
        for n in (0, 1, 1, 400)
    )
    receive(session, SupplyDraft(maker.id, day(3), lines(6, 4), order_id=part.id))
    for it, amount in ((whole, 58), (owed, 50)):
        receive(session, SupplyDraft(maker.id, day(3), lines(10, 4), order_id=it.id))
        added(session, SupplierPayment(number=it.number, date=day(4), counterparty=maker, order=it, amount=amount))
        refresh(session, {it.id})
    found = table(session, "deals", on="2026-12-31")
    names = ("kind", "order", "buyer", "ship_on", "amount", "to_ship", "to_receive", "to_pay", "to_pay_supplier")
    assert cells(found, *names) == [
        ("supplier_order", part.number, "Завод", day(9), 58, None, 20, None, 58),
        ("supplier_order", owed.number, "Завод", day(10), 58, None, 0, None, 8),
        ("order", sold.number, "Завод", None, 100, 100, None, 100, None),
    ]
    assert [found.total[name] for name in ("to_receive", "amount", "to_pay", "to_pay_supplier")] == [20, 216, 100, 66]
    assert cells(table(session, "deals", on="2026-12-31", kind="supplier_order"), "order") == [
        (part.number,),
        (owed.number,),
    ]
    assert cells(table(session, "deals", on="2026-12-31", kind="order"), "order") == [(sold.number,)]
    assert cells(table(session, "deals", on="2026-12-31", status="new"), "order") == [(sold.number,)]
    assert late.number in {row[0] for row in cells(table(session, "deals", on="2030-01-01"), "order")}
    with pytest.raises(Refused, match="Only buyer orders have a status"):
        table(session, "deals", kind="supplier_order", status="new")


def test_an_order_is_analysed_with_the_other_orders_and_the_limit(session: Session) -> None:
    who, bolt, nut = buyer(session, allowed_debt=700), item(session, 100), item(session, 10)
    it, other = order(session, who, {bolt: 10, nut: 20}), order(session, who, {bolt: 3})
    shipped(session, it, {nut: 20})
    paid(session, who, 500, order_id=it.id)
    paid(session, who, 100, order_id=other.id)
    shipped(session, other, {bolt: 3})
    correct(session, CorrectionDraft(it.id, DAY, [LineDraft(bolt.id, D(-10), D(100))]))
    goods, money, limit = tables(session, "order-analysis", order=it.number)
    assert cells(goods, "code", "planned", "shipped", "rest", "rest_amount") == [
        (bolt.code, 0, 0, 0, 0),
        (nut.code, 20, 20, 0, 0),
    ]
    # 300 of the 500 are over the plan now: 200 of them went on to the other order
    assert cells(money, "what", "planned", "paid", "rest", "shipped", "debt") == [
        ("This order", 200, 200, 0, 200, 0),
    ]
    assert cells(limit, "allowed", "debt", "may_ship") == [(700, -100, 800)]
    notes = dict(goods.note)
    assert (notes["Shipment state"], notes["Payment state"]) == (
        "The order is shipped in full",
        "The order is paid in full",
    )
    assert other.status == "done"


def test_an_analysis_asks_for_its_order(session: Session) -> None:
    for slug in ("order-analysis", "order-documents"):
        for found in tables(session, slug):
            assert cells(found, "id") == []
        assert ("Result", "Choose an order.") in table(session, slug).note


def test_documents_of_an_order_are_a_tree(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it, other = order(session, who, {bolt: 10}), order(session, who, {bolt: 1})
    shipped(session, it, {bolt: 4}, on=day(1))
    returned(session, it, {bolt: 1}, on=day(2))
    correct(session, CorrectionDraft(it.id, day(1), [LineDraft(bolt.id, D(-2), D(100))]))
    paid(session, who, 900, on=day(3), order_id=it.id)
    shipped(session, other, {bolt: 1})
    close_orders(session, {it.id: REASON(session)}, on=day(9), by_id=None)
    bill = Blob(sha256="b" * 64, size=1, content=b"b")
    added(
        session,
        Paper(kind="bill", number="7", date=day(0), title="", order=it, counterparty=who, amount=1000, blob=bill),
    )
    found = table(session, "order-documents", order=it.number)
    assert found.total.keys().isdisjoint({"amount", "of_order"})  # the same money, ordered, billed, shipped and paid
    assert cells(found, "level", "kind", "date", "amount", "of_order") == [
        (0, "order", day(0), 1000, 1000),
        (1, "bill", day(0), 1000, 1000),
        (1, "correction", day(1), -200, -200),
        (1, "shipment", day(1), 400, 400),
        (1, "return", day(2), -100, -100),
        (1, "payment", day(3), 900, 300),  # closing freed the rest
        (1, "closing", day(9), -500, -500),
    ]


def test_reliability_by_hand_stands_beside_the_measured(session: Session) -> None:
    who, bolt = buyer(session, "Завод", is_supplier=True), item(session)
    buyer(session, "Немой", is_supplier=True)
    buyer(session, "Покупатель")
    set_terms(
        session,
        TermsDraft(who.id, date=DAY, by_id=None, reliability=Reliability.HIGH, lead_days=3, delivery="самовывоз"),
    )
    for came in (4, 6):
        line = [LineDraft(bolt.id, D(1), D(5))]
        it = order_supply(session, SupplyDraft(who.id, DAY, line, receive_on=day(5)))
        receive(session, SupplyDraft(who.id, day(came), line, order_id=it.id))
    found = table(session, "supplier-reliability")
    names = (
        "supplier",
        "reliability",
        "measured",
        "share",
        "promised",
        "kept",
        "lead_days",
        "measured_days",
        "delivery",
    )
    assert cells(found, *names) == [
        ("Завод", "high", "low", 50, 2, 1, 3, 5, "самовывоз"),
        ("Немой", None, None, None, 0, 0, None, None, None),
    ]


def test_a_manager_sees_nobody_elses_deals(session: Session) -> None:
    boris = user_named(session, "boris")
    who, bolt = buyer(session, "Чужой", manager_id=boris.id, is_supplier=True, allowed_debt=5), item(session, 100)
    it, closed = order(session, who, {bolt: 10}), order(session, who, {bolt: 1})
    shipped(session, it, {bolt: 1})
    paid(session, who, 50)
    close_orders(session, {closed.id: REASON(session)}, on=DAY, by_id=None)
    order_supply(session, SupplyDraft(who.id, DAY, [LineDraft(bolt.id, D(1), D(5))]))
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, [Sees.OWN])
    for slug in ("settlements", "deals", "order-closing", "supplier-reliability"):
        args = {"period": "2026"} if slug == "order-closing" else {}
        assert cells(table(session, slug, **args), "id") == []
    session.info["viewer"] = Viewer.of(boris.id, [Sees.OWN])
    for slug in ("settlements", "deals", "order-closing"):
        args = {"period": "2026"} if slug == "order-closing" else {}
        assert cells(table(session, slug, **args), "id") != []
