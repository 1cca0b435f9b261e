"""What the sources of information bring: sales by the source that a buyer had on their day, and who came by which."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.domain.periods import DAY, Period
from app.domain.viewer import Viewer
from app.domain.words import ContactState, Direction, Measure, MovementKind
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.histories import SourceRecord
from app.models.movements import Shipment, ShipmentLine
from app.models.visibility import seen_by
from app.queries.contacts.attraction import who_came
from app.queries.sales.sales import value_of
from app.queries.sales.vat import vat_of, without_vat
from app.queries.sql import materialized

MEASURES = ("revenue", "net", "profit", "sales", "quantity", "contacts")


def by_source(period: Period, today: date, viewer: Viewer | None, *, by_item: bool = False) -> Select[Any]:
    """`source_id, counterparty_id, prospect, contact_id, seen` and MEASURES, a row for each who bought or came by it.

    A sale belongs to the source that was registered last by its day, however long ago; so does a contact, else to
    its own source. A prospect has a row by himself. `seen` tells whom the viewer sees: figures are of the company.
    `by_item` there is a row for each `item_id` sold too, and one without for the contacts; `sales` of items are not
    to be added up, since an item shares its documents with others.
    """
    known = _known()
    found = (
        union_all(_sales(known, period, by_item=by_item), _contacts(known, period, today, viewer))
        .subquery("of_sources")
        .c
    )
    return select(
        found.source_id,
        found.counterparty_id,
        func.min(found.prospect).label("prospect"),
        func.max(found.contact_id).label("contact_id"),
        func.bool_or(found.seen).label("seen"),
        found.who,
        found.item_id,
        *(func.sum(found[name]).label(name) for name in MEASURES),
    ).group_by(found.source_id, found.counterparty_id, found.who, found.item_id)


def _known() -> CTE:
    """The source of each counterparty from a day until the day before the next one."""
    record = SourceRecord
    following = func.lead(record.on).over(partition_by=record.counterparty_id, order_by=record.on)
    days = select(record.counterparty_id, record.source_id, record.on, following.label("until"))
    return materialized(days, "known")


def _source_on(known: CTE, owner: Any, day: Any) -> ColumnElement[bool]:
    row = known.c
    return and_(row.counterparty_id == owner, row.on <= day, or_(row.until.is_(None), day < row.until))


def _sales(known: CTE, period: Period, *, by_item: bool) -> Select[Any]:
    """Added up from the documents, or from their lines."""
    nobody = cast(null(), String)
    document, line = Shipment, ShipmentLine
    revenue, net, profit, quantity = document.amount, without_vat(), value_of(Measure.PROFIT), document.quantity
    if by_item:
        revenue, net, quantity = line.amount, line.amount - vat_of(line.amount, line.vat), line.quantity
        profit = line.amount - line.cost_amount
    sales = (
        select(
            known.c.source_id,
            Shipment.counterparty_id,
            nobody.label("who"),
            nobody.label("prospect"),
            cast(null(), Integer).label("contact_id"),
            literal(False).label("seen"),
            (line.item_id if by_item else cast(null(), Integer)).label("item_id"),
            func.sum(revenue).label("revenue"),
            func.sum(net).label("net"),
            func.sum(profit).label("profit"),
            func.count(document.id.distinct() if by_item else document.id)
            .filter(document.kind == MovementKind.SHIPMENT)
            .label("sales"),
            func.sum(quantity).label("quantity"),
            literal(0).label("contacts"),
        )
        .select_from(Shipment)
        .outerjoin(known, _source_on(known, Shipment.counterparty_id, Shipment.date))
        .where(Shipment.date.between(period.first, period.last), Shipment.stands())
        .group_by(known.c.source_id, Shipment.counterparty_id)
    )
    return (
        sales.join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id).group_by(line.item_id) if by_item else sales
    )


def _contacts(known: CTE, period: Period, today: date, viewer: Viewer | None) -> Select[Any]:
    """Whoever came to us and was not put off: buyers, and those who are not in the base yet."""
    source = func.coalesce(known.c.source_id, Contact.source_id)
    who = case((Contact.counterparty_id.is_(None), who_came()))
    return (
        select(
            source,
            Contact.counterparty_id,
            who,
            func.min(func.nullif(Contact.prospect, "")),
            func.max(Contact.id),
            func.bool_or(and_(Contact.counterparty_id.is_(None), seen_by(viewer, Contact))),
            cast(null(), Integer),
            *(literal(0) for _name in MEASURES[:-1]),
            func.count(),
        )
        .select_from(Contact)
        .outerjoin(known, _source_on(known, Contact.counterparty_id, cast(Contact.starts_at, Date)))
        .outerjoin(Counterparty, Counterparty.id == Contact.counterparty_id)
        .where(
            Contact.direction == Direction.IN,
            Contact.state != ContactState.CANCELLED,
            Contact.starts_at >= period.first,
            Contact.starts_at < min(period.last, today) + DAY,
            or_(Contact.counterparty_id.is_(None), Counterparty.is_buyer),
        )
        .group_by(source, Contact.counterparty_id, who)
    )
