"""Who came for the first time, by which source, and who of them became a buyer."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.domain.likeness import WHOLE
from app.domain.periods import Period
from app.domain.words import ContactState, Direction, Measure, MovementKind
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.histories import SourceRecord
from app.models.movements import Shipment
from app.queries.sales.sales import value_of


def who_came() -> Any:
    """One key for a client, and for a prospect one by his whole number, else his address, else his name."""
    number, address = Contact.prospect_tail, func.lower(Contact.prospect_email)
    prospect = case(
        (func.length(number) >= WHOLE, func.concat("p", func.left(number, WHOLE))),
        (address != "", func.concat("e", address)),
        else_=func.concat("n", func.lower(Contact.prospect)),
    )
    return func.coalesce("c" + cast(Contact.counterparty_id, String), prospect)


def came_first(period: Period, today: date) -> Select[Any]:
    """`contact_id, counterparty_id, prospect, manager_id, source_id, on` of everybody's first incoming contact, of
    those whose first one lies in the period. What is cancelled, or still ahead, is none; nor does a supplier come.
    """
    who, on = who_came().label("who"), cast(Contact.starts_at, Date)
    came = (
        select(
            *(who, Contact.id.label("contact_id"), Contact.counterparty_id, Contact.prospect),
            *(Contact.manager_id, Contact.source_id, on.label("on")),
        )
        .outerjoin(Counterparty, Counterparty.id == Contact.counterparty_id)
        .where(
            Contact.direction == Direction.IN,
            Contact.state != ContactState.CANCELLED,
            on <= min(period.last, today),
            or_(Contact.counterparty_id.is_(None), Counterparty.is_buyer),
        )
        .ext(distinct_on(who))
        .order_by(who, Contact.starts_at, Contact.id)
        .subquery("came")
    )
    return select(came).where(came.c.on >= period.first)


def attracted(period: Period, today: date) -> Select[Any]:
    """The same with the `source_id` of that day, whether he is `registered` and `won`, and what he has brought by
    today: `revenue` and `profit`. Won is whoever has a shipment.
    """
    came = came_first(period, today).subquery("first_contact")
    record = SourceRecord
    known = (
        select(record.source_id)
        .where(record.counterparty_id == came.c.counterparty_id, record.on <= came.c.on)
        .order_by(record.on.desc())
        .limit(1)
        .correlate(came)
        .scalar_subquery()
    )
    brought = (
        select(
            Shipment.counterparty_id,
            func.bool_or(Shipment.kind == MovementKind.SHIPMENT).label("won"),
            *(func.sum(value_of(measure)).label(measure.value) for measure in Measure),
        )
        .where(
            Shipment.stands(),
            Shipment.date <= today,
            Shipment.counterparty_id.in_(select(came.c.counterparty_id)),
        )
        .group_by(Shipment.counterparty_id)
        .subquery("brought")
    )
    won = and_(brought.c.won.is_not(None), brought.c.won)
    return (
        select(
            *(came.c.contact_id, came.c.counterparty_id, came.c.prospect, came.c.manager_id, came.c.on),
            cast(func.date_trunc("month", came.c.on), Date).label("month"),
            func.coalesce(came.c.source_id, known).label("source_id"),
            case((came.c.counterparty_id.is_not(None), 1), else_=0).label("registered"),
            case((won, 1), else_=0).label("won"),
            *(func.coalesce(brought.c[measure.value], 0).label(measure.value) for measure in Measure),
        )
        .select_from(came)
        .outerjoin(brought, brought.c.counterparty_id == came.c.counterparty_id)
    )
