from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from app.queries.sales.settlements import balances, movements, overdue
from app.services.sales.shipments import ship
from app.services.typed import ShipmentDraft, ShippedDraft
from tests.conftest import user_named
from tests.deals import DAY, D, item, order, paid, returned, shipped
from tests.factories import buyer
from tests.plans import plan_of

pytestmark = pytest.mark.slow


def day(number: int) -> Any:
    return DAY + timedelta(days=number)


def trade(session: Session, **more: Any) -> tuple[Any, Any, Any]:
    """Two orders of 1000: one shipped whole on days 1 and 3 with a return, the other prepaid."""
    who, bolt = buyer(session, **more), item(session, 100)
    first, second = order(session, who, {bolt: 10}), order(session, who, {bolt: 10})
    shipped(session, first, {bolt: 4}, on=day(1))
    shipped(session, first, {bolt: 6}, on=day(3))
    returned(session, first, {bolt: 1}, on=day(4))
    paid(session, who, 500, on=day(2), order_id=first.id)
    paid(session, who, 200, on=day(5), order_id=second.id)
    return who, first, second


def test_movements_carry_the_debt_after_each_document(session: Session) -> None:
    who, first, _second = trade(session)
    rows = session.execute(movements(who.id)).all()
    assert [(row.kind, row.date, row.shipped, row.returned, row.paid, row.debt) for row in rows] == [
        ("shipment", day(1), 400, 0, 0, 400),
        ("payment", day(2), 0, 0, 500, -100),
        ("shipment", day(3), 600, 0, 0, 500),
        ("return", day(4), 0, 100, 0, 400),
        ("payment", day(5), 0, 0, 200, 200),
    ]
    assert rows[0].order_number == first.number
    assert [row.debt for row in session.execute(movements(who.id, day(2)))] == [400, -100]


def test_a_balance_is_what_was_shipped_less_what_came_back_and_was_paid(session: Session) -> None:
    who, *_ = trade(session)
    bolt = item(session, 50)
    ship(session, ShipmentDraft(who.id, day(6), [ShippedDraft(bolt.id, D(1), D(50))]))
    paid(session, who, 5000, on=day(7))
    assert tuple(session.execute(balances([who.id])).one())[1:] == (1050, 100, 5700, -4750)
    assert session.execute(balances([who.id], day(3))).one().debt == 500


def test_what_is_overdue_by_the_allowed_days(session: Session) -> None:
    who, *_ = trade(session, allowed_days=10, allowed_debt=150)

    def on(number: int) -> tuple[Any, ...]:
        row = session.execute(overdue(day(number), [who.id])).one()
        return row.debt, row.overdue, row.overdue_since, row.over_limit

    # shipped 400 on day 1 and 600 on day 3; 500 + 200 paid and 100 returned repay the first of them first
    assert on(5) == (200, 0, None, 50)
    assert on(13) == (200, 0, None, 50)
    assert on(14) == (200, 200, day(13), 50)


def test_without_allowed_days_the_orders_day_counts(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    dated, undated = order(session, who, {bolt: 10}, pay_by=day(20)), order(session, who, {bolt: 10})
    shipped(session, dated, {bolt: 10}, on=day(1))
    shipped(session, undated, {bolt: 3}, on=day(5))

    def on(number: int) -> tuple[Any, ...]:
        row = session.execute(overdue(day(number), [who.id])).one()
        return row.debt, row.overdue, row.overdue_since, row.over_limit

    assert on(5) == (1300, 0, None, 0)
    assert on(6) == (1300, 300, day(5), 0)
    assert on(21) == (1300, 1300, day(5), 0)


def test_a_manager_sees_the_settlements_of_his_own(session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    hers, *_ = trade(session, manager_id=anna.id)
    his, *_ = trade(session, manager_id=boris.id)
    session.info["viewer"] = Viewer.of(anna.id, [Sees.OWN])
    assert [row.id for row in session.execute(balances())] == [hers.id]
    assert [row.id for row in session.execute(overdue(day(9)))] == [hers.id]
    assert session.execute(movements(his.id)).all() == []
    assert session.execute(movements(hers.id)).all() != []


def test_a_counterparty_with_ten_thousand_documents_is_answered_from_indexes(session: Session) -> None:
    who = buyer(session)
    others = [buyer(session).id for _ in range(100)]
    for table, prefix in (("shipment", "р"), ("payment", "о")):
        session.execute(
            text(
                f"INSERT INTO {table} (number, date, counterparty_id, amount)"
                " SELECT :prefix || n, :day + n % 900,"
                " CASE WHEN n <= 5000 THEN :who ELSE :first + n % 100 END, 10 FROM generate_series(1, 45000) n"
            ),
            {"prefix": prefix, "day": DAY, "who": who.id, "first": others[0]},
        )
    for query in (movements(who.id), balances([who.id]), overdue(day(500), [who.id])):
        plan = plan_of(session, query)
        assert plan.indexes >= {"ix_shipment_counterparty_id_date_id", "ix_payment_counterparty_id_date_id"}
        assert not plan.scans & {"shipment", "payment"}
    debt = session.execute(balances([who.id])).one().debt
    assert debt == session.scalar(select(func.sum(Shipment.amount)).where(Shipment.counterparty_id == who.id)) - 50_000


def test_a_counterparty_without_documents_has_no_row(session: Session) -> None:
    who = buyer(session)
    assert session.execute(balances([who.id])).all() == []
    assert session.scalar(select(Counterparty.allowed_days).where(Counterparty.id == who.id)) is None
