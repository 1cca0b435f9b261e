"""What is worth telling today, of the whole base, and what one user was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from app.domain.birthdays import GREETING
from app.domain.periods import Period
from app.domain.words import ContactState
from app.models.bell import Notice
from app.models.classes import AbcRecord, StageRecord
from app.models.contacts import Contact
from app.models.counterparties import AdditionalManager, ContactPerson, Counterparty
from app.models.figures import ClientFigure
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.models.suppliers import SupplierPrice
from app.models.users import User, UserProfile
from app.queries import own_fields

Rows = Select[*tuple[Any, ...]]


def managers_of_client() -> ColumnElement[Sequence[int]]:
    """Whoever works with the client: its responsible, perhaps nobody, then its additional managers."""
    others = select(AdditionalManager.user_id).where(AdditionalManager.counterparty_id == Counterparty.id)
    ids = func.array(others.order_by(AdditionalManager.id).scalar_subquery(), type_=ARRAY(Integer))
    return func.array_prepend(Counterparty.manager_id, ids, type_=ARRAY(Integer)).label("managers")


def born_on(days: Collection[str]) -> Rows:
    """Persons whose birthday is told, born on one of the days («0229»)."""
    person = ContactPerson
    return (
        select(person.id, person.birthday, person.birthday_days, person.counterparty_id, managers_of_client())
        .join(Counterparty, Counterparty.id == person.counterparty_id)
        .where(person.birthday_told, func.to_char(person.birthday, "MMDD").in_(days))
        .order_by(person.id)
    )


def days_of(field: OwnField, days: Collection[str]) -> Rows:
    """Clients whose own field holds one of the days of a year («02-29»), with what it holds («2004-02-29»)."""
    day = own_fields.value(Counterparty, field)
    return (
        select(Counterparty.id, day, managers_of_client())
        .where(own_fields.has(Counterparty, field), func.right(day, 5).in_(days))
        .order_by(Counterparty.id)
    )


def congratulations(persons: Collection[int]) -> Rows:
    """What is planned for birthdays of these persons: person and moment."""
    planned = and_(Contact.person_id.in_(persons), Contact.state == ContactState.PLANNED)
    return select(Contact.person_id, Contact.starts_at).where(planned, func.lower(Contact.subject).contains(GREETING))


def overdue(days: Period) -> Rows:
    """Orders that have become overdue in these days: to be shipped, and to be paid; closed ones to be paid."""
    order = BuyerOrder
    ship = and_(order.closed_on.is_(None), order.ship_on.between(days.first, days.last), order.rest_quantity > 0)
    halves = [half & order.pay_by.between(days.first, days.last) for half in order.halves_to_be_paid()]
    return (
        select(
            *(order.id, order.counterparty_id, order.manager_id, managers_of_client()),
            *(order.ship_on, order.pay_by, ship.label("ship"), or_(*halves).label("pay")),
        )
        .join(Counterparty, Counterparty.id == order.counterparty_id)
        .where(or_(ship, *halves))
        .order_by(order.id)
    )


def over_limit() -> Rows:
    """Clients who owe more than they may."""
    return (
        select(Counterparty.id, managers_of_client(), ClientFigure.debt, Counterparty.allowed_debt)
        .join(ClientFigure, ClientFigure.counterparty_id == Counterparty.id)
        .where(ClientFigure.debt > Counterparty.allowed_debt)
        .order_by(Counterparty.id)
    )


def classes_changed(days: Period) -> Rows:
    record = AbcRecord
    return _changed(record, days, record.old, record.abc, record.old.is_distinct_from(record.abc))


def stages_changed(days: Period) -> Rows:
    record = StageRecord
    differ = or_(record.old_stage.is_distinct_from(record.stage), record.old_xyz.is_distinct_from(record.xyz))
    return _changed(record, days, record.old_stage, record.old_xyz, record.stage, record.xyz, differ)


def _changed(record: Any, days: Period, *columns: Any) -> Rows:
    *shown, differ = columns
    return (
        select(record.id, record.counterparty_id, managers_of_client(), *shown)
        .join(Counterparty, Counterparty.id == record.counterparty_id)
        .where(record.on.between(days.first, days.last), differ)
        .order_by(record.id)
    )


def prices_rose(days: Period) -> Rows:
    """By supplier and day: how many items cost more than before, and by how many percent at most."""
    price, before = SupplierPrice, aliased(SupplierPrice)
    last = (
        select(before.price)
        .where(before.counterparty_id == price.counterparty_id, before.item_id == price.item_id, before.on < price.on)
        .order_by(before.on.desc())
        .limit(1)
        .correlate(price)
        .scalar_subquery()
    )
    known = (
        select(price.counterparty_id, price.on, price.price, last.label("last"))
        .where(price.on.between(days.first, days.last))
        .subquery()
    )
    most = func.round(func.max(known.c.price / known.c.last * 100 - 100), 1)
    return (
        select(known.c.counterparty_id, known.c.on, managers_of_client(), func.count(), most)
        .join(Counterparty, Counterparty.id == known.c.counterparty_id)
        .where(known.c.last > 0, known.c.price > known.c.last)
        .group_by(known.c.counterparty_id, known.c.on, Counterparty.id)
        .order_by(known.c.counterparty_id, known.c.on)
    )


def switches() -> Rows:
    """Whoever works here, and the kinds of notices that he wants none of."""
    return (
        select(User.id, UserProfile.notices_off)
        .outerjoin(UserProfile, UserProfile.user_id == User.id)
        .where(User.active)
    )


def notices_of(user_id: int, *, unread: bool = False) -> Select[Notice]:
    """The latest first."""
    query = select(Notice).where(Notice.user_id == user_id, *([unread_ones()] if unread else []))
    loads = (
        joinedload(Notice.counterparty),
        joinedload(Notice.person),
        joinedload(Notice.order),
        joinedload(Notice.letter),
        joinedload(Notice.mailbox),
    )
    return query.order_by(Notice.id.desc()).options(*loads)


def unread_ones() -> ColumnElement[bool]:
    return Notice.read_at.is_(None)
