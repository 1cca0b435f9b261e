from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.order_state import (
    Figures,
    by_line,
    line_amount,
    payment_state,
    rest_by_line,
    shipment_state,
    status,
    verdicts,
)

D = Decimal


def figures(rest: int = 10, paid: int = 0, **more: object) -> Figures:
    return Figures(**{"planned": D(10), "rest": D(rest), "planned_amount": D(1000), "paid": D(paid), **more})


@pytest.mark.parametrize(
    ("rest", "paid", "shipment", "payment", "whole"),
    [
        (10, 0, "none", "none", "new"),
        (10, 400, "none", "partly", "partly"),
        (10, 1000, "none", "full", "in_work"),
        (4, 0, "partly", "none", "partly"),
        (4, 400, "partly", "partly", "partly"),
        (4, 1000, "partly", "full", "partly"),
        (0, 0, "full", "none", "in_work"),
        (0, 400, "full", "partly", "partly"),
        (0, 1000, "full", "full", "done"),
    ],
)
def test_nine_combinations_have_their_states(rest: int, paid: int, shipment: str, payment: str, whole: str) -> None:
    order = figures(rest, paid)
    assert (shipment_state(order), payment_state(order), status(order)) == (shipment, payment, whole)
    assert (verdicts(order).shipped, verdicts(order).paid) == (shipment == "full", payment == "full")


@pytest.mark.parametrize(
    ("more", "payment", "whole", "due"),
    [
        ({"paid": D(1000), "shipped_amount": D(1200)}, "partly", "partly", 1200),  # goods beyond the plan are unpaid
        ({"paid": D(1200), "shipped_amount": D(1200)}, "full", "done", 1200),
        ({"paid": D(1000), "shipped_amount": D(1200), "returned_amount": D(300)}, "full", "done", 1000),
        ({"paid": D(300), "shipped_amount": D(300), "closed": True}, "full", "closed", 300),
        ({"paid": D(300), "shipped_amount": D(400), "closed": True}, "partly", "closed", 400),
        ({"paid": D(0), "closed": True}, "none", "closed", 0),  # nothing is awaited, yet nobody paid
    ],
)
def test_paid_in_full_and_done_only_when_nothing_is_left_to_pay(
    more: dict[str, object], payment: str, whole: str, due: int
) -> None:
    order = figures(rest=0, **more)
    assert (payment_state(order), status(order), order.due) == (payment, whole, due)


def test_a_closed_order_is_closed_whatever_was_done() -> None:
    assert status(figures(0, 1000, closed=True)) == "closed"


def test_more_than_planned_is_full_and_more_than_ordered_to_ship_is_none() -> None:
    assert payment_state(figures(paid=1500)) == "full"
    assert shipment_state(figures(rest=12)) == "none"


@pytest.mark.parametrize(
    ("more", "unpaid"),
    [
        ({}, 600),  # the whole order is awaited
        ({"shipped_amount": D(1200)}, 800),  # more was shipped than ordered
        ({"shipped_amount": D(1200), "returned_amount": D(500)}, 600),
        ({"closed": True}, -400),  # nothing is awaited any more: 400 were paid for nothing
        ({"closed": True, "shipped_amount": D(700)}, 300),
    ],
)
def test_an_order_awaits_its_sum_or_what_was_shipped(more: dict[str, object], unpaid: int) -> None:
    assert figures(paid=400, **more).unpaid == unpaid


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "amount"),
    [
        ("3", "33.33", "10", "89.99"),
        ("1", "0.05", "50", "0.03"),
        ("-1", "0.05", "50", "-0.03"),
        ("2.5", "100", "0", "250"),
    ],
)
def test_a_line_costs_its_quantity_and_price_less_the_discount(
    quantity: str, price: str, discount: str, amount: str
) -> None:
    assert line_amount(D(quantity), D(price), D(discount)) == D(amount)


@given(st.lists(st.integers(1, 50).map(D), min_size=1, max_size=6), st.integers(-5, 200).map(D))
def test_lines_of_one_item_are_shipped_from_the_first(lines: list[Decimal], done: Decimal) -> None:
    rest = rest_by_line(lines, done)
    assert sum(rest) == max(sum(lines) - max(done, D(0)), D(0))
    open_lines = [place for place, left in enumerate(rest) if left]
    assert open_lines == list(range(min(open_lines, default=len(lines)), len(lines)))


@given(
    st.lists(st.integers(1, 50).map(D), min_size=1, max_size=6), st.integers(0, 200).map(D), st.integers(0, 9).map(D)
)
def test_what_is_done_of_an_item_is_told_once_over_its_lines(
    lines: list[Decimal], done: Decimal, more: Decimal
) -> None:
    item, rest = SimpleNamespace(id=7), max(sum(lines) + more - done, D(0))
    told = by_line((SimpleNamespace(quantity=quantity), item, done, rest) for quantity in lines)
    assert (sum(row.shipped for row in told), sum(row.rest for row in told)) == (done, rest)
    assert all(row.shipped + row.rest == row.line.quantity for row in told[:-1])
