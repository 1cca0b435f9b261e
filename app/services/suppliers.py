"""Suppliers: their terms and prices by day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.words import PriceSource, Reliability
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.suppliers import SupplierPrice, SupplierTerms


def set_terms(
    session: Session,
    supplier_id: int,
    *,
    on: date,
    by_id: int | None,
    reliability: Reliability | None = None,
    lead_days: int | None = None,
    delivery: str = "",
    comment: str = "",
) -> SupplierTerms:
    """Set by hand how the supplier works from that day on; a second word on one day replaces the first."""
    check_supplier(session, supplier_id)
    if lead_days is not None and lead_days < 0:
        raise Refused(_("The lead time cannot be negative."), field="lead_days")
    query = select(SupplierTerms).where(SupplierTerms.counterparty_id == supplier_id, SupplierTerms.on == on)
    terms = session.scalars(query).one_or_none() or SupplierTerms(counterparty_id=supplier_id, on=on)
    terms.reliability, terms.lead_days, terms.delivery = reliability, lead_days, delivery
    terms.comment, terms.by_id = comment, by_id
    session.add(terms)
    session.flush()
    return terms


def set_price(
    session: Session,
    supplier_id: int,
    item_id: int,
    price: Decimal,
    *,
    on: date,
    source: PriceSource = PriceSource.HAND,
    lead_days: int | None = None,
    min_quantity: Decimal | None = None,
    note: str = "",
) -> None:
    """Keep the supplier's price of an item from that day on; a second price on one day replaces the first."""
    check_supplier(session, supplier_id)
    if price < 0:
        raise Refused(_("The price cannot be negative."), field="price")
    values = {"price": price, "source": source, "lead_days": lead_days, "min_quantity": min_quantity, "note": note}
    add = insert(SupplierPrice).values(counterparty_id=supplier_id, item_id=item_id, on_date=on, **values)
    session.execute(add.on_conflict_do_update(index_elements=["counterparty_id", "item_id", "on_date"], set_=values))


def check_supplier(session: Session, supplier_id: int) -> None:
    """Refused unless the viewer sees the counterparty and it is a supplier."""
    is_supplier = session.scalar(select(Counterparty.is_supplier).where(Counterparty.id == supplier_id))
    if is_supplier is None:
        raise Refused(_("There is no such counterparty."), field="counterparty")
    if not is_supplier:
        raise Refused(_("This counterparty is not a supplier."), field="counterparty")
