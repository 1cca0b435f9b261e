"""The queue of counterparties that may be one, and what tells the two of a pair apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import joinedload

from app.domain.words import ContactState, InfoType
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.duplicates import DuplicatePair
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sql import one_of, user_name


def waiting(*, of: int | None = None) -> Select[DuplicatePair]:
    """The pairs that nobody has decided on, the surest first; those of one counterparty alone."""
    query = select(DuplicatePair).where(~DuplicatePair.is_distinct)
    if of is not None:
        query = query.where(or_(DuplicatePair.first_id == of, DuplicatePair.second_id == of))
    both = (joinedload(DuplicatePair.first), joinedload(DuplicatePair.second))
    return query.options(*both).order_by(literal_column("confidence").desc(), DuplicatePair.id)


def sides(ids: Collection[int]) -> Select[Any]:
    """What is shown of each of these counterparties beside another one."""
    ways = (
        select(func.string_agg(ContactInfo.value, aggregate_order_by(literal_column("', '"), ContactInfo.id)))
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(
            ContactInfo.counterparty_id == Counterparty.id, ContactInfoKind.type.in_((InfoType.PHONE, InfoType.EMAIL))
        )
    )
    orders = select(func.count(BuyerOrder.id)).where(BuyerOrder.counterparty_id == Counterparty.id)
    last = select(func.max(Contact.starts_at)).where(
        Contact.counterparty_id == Counterparty.id, Contact.state == ContactState.DONE
    )
    return (
        select(
            *(Counterparty.id, Counterparty.name, Counterparty.full_name, Counterparty.inn, Counterparty.kpp),
            *(Counterparty.code, Counterparty.registered_on),
            user_name(User).label("manager"),
            ways.scalar_subquery().label("ways"),
            orders.scalar_subquery().label("orders"),
            last.scalar_subquery().label("last_contact"),
        )
        .outerjoin(User, User.id == Counterparty.manager_id)
        .where(one_of(Counterparty.id, ids))
    )
