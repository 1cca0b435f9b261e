"""Meetings of the demo company: where the planned ones are, and who of its people and its clients' comes to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import ContactKind, ContactState
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson
from app.models.users import User

PLACES = ("Переговорная, 3 этаж", "У клиента", "Склад, ворота 2", "Видеозвонок", "Выставка, стенд Б-14")
MOST = 12


def write(session: Session, seed: int, now: datetime) -> Iterator[tuple[str, int]]:
    """The nearest ones get a place, one or two colleagues and one more person of the client."""
    random = Random(f"{seed} meetings")
    nearest = (
        select(Contact)
        .where(Contact.kind == ContactKind.MEETING, Contact.state == ContactState.PLANNED, Contact.starts_at > now)
        .order_by(Contact.starts_at, Contact.id)
        .limit(MOST)
    )
    managers = select(Contact.manager_id).distinct()
    users = session.scalars(select(User).where(User.id.in_(managers)).order_by(User.id)).all()
    many = 0
    for contact in session.scalars(nearest).all():
        contact.place = random.choice(PLACES)
        others = [user for user in users if user.id != contact.manager_id]
        contact.colleagues = random.sample(others, min(random.choice((1, 1, 2)), len(others)))
        persons = select(ContactPerson).where(ContactPerson.counterparty_id == contact.counterparty_id)
        contact.persons = list(session.scalars(persons.order_by(ContactPerson.id).limit(2)))
        many += len(contact.participants)
    session.flush()
    yield "contact_participant", many
