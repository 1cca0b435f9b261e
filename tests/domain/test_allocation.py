from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import Debt, FreeMoney, Named, Share, allocate, named_orders

D = Decimal
DAY = date(2026, 3, 1)


def debt(order_id: int, unpaid: int, pay_by: int | None = None, paid: int = 0, number: str = "") -> Debt:
    due = None if pay_by is None else DAY + timedelta(days=pay_by)
    return Debt(order_id, number or f"ЗП-2026-{order_id:05}", DAY, due, D(unpaid), D(paid))


def money(free: int, payment_id: int = 1, **more: object) -> FreeMoney:
    return FreeMoney(payment_id, DAY, D(free), **more)  # type: ignore[arg-type]


def shares(payments: list[FreeMoney], debts: list[Debt]) -> list[tuple[int, int, int]]:
    return [(s.payment_id, s.order_id, int(s.amount)) for s in allocate(payments, debts)]


@pytest.mark.parametrize(
    ("purpose", "named"),
    [
        ("Оплата по счету № 123 от 05.02.2026", [("123", date(2026, 2, 5))]),
        ("опл. по сч. №7, 8 и 9", [("7", None), ("8", None), ("9", None)]),
        ("заказ ЗП-2026-00012", [("ЗП-2026-00012", None)]),
        ("Оплата по заказу № ЗП-2026-00012, в т.ч. НДС 20% - 100.00", [("ЗП-2026-00012", None)]),
        ("по счету на оплату N 45", [("45", None)]),
        ("Оплата счёта №77. НДС не облагается", [("77", None)]),
        ("заказа 5 и заказа 6", [("5", None), ("6", None)]),
        ("оплата по счету № А-15/2 от 1.2.2026", [("А-15/2", date(2026, 2, 1))]),
        ("по счету № 5 от 31.02.2026", [("5", None)]),
        ("за канцтовары по договору 15", []),
        ("", []),
    ],
)
def test_a_purpose_names_orders(purpose: str, named: list[tuple[str, date | None]]) -> None:
    assert named_orders(purpose) == [Named(number, on) for number, on in named]


def test_the_named_order_is_paid_before_an_older_one_and_the_rest_goes_on() -> None:
    debts = [debt(1, 100, pay_by=1), debt(2, 100, pay_by=9), debt(3, 500)]
    assert shares([money(150, order_id=2)], debts) == [(1, 2, 100), (1, 1, 50)]
    for purpose in ("по счету № 2", "по счету № 00002 от 5.6.2020", "заказ ЗП-2026-00002 и заказ 2"):
        assert shares([money(150, purpose=purpose)], debts) == [(1, 2, 100), (1, 1, 50)]
    assert shares([money(40, purpose="счет а-15/2")], [*debts, debt(4, 50, number="А-15/2")]) == [(1, 4, 40)]


def test_a_number_that_fits_two_orders_names_none_unless_the_day_tells() -> None:
    debts = [debt(1, 100, 1), debt(2, 70, 5, number="ЗП-2025-00007"), debt(3, 70, 6, number="ЗП-2026-00007")]
    assert shares([money(50, purpose="счет 7")], debts) == [(1, 1, 50)]
    other = Debt(4, "ЗП-2024-00007", date(2024, 5, 6), None, D(90))
    assert shares([money(50, purpose="счет 7 от 06.05.2024")], [*debts, other]) == [(1, 4, 50)]


def test_else_the_order_of_exactly_that_sum_is_paid() -> None:
    assert shares([money(300)], [debt(1, 100, 1), debt(2, 300, 9)]) == [(1, 2, 300)]


def test_the_exact_sum_is_looked_for_among_what_orders_await_at_that_moment() -> None:
    debts = [debt(1, 5000, pay_by=10), debt(2, 1000, pay_by=20)]
    assert shares([money(400, 1, order_id=2), money(600, 2)], debts) == [(1, 2, 400), (2, 2, 600)]


