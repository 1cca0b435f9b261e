from datetime import date
from decimal import Decimal

import pytest

from app.domain.supplier_measure import year_before
from tests.rules.supplier_measure import Arrival, Promise, kept_share, lead_days, reliability, share_of

D = Decimal
DUE = date(2026, 3, 10)


def test_an_order_is_kept_when_all_of_it_came_on_the_day_or_before() -> None:
    came = [date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11), None]
    assert [Promise(DUE, day).kept for day in came] == [True, True, False, False]
    assert share_of(Promise(DUE, day) for day in came) == 50


@pytest.mark.parametrize(
    ("kept", "promised", "caption"),
    [(95, 100, "high"), (94, 100, "medium"), (80, 100, "medium"), (79, 100, "low"), (19, 20, "high"), (0, 3, "low")],
)
def test_the_share_gives_the_class(kept: int, promised: int, caption: str) -> None:
    assert reliability(kept_share(kept, promised)) == caption


def test_nothing_promised_is_not_measured() -> None:
    assert reliability(share_of([])) is None
    assert lead_days([]) is None


def test_lead_time_is_the_mean_of_days_from_order_to_receipt() -> None:
    ordered = date(2026, 3, 1)
    assert lead_days([Arrival(ordered, date(2026, 3, 4)), Arrival(ordered, date(2026, 3, 9))]) == D("5.5")


def test_a_year_is_twelve_months_to_the_day() -> None:
    assert year_before(date(2026, 3, 10)) == (date(2025, 3, 11), date(2026, 3, 10))
    assert year_before(date(2024, 2, 29)) == (date(2023, 3, 1), date(2024, 2, 29))
