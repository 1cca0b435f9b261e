"""Meetings of the demo company: where the planned ones are, and who of its people and its clients' comes to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.repeating import Repeat
from app.domain.words import ContactKind, ContactState
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import ContactPerson, Counterparty
from app.models.users import User
from app.services.contacts import series

PLACES = ("Переговорная, 3 этаж", "У клиента", "Склад, ворота 2", "Видеозвонок", "Выставка, стенд Б-14")
MOST = 12


def write(session: Session, seed: int, now: datetime) -> Iterator[tuple[str, int]]:
    """The nearest ones get a place, one or two colleagues and one more person of the client; one comes again."""
    random = Random(f"{seed} meetings")
    nearest = (
        select(Contact)
        .where(Contact.kind == ContactKind.MEETING, Contact.state == ContactState.PLANNED, Contact.starts_at > now)
        .order_by(Contact.starts_at, Contact.id)
        .limit(MOST)
    )
    managers = select(Contact.manager_id).distinct()
    users = session.scalars(select(User).where(User.id.in_(managers)).order_by(User.id)).all()
    for contact in session.scalars(nearest).all():
        contact.place = random.choice(PLACES)
        others = [user for user in users if user.id != contact.manager_id]
        contact.colleagues = random.sample(others, min(random.choice((1, 1, 2)), len(others)))
        persons = select(ContactPerson).where(ContactPerson.counterparty_id == contact.counterparty_id)
        contact.persons = list(session.scalars(persons.order_by(ContactPerson.id).limit(2)))
    session.flush()
    _repeat(session, users, now)
    for model in (ContactParticipant, Contact):
        yield model.__tablename__, session.scalar(select(func.count(model.id))) or 0


def _repeat(session: Session, users: Sequence[User], now: datetime) -> None:
    """The first manager plans with a client every second week."""
    zone = ZoneInfo(session.scalars(select(func.current_setting("timezone"))).one())
    starts = datetime.combine((now + timedelta(days=1)).astimezone(zone).date(), time(11), zone)
    client = select(Counterparty).where(Counterparty.manager_id == users[0].id, Counterparty.is_buyer)
    contact = Contact(
        counterparty=session.scalars(client.order_by(Counterparty.id).limit(1)).one(),
        manager=users[0],
        kind=ContactKind.MEETING,
        subject="План отгрузок на две недели",
        place=PLACES[3],
        starts_at=starts,
        ends_at=starts + timedelta(minutes=45),
    )
    contact.colleagues = list(users[1:2])
    session.add(contact)
    session.flush()
    series.make(session, contact, Repeat(every=2, times=8), zone=zone)
