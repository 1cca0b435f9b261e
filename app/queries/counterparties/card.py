"""What the card of a counterparty says beside its facts and its feed, in one statement; its people, in one value."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
)

from app.domain.viewer import Viewer
from app.domain.words import ContactState, ReadingKind
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.orders import BuyerOrder
from app.models.readings import Reading
from app.models.supply import SupplierOrder
from app.models.tasks import Task
from app.models.users import User
from app.models.visibility import seen_by
from app.queries.ahead import tasks_ahead
from app.queries.classification.rhythm import rhythms
from app.queries.classification.standing import history_json
from app.queries.purchasing.suppliers import awaited_or_owed
from app.queries.readings import lately
from app.queries.sales import orders
from app.queries.sales.settlements import overdue
from app.queries.sql import user_name

OWNER: Any = bindparam("owner", type_=Integer)
MOST_PEOPLE = 30
MOST_WAYS = 50
FEW = 5


def ways_json(condition: Any) -> ScalarSelect[Any]:
    """The ways to reach somebody, in the order of their kinds."""
    rows = (
        select(
            ContactInfo.id,
            ContactInfo.kind_id,
            ContactInfoKind.name.label("kind"),
            cast(ContactInfoKind.type, String).label("type"),
            ContactInfo.value,
            ContactInfo.phone,
            ContactInfo.extension,
            ContactInfo.comment,
            ContactInfo.returned_on,
        )
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(condition)
        .order_by(ContactInfoKind.position, ContactInfo.id)
        .limit(MOST_WAYS)
        .correlate(ContactPerson)
        .subquery("way")
    )
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


def people_json() -> ScalarSelect[Any]:
    """Persons of `owner` with their ways, those spoken to last first."""
    spoken = (
        select(func.max(Contact.starts_at))
        .where(Contact.person_id == ContactPerson.id, Contact.state == ContactState.DONE)
        .correlate(ContactPerson)
        .scalar_subquery()
    )
    rows = (
        select(
            ContactPerson.id,
            ContactPerson.version,
            ContactPerson.last_name,
            ContactPerson.first_name,
            ContactPerson.middle_name,
            ContactPerson.position,
            spoken.label("spoken"),
            ways_json(ContactInfo.person_id == ContactPerson.id).label("ways"),
        )
        .where(ContactPerson.counterparty_id == OWNER)
        .order_by(spoken.desc().nulls_last(), ContactPerson.name_sort, ContactPerson.id)
        .limit(MOST_PEOPLE)
        .subquery("person")
    )
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


def own_ways_json() -> ScalarSelect[Any]:
    """The ways to reach the counterparty itself."""
    return ways_json(and_(ContactInfo.counterparty_id == OWNER, ContactInfo.person_id.is_(None)))


@lru_cache(maxsize=1)
def people() -> Select[Any]:
    """(people, ways) of the counterparty `owner`, for its form."""
    return select(people_json().label("people"), own_ways_json().label("ways")).execution_options(
        unscoped=True, keeps_plan=True
    )


@lru_cache(maxsize=1)
def person_ways() -> Select[Any]:
    """The ways to reach the person `owner`."""
    return select(ways_json(ContactInfo.person_id == OWNER)).execution_options(unscoped=True, keeps_plan=True)


def contacts_json(planned: bool, most: int, viewer: Viewer | None) -> ScalarSelect[Any]:
    """The contacts that come next, or that were last."""
    is_planned = Contact.state == ContactState.PLANNED
    order = (Contact.starts_at, Contact.id) if planned else (Contact.starts_at.desc(), Contact.id.desc())
    rows = (
        select(
            Contact.id,
            Contact.version,
            Contact.starts_at,
            Contact.subject,
            cast(Contact.kind, String).label("kind"),
            user_name(User).label("manager"),
        )
        .outerjoin(User, User.id == Contact.manager_id)
        .where(
            Contact.counterparty_id == OWNER,
            is_planned if planned else Contact.state == ContactState.DONE,
            seen_by(viewer, Contact),
        )
        .order_by(*order)
        .limit(most)
        .subquery("planned" if planned else "last")
    )
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


def tasks_json(viewer: Viewer | None) -> ScalarSelect[Any]:
    """The open tasks about it, the first due before the others."""
    rows = tasks_ahead(and_(Task.counterparty_id == OWNER, seen_by(viewer, Task))).subquery("open_tasks")
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


def orders_json(viewer: Viewer | None) -> ScalarSelect[Any]:
    """Orders with something still to ship or to pay, those to be shipped first before the others."""
    rows = (
        select(
            BuyerOrder.id,
            BuyerOrder.number,
            cast(BuyerOrder.due_amount, String).label("due"),
            cast(orders.shipped_percent(), Integer).label("shipped"),
            cast(orders.paid_percent(), Integer).label("paid"),
            case((BuyerOrder.closed_on.is_(None), BuyerOrder.ship_on)).label("ship_on"),
            BuyerOrder.pay_by,
        )
        .where(BuyerOrder.counterparty_id == OWNER, orders.unfinished(), seen_by(viewer, BuyerOrder))
        .order_by(BuyerOrder.date.desc(), BuyerOrder.id.desc())
        .limit(FEW + 1)
        .subquery("open_orders")
    )
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


def supplier_orders_json(viewer: Viewer | None) -> ScalarSelect[Any]:
    """Orders to the supplier that are awaited or not paid, the latest first."""
    order = SupplierOrder
    rows = (
        select(
            order.id,
            order.number,
            cast(order.due_amount, String).label("due"),
            cast(func.coalesce(order.paid_amount * 100 / func.nullif(order.due_amount, 0), 0), Integer).label("paid"),
            order.receive_on.label("ship_on"),
            order.pay_by,
        )
        .where(order.counterparty_id == OWNER, awaited_or_owed())
        .where(seen_by(viewer, order))
        .order_by(order.date.desc(), order.id.desc())
        .limit(FEW + 1)
        .subquery("open_supplies")
    )
    return select(func.json_agg(rows.table_valued())).scalar_subquery()


@lru_cache(maxsize=256)
def summary(viewer: Viewer | None, today: date, parts: frozenset[str]) -> Select[Any]:
    """Of the counterparty `owner`, made once a day and kept.

    `parts` of it are what the reader may see and the counterparty is: contacts, tasks, orders, supplies, debt, classes.
    `noted`: he has opened the card a moment ago.
    """

    def if_asked(part: str, value: Any) -> Any:
        return value if part in parts else null()

    query = select(
        people_json().label("people"),
        own_ways_json().label("ways"),
        exists(
            lately(viewer and viewer.user_id, ReadingKind.CARD).where(
                Reading.counterparty_id == OWNER, Reading.person_id.is_(None)
            )
        ).label("noted"),
        if_asked("contacts", contacts_json(True, FEW, viewer)).label("ahead"),
        if_asked("contacts", contacts_json(False, 1, viewer)).label("last"),
        if_asked("tasks", tasks_json(viewer)).label("tasks"),
        if_asked("orders", orders_json(viewer)).label("orders"),
        if_asked("supplies", supplier_orders_json(viewer)).label("supplies"),
        if_asked("classes", history_json(OWNER, today, 1)).label("history"),
    )
    beside: FromClause = select(literal(1).label("row")).subquery("one")
    debt = overdue(today, OWNER).where(Counterparty.id == OWNER)
    for part, rows in (("debt", debt), ("classes", rhythms(today, OWNER))):
        if part in parts:
            found = rows.subquery()
            query, beside = query.add_columns(*found.c), beside.outerjoin(found, true())
    # The counterparty is seen: so is what it has.
    return query.select_from(beside).execution_options(unscoped=True, keeps_plan=True)


def any_counterparty() -> Select[int]:
    """One of those that the viewer sees."""
    return select(Counterparty.id).limit(1)
