"""What makes two documents one: number, year and kind; of payments number, day and payer."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.errors import Refused
from app.services.sales.payments import pay
from app.services.sales.shipments import ship, take_return
from app.services.typed import PaymentDraft, ShipmentDraft, ShippedDraft
from tests.deals import DAY, D, item
from tests.factories import buyer


def test_payers_number_their_payments_by_themselves(session: Session) -> None:
    first, second = buyer(session), buyer(session, code="К2")
    draft = PaymentDraft(counterparty_id=first.id, date=DAY, amount=D(10), number="15")
    pay(session, draft)
    pay(session, replace(draft, counterparty_id=second.id))
    pay(session, replace(draft, date=DAY.replace(year=DAY.year - 1)))
    with pytest.raises(Refused) as refused:
        pay(session, draft)
    assert refused.value.field == "number"


def test_shipments_and_returns_are_numbered_apart_and_anew_every_year(session: Session) -> None:
    lines = [ShippedDraft(item(session, 10).id, D(1), D(10))]
    draft = ShipmentDraft(counterparty_id=buyer(session).id, date=DAY, lines=lines, number="7")
    ship(session, draft)
    take_return(session, draft)
    ship(session, replace(draft, date=DAY.replace(year=DAY.year - 1)))
    for again in (ship, take_return):
        with pytest.raises(Refused) as refused:
            again(session, draft)
        assert refused.value.field == "number"
