"""What cards and pickers say of a supplier: his terms beside the measure, his items, who offers an item best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.domain.words import Reliability
from app.formatting import number, quantity
from app.models.captions import caption
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice, SupplierTerms
from app.queries.purchasing import suppliers as queries
from app.services.line_entry import PriceAndDiscount, Prices
from app.services.purchasing.supplier_documents import last_prices

SHOWN = 10
MOST_OFFERS = 50  # the report has them all
LEVELS = list(Reliability)  # the best first


@dataclass(frozen=True)
class SupplierOnDay:
    """A supplier on a day: the terms that hold, all that were set (the latest first), and what was measured.

    Of the orders `promised` over a year some were `kept`, and some `moved` to a later day than was promised first.
    `received`, `paid` and `debt` are of all days: what we owe him now.
    """

    now: SupplierTerms | None
    history: list[SupplierTerms]
    promised: int
    kept: int
    moved: int
    receipts: int
    share: Decimal | None
    measured: Reliability | None
    days: Decimal | None
    received: Decimal
    paid: Decimal
    debt: Decimal


@dataclass(frozen=True)
class Priced:
    """An item of a supplier with its price of the day."""

    offer: SupplierItem
    item: Item
    price: SupplierPrice | None


@dataclass(frozen=True)
class Offer:
    """What one supplier offers for an item; `best` names the figures in which nobody beats him."""

    row: Any
    best: set[str] = field(default_factory=set)

    @property
    def reliability(self) -> Reliability | None:
        return self.row.reliability and Reliability(self.row.reliability)

    @property
    def measured(self) -> Reliability | None:
        return self.row.measured and Reliability(self.row.measured)


def supplier_on_day(session: Session, supplier_id: int, on: date) -> SupplierOnDay | None:
    """None when the counterparty is no supplier, or the viewer does not see it."""
    rows = session.execute(queries.supplier_on_day(supplier_id, on)).all()
    if not rows:
        return None
    first = rows[0]
    history = [row.SupplierTerms for row in rows if row.SupplierTerms is not None]
    now = next((terms for terms in history if terms.on <= on), None)
    level = Reliability(first.measured) if first.measured else None
    return SupplierOnDay(
        now=now,
        history=history,
        promised=first.promised,
        kept=first.kept,
        moved=first.moved,
        receipts=first.receipts,
        share=first.share,
        measured=level,
        days=first.measured_days,
        received=first.received,
        paid=first.paid,
        debt=first.debt,
    )


def items_of(session: Session, supplier_id: int, on: date) -> tuple[list[Priced], bool]:
    """The first items by name, and whether there are more."""
    rows = session.execute(queries.items_of(supplier_id, on).limit(SHOWN + 1)).all()
    return [Priced(offer=offer, item=item, price=price) for offer, item, price in rows[:SHOWN]], len(rows) > SHOWN


def offers(session: Session, item_id: int, on: date) -> list[Offer]:
    """The cheapest suppliers of the item, with the best figure of each kind marked."""
    found = [Offer(row) for row in session.execute(queries.comparison(item_id, on).limit(MOST_OFFERS))]
    for name in ("price", "lead_days", "measured_days"):
        _mark(found, name, min)
    _mark(found, "share", max)
    for name in ("reliability", "measured"):
        known = [LEVELS.index(level) for offer in found if (level := getattr(offer, name))]
        for offer in found if len(known) > 1 else ():
            if getattr(offer, name) is LEVELS[min(known)]:
                offer.best.add(name)
    return found


def _mark(found: Sequence[Offer], name: str, better: Any) -> None:
    """Among two or more who have the figure; alone nobody is better than others."""
    values = [value for offer in found if (value := getattr(offer.row, name)) is not None]
    for offer in found if len(values) > 1 else ():
        if getattr(offer.row, name) == better(values):
            offer.best.add(name)


def in_words(supplier: SupplierOnDay) -> list[str]:
    """What the form of a supplier order says of the supplier."""
    lines = []
    if supplier.now and supplier.now.lead_days is not None:
        days = supplier.now.lead_days
        lines.append(ngettext("Lead time by the terms: %(num)s day", "Lead time by the terms: %(num)s days", days))
    if supplier.days is not None:
        lines.append(_("Lead time measured: %(days)s days on the average", days=quantity(supplier.days)))
    if supplier.now and supplier.now.reliability:
        lines.append(_("Reliability: %(level)s", level=caption(supplier.now.reliability)))
    if supplier.measured and supplier.share is not None:
        text = _("In full and in time over a year: %(share)s %%", share=number(round(supplier.share, 1)))
        lines.append(f"{text} ({supplier.kept}/{supplier.promised})")
    if supplier.now and supplier.now.delivery:
        lines.append(supplier.now.delivery)
    return lines


def prices_on(on: date) -> Prices:
    """Of supplier orders: the supplier's price of the day, else what the item costs us."""

    def last(session: Session, supplier_id: int, item_ids: Sequence[int]) -> dict[int, PriceAndDiscount]:
        return last_prices(session, supplier_id, item_ids, on=on)

    return Prices(last, attrgetter("cost"))


def put_prices(session: Session, rows: Sequence[SupplierItem], on: date) -> None:
    """Give every row the price that holds on that day, as its `price_now`."""
    pairs = {(row.counterparty_id, row.item_id) for row in rows}
    found = session.scalars(queries.prices_of(pairs, on)) if pairs else ()
    prices = {(price.counterparty_id, price.item_id): price for price in found}
    for row in rows:
        row.price_now = prices.get((row.counterparty_id, row.item_id))
