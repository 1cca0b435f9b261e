"""Numbers look alike wherever they are shown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from app import formatting


@pytest.mark.parametrize(
    ("look", "number", "english", "russian"),
    [
        (formatting.money, "412300", "412,300.00", "412 300,00"),
        (formatting.money, "-0.5", "-0.50", "-0,50"),
        (formatting.quantity, "1200.000", "1,200", "1 200"),
        (formatting.quantity, "12.345", "12.345", "12,345"),
        (formatting.number, "70.00", "70", "70"),
        (formatting.number, "40.83", "40.83", "40,83"),
        (formatting.figure, "1200.00", "1,200.00", "1 200,00"),
        (formatting.figure, "1200.000", "1,200", "1 200"),
        (formatting.percent, "40.82", "40.8 %", "40,8 %"),
        (formatting.plain, "1200.500", "1200.5", "1200.5"),
        (formatting.plain, "100", "100", "100"),
        (formatting.plain, "0.000", "0", "0"),
        (formatting.as_typed, "12.50", "12.50", "12,50"),
        (formatting.as_typed, "100.00", "100", "100"),
        (formatting.as_typed, "0.125", "0.125", "0,125"),
    ],
)
def test_a_number_in_either_language(
    app: Flask, look: Callable[[Decimal], str], number: str, english: str, russian: str
) -> None:
    with app.test_request_context():
        for language, expected in (("en", english), ("ru", russian)):
            with force_locale(language):
                assert look(Decimal(number)).replace("\u00a0", " ") == expected
