"""Rates of VAT and how much of an amount it is."""

from datetime import date
from decimal import Decimal

import pytest

from app.domain.vat import VatRate, rate_on, vat_of


@pytest.mark.parametrize(
    ("rate", "day", "expected"),
    [
        (VatRate.TWENTY_TWO, date(2025, 12, 31), VatRate.TWENTY),
        (VatRate.TWENTY, date(2026, 1, 1), VatRate.TWENTY_TWO),
        (VatRate.TWENTY_TWO, date(2026, 1, 1), VatRate.TWENTY_TWO),
        (VatRate.TEN, date(2026, 1, 1), VatRate.TEN),
        (VatRate.NONE, date(2026, 1, 1), VatRate.NONE),
    ],
)
def test_the_standard_rate_is_that_of_the_day_and_the_others_stay(rate, day, expected):
    assert rate_on(rate, day) is expected


@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [
        ("122", VatRate.TWENTY_TWO, "22"),
        ("100", VatRate.TWENTY, "16.67"),
        ("-100", VatRate.TWENTY, "-16.67"),
        ("110", VatRate.TEN, "10"),
        ("100", VatRate.ZERO, "0"),
        ("100", VatRate.NONE, "0"),
    ],
)
def test_an_amount_includes_its_vat(amount, rate, expected):
    assert vat_of(Decimal(amount), rate) == Decimal(expected)