@given(
    st.lists(st.tuples(st.integers(1, 6), st.none() | st.integers(0, 3)), max_size=6),
    st.lists(st.tuples(st.integers(1, 6), st.none() | st.integers(0, 5)), max_size=8),
)
def test_payments_in_one_file_are_laid_as_one_by_one(
    orders: list[tuple[int, int | None]], payments: list[tuple[int, int | None]]
) -> None:
    debts = [debt(n, unpaid, pay_by) for n, (unpaid, pay_by) in enumerate(orders)]
    moneys = [money(free, n, order_id=order_id) for n, (free, order_id) in enumerate(payments)]
    one_by_one, left = [], debts
    for payment in moneys:
        laid = allocate([payment], left)
        one_by_one += laid
        taken = {share.order_id: share.amount for share in laid}
        left = [replace(d, unpaid=d.unpaid - taken.get(d.order_id, D(0))) for d in left]
    assert allocate(moneys, debts) == one_by_one


def test_else_the_oldest_due_is_paid_first_undated_last_and_the_rest_is_an_advance() -> None:
    debts = [debt(1, 100), debt(2, 100, 9), debt(3, 100, 2)]
    assert shares([money(150)], debts) == [(1, 3, 100), (1, 2, 50)]
    assert shares([money(1000)], debts) == [(1, 3, 100), (1, 2, 100), (1, 1, 100)]
    assert allocate([FreeMoney(1, DAY, D("0.02"))], [debt(1, 5)]) == [Share(1, 1, D("0.02"))]


def test_two_payments_never_pay_one_debt_twice() -> None:
    assert shares([money(100, 1, order_id=1), money(100, 2, order_id=1)], [debt(1, 150)]) == [(1, 1, 100), (2, 1, 50)]


def test_a_refund_comes_from_its_order_then_from_advances_then_from_the_orders_paid_last() -> None:
    paid = [debt(1, 0, paid=100), Debt(2, "2", DAY + timedelta(days=1), None, D(0), D(100))]
    assert shares([money(-60, order_id=1)], paid) == [(1, 1, -60)]
    assert shares([money(-60), money(80, 2)], paid) == []  # 20 of the advance are left, and nobody owes
    assert shares([money(-60), money(-60, 3), money(80, 2)], paid) == [(3, 2, -40)]
    assert shares([money(-130)], paid) == [(1, 2, -100), (1, 1, -30)]


def test_an_advance_that_went_back_pays_nothing() -> None:
    assert shares([money(80, 1), money(-60, 2)], [debt(1, 100)]) == [(1, 1, 20)]
    assert shares([money(80, 1), money(-100, 2), money(80, 3)], [debt(1, 100)]) == [(3, 1, 60)]


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100), st.none() | st.integers(0, 9)), max_size=8),
    st.lists(st.tuples(st.integers(-300, 300).filter(bool), st.none() | st.integers(0, 7)), max_size=8),
)
def test_no_order_gets_more_than_it_awaits_and_no_payment_gives_more_than_it_has(
    orders: list[tuple[int, int, int | None]], payments: list[tuple[int, int | None]]
) -> None:
    debts = [debt(n, unpaid, pay_by, paid) for n, (unpaid, paid, pay_by) in enumerate(orders)]
    moneys = [money(free, n, order_id=order_id) for n, (free, order_id) in enumerate(payments)]
    laid = allocate(moneys, debts)
    for order in debts:
        got = sum((s.amount for s in laid if s.order_id == order.order_id), D(0))
        assert -order.paid <= got <= order.unpaid
    for payment in moneys:
        given_out = [s.amount for s in laid if s.payment_id == payment.payment_id]
        assert all(amount * payment.free > 0 for amount in given_out)
        assert abs(sum(given_out, D(0))) <= abs(payment.free)
    left = sum((m.free for m in moneys), D(0)) - sum((s.amount for s in laid), D(0))
    if all(m.free > 0 for m in moneys) and left:
        assert all(order.unpaid == sum(s.amount for s in laid if s.order_id == order.order_id) for order in debts)


def test_shares_are_values() -> None:
    assert allocate([money(5)], [debt(1, 5)]) == [Share(1, 1, D(5))]
