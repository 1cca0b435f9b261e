"""A payment that was typed wrong is put right, and everything that follows from it."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from app.models.movements import Payment
from app.queries.journal import field_changes
from tests.conftest import user_named
from tests.deals import item, order, paid
from tests.factories import buyer


def test_a_wrong_payment_is_put_right_and_settled_anew(session: Session, login: Any) -> None:
    who = buyer(session, "Ромашка", manager_id=user_named(session, "anna").id)
    it = order(session, who, {item(session, 100): 1})
    payment = paid(session, who, 60)
    session.commit()
    anna, address = login("anna"), f"/payments/edit/{payment.id}"
    page = anna.get(address)
    version = re.search(r'name="version"[^>]*value="(\d+)"', page.text)
    assert version
    typed = {"counterparty": who.id, "date": payment.date, "number": payment.number, "version": version[1]}
    assert anna.post(address, data={**typed, "amount": "100"}).status_code == 302
    session.expire_all()
    assert (payment.amount, it.paid_amount, it.payment_state) == (100, 100, "full")
    (change,) = [each for each in field_changes(session, "payment", payment.id) if each.what == "update"]
    assert [(each.old, each.new) for each in change.fields] == [(60, 100)]
    late = anna.post(address, data={**typed, "amount": "50"})  # of the version that is no more
    assert late.status_code == 200
    session.expire_all()
    assert session.get_one(Payment, payment.id).amount == 100
    assert login("boris").get(address).status_code == 404
