"""What we owe suppliers, document by document: the report says what the card of the supplier says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.models.supply import Receipt, SupplierPayment
from reports.purchasing.supplier_settlements import SupplierSettlements
from tests.clients import Clients


@pytest.fixture(autouse=True)
def language(app: Flask) -> Any:
    with app.test_request_context():
        yield


def test_every_receipt_and_payment_moves_what_we_owe(session: Session) -> None:
    clients = Clients(session)
    tin, bolt = (clients.company(name, None, is_supplier=True) for name in ("Жесть", "Болт"))
    for supplier, day, received, paid in (
        (tin, date(2026, 3, 2), 100, 0),
        (tin, date(2026, 3, 5), 0, 130),
        (tin, date(2026, 3, 9), 50, 0),
        (bolt, date(2026, 3, 3), 7, 0),
        (bolt, date(2026, 4, 1), 0, 7),
    ):
        made = Receipt(amount=received) if received else SupplierPayment(amount=paid)
        made.number, made.date, made.counterparty = f"{day}", day, supplier
        clients.add(made)
    session.flush()

    def told(**asked: str) -> tuple[list[tuple[str, Decimal]], Decimal]:
        (table,) = SupplierSettlements().tables(session, asked, today=date(2026, 3, 31))
        rows = [(row["supplier"], row["debt"]) for row in table.rows]
        return rows, sum(dict(rows).values(), Decimal(0))

    assert told() == ([("Болт", 7), ("Жесть", 100), ("Жесть", -30), ("Жесть", 20)], 27)
    assert told(on="2026-04-01")[1] == 20
    assert told(counterparty=tin.code)[0] == [("Жесть", 100), ("Жесть", -30), ("Жесть", 20)]
