"""Orders closed by a file."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.models.closing import OrderClosing
from app.models.orders import BuyerOrder
from app.models.products import Item
from tests.conftest import filled_once, user_named
from tests.deals import item, order, shipped
from tests.factories import buyer
from tests.services.exchange.conftest import TODAY, Imports, counts, wrong

pytestmark = pytest.mark.slow

HEADER = "order,reason,date,comment"


def fill(session: Session) -> None:
    """Orders 1 and 3 of one client, 2 of another; 4 of 10 are shipped of the first."""
    first, second = buyer(session, "Ромашка", code="К1"), buyer(session, "Ёж", code="К2")
    tea, day = item(session, 5), date(2026, 11, 20)
    made = [order(session, who, {tea: 10}, day, number=str(n)) for n, who in enumerate((first, second, first), 1)]
    shipped(session, made[0], {tea: 4}, date(2026, 11, 21))


filled, session = filled_once(fill)


def closed(session: Session) -> list[tuple[str, str, date, str]]:
    rows = session.scalars(select(OrderClosing).order_by(OrderClosing.id))
    return [(row.order.number, row.reason.name, row.on, row.comment) for row in rows]


def test_orders_are_closed_with_their_reasons_and_what_is_written_off(session: Session, imports: Imports) -> None:
    report = imports(
        "order-closings", HEADER, "1,Нет оплаты,2026-11-22,", "2,Прочее,2026-11-22,", "3,Нет оплаты,,не ждем"
    )
    assert (counts(report), report.warnings) == ((3, 0, 0), [])
    assert closed(session) == [
        ("1", "Нет оплаты", date(2026, 11, 22), ""),
        ("2", "Прочее", date(2026, 11, 22), ""),
        ("3", "Нет оплаты", TODAY, "не ждем"),
    ]
    rows = session.scalars(select(OrderClosing).order_by(OrderClosing.id)).all()
    assert [row.closing_amount for row in rows] == [30, 50, 50]
    assert rows[0].number == rows[1].number != rows[2].number  # of one day and comment
    assert set(session.scalars(select(BuyerOrder.status))) == {"closed"}


def test_the_same_file_again_closes_nothing_and_the_first_reason_stays(session: Session, imports: Imports) -> None:
    imports("order-closings", HEADER, "1,Нет оплаты,2026-11-22,")
    again = imports("order-closings", HEADER, "1,Нет оплаты,2026-11-22,")
    assert (counts(again), again.warnings) == ((0, 0, 1), [])
    other = imports("order-closings", HEADER, "1,Прочее,2026-11-23,", "2,Прочее,2026-11-23,")
    assert counts(other) == (1, 0, 1)
    (warning,) = other.warnings
    assert (warning.line, warning.field) == (2, "reason")
    assert "Нет оплаты" in warning.text
    assert [(number, reason) for number, reason, _on, _comment in closed(session)] == [
        ("1", "Нет оплаты"),
        ("2", "Прочее"),
    ]


def test_a_file_leaves_a_closed_order_as_it_is(session: Session, imports: Imports) -> None:
    """What it says of it already is no news, whatever else it brings."""
    tea = session.scalars(select(Item.code)).one()
    header = "number,date,counterparty,item,quantity,price,ship_on"
    same, other = f"1,2026-11-20,К1,{tea},10,5,", f"3,2026-11-20,К1,{tea},12,5,"
    imports("order-closings", HEADER, "1,Прочее,2026-11-22,")
    assert counts(imports("orders", header, same, other)) == (0, 1, 1)
    for line in (f"1,2026-11-20,К1,{tea},11,5,", f"1,2026-11-20,К1,{tea},10,5,2026-11-30"):
        for dry_run in (True, False):
            report = imports("orders", header, other, line, dry_run=dry_run)
            assert wrong(report) == [(3, "number")]
            assert "закрыт" in report.wrong[0].text
    assert wrong(imports("orders", header, other, f"2,2026-11-20,К2,{tea},10,5,2026-11-19")) == [(3, "ship_on")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("1,,2026-11-22,", "reason"),
        ("1,Просто так,2026-11-22,", "reason"),
        ("9,Прочее,2026-11-22,", "order"),
        ("1,Прочее,2026-11-19,", "date"),
        ("2,Нет оплаты,2026-11-22,", "order"),  # the second time, for another reason
    ],
)
def test_a_wrong_line_closes_nothing(session: Session, imports: Imports, line: str, field: str) -> None:
    report = imports("order-closings", HEADER, "2,Прочее,2026-11-22,", line)
    assert wrong(report) == [(3, field)]
    assert closed(session) == []


def test_a_file_without_reasons_is_refused(imports: Imports) -> None:
    with pytest.raises(Refused, match="reason"):
        imports("order-closings", "order,date", "1,2026-11-22")


def test_a_manager_closes_only_the_orders_he_sees(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name,manager", "К1,Ромашка,anna", "К2,Ёж,boris")
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    report = imports("order-closings", HEADER, "1,Прочее,,", "2,Прочее,,")
    assert wrong(report) == [(3, "order")]
    del session.info["viewer"]
    assert closed(session) == []
