"""The rate of VAT of a line: from the item by the day of the document, changed by whoever writes it, kept with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Date, Numeric, String, cast, literal, select

from app.domain.vat import VatRate, rate_on, vat_of
from app.models.movements import Shipment
from app.queries.sales import vat as in_sql
from app.queries.sales.sales import sums_of
from app.services.purchasing.supplier_documents import order_supply, receive
from app.services.purchasing.supplier_documents import rest_of as rest_of_supply
from app.services.sales.order_entry import shipped_of
from app.services.sales.orders import correct, rest_of, save_order
from app.services.sales.shipments import ship
from app.services.typed import CorrectionDraft, LineDraft, OrderDraft, ShipmentDraft, ShippedDraft, SupplyDraft
from tests.deals import D, item, order, returned, shipped
from tests.factories import buyer

OLD, NEW = date(2025, 12, 31), date(2026, 1, 1)


def rates(lines) -> list[VatRate]:
    return [line.vat for line in lines]


@pytest.mark.parametrize("rate", list(VatRate))
def test_python_and_the_base_say_the_same_of_rates(session, rate):
    for day in (OLD, NEW):
        said = session.scalar(select(in_sql.rate_on(literal(rate.value), cast(literal(day), Date))))
        assert said == rate_on(rate, day)
    for amount in ("0.01", "0.03", "100", "-33.33", "99999.99"):
        said = session.scalar(select(in_sql.vat_of(cast(literal(D(amount)), Numeric(15, 2)), cast(rate.value, String))))
        assert said == vat_of(D(amount), rate)


@pytest.mark.parametrize(("on", "rate"), [(OLD, VatRate.TWENTY), (NEW, VatRate.TWENTY_TWO)])
def test_every_document_takes_the_rate_of_its_day(session, on, rate):
    who, bolt = buyer(session, is_supplier=True), item(session, 122)
    it = order(session, who, {bolt: 10}, on)
    lines = [LineDraft(bolt.id, D(1), D(122))]
    more = correct(session, CorrectionDraft(it.id, on, lines))
    bought = order_supply(session, SupplyDraft(who.id, on, lines))
    came = receive(session, SupplyDraft(who.id, on, lines))
    sold = shipped(session, it, {bolt: 5}, on)
    assert [rates(d.lines) for d in (it, more, bought, came, sold)] == [[rate]] * 5


def test_a_rate_that_was_chosen_stays_and_goes_on_to_what_is_made_of_the_document(session):
    who, bolt = buyer(session, is_supplier=True), item(session, 110, vat=VatRate.NONE)
    lines = [LineDraft(bolt.id, D(10), D(110), vat=VatRate.TEN)]
    it = save_order(session, OrderDraft(who.id, NEW, lines))
    assert rates(it.lines) == rates(rest_of(session, it.id)) == [VatRate.TEN]
    ship(session, ShipmentDraft(who.id, NEW, [ShippedDraft(bolt.id, D(2), D(110), vat=VatRate.TEN)], order_id=it.id))
    assert rates(shipped_of(session, it.id)) == [VatRate.TEN]
    bought = order_supply(session, SupplyDraft(who.id, NEW, lines))
    assert rates(rest_of_supply(session, bought.id)) == [VatRate.TEN]


def test_revenue_without_vat_adds_shipments_and_takes_returns(session):
    who, bolt = buyer(session), item(session, 122)
    it = order(session, who, {bolt: 10}, NEW)
    sold, back = shipped(session, it, {bolt: 10}, NEW), returned(session, it, {bolt: 1}, NEW)
    assert (sold.vat_amount, back.vat_amount) == (220, -22)
    row = session.execute(sums_of(select(Shipment).where(Shipment.counterparty_id == who.id))).one()
    assert (row.revenue, row.net) == (Decimal(1098), Decimal(900))
