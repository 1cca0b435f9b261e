"""Suppliers: their terms and prices by day."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.suppliers import SupplierPrice, SupplierTerms
from app.services.typed import PriceDraft, TermsDraft


def set_terms(session: Session, draft: TermsDraft) -> SupplierTerms:
    """Set by hand how the supplier works from that day on; a second word on one day replaces the first."""
    check_supplier(session, draft.supplier_id)
    if draft.lead_days is not None and draft.lead_days < 0:
        raise Refused(_("The lead time cannot be negative."), field="lead_days")
    key = {"counterparty_id": draft.supplier_id, "on": draft.date}
    terms = session.scalars(select(SupplierTerms).filter_by(**key)).one_or_none() or SupplierTerms(**key)
    for name in ("reliability", "lead_days", "delivery", "comment", "by_id"):
        setattr(terms, name, getattr(draft, name))
    session.add(terms)
    session.flush()
    return terms


def set_price(session: Session, draft: PriceDraft) -> None:
    """Keep the supplier's price of an item from that day on; a second price on one day replaces the first."""
    check_supplier(session, draft.supplier_id)
    if draft.price < 0:
        raise Refused(_("The price cannot be negative."), field="price")
    key = {"counterparty_id": draft.supplier_id, "item_id": draft.item_id, "on_date": draft.date}
    values = {name: getattr(draft, name) for name in ("price", "source", "lead_days", "min_quantity", "note")}
    add = insert(SupplierPrice).values(**key, **values)
    session.execute(add.on_conflict_do_update(index_elements=[*key], set_=values))


def check_supplier(session: Session, supplier_id: int) -> None:
    """Refused unless the viewer sees the counterparty and it is a supplier."""
    is_supplier = session.scalar(select(Counterparty.is_supplier).where(Counterparty.id == supplier_id))
    if is_supplier is None:
        raise Refused(_("There is no such counterparty."), field="counterparty")
    if not is_supplier:
        raise Refused(_("This counterparty is not a supplier."), field="counterparty")
