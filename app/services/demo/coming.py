"""Coming deals of the demo company: what clients and prospects are expected to order in the next months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.deals import ExpectedDeal

SUBJECTS = ("Отделка офиса", "Поставка на квартал", "Ремонт склада", "Комплектация объекта", "Договор на год")
PROSPECTS = ("Новый застройщик с выставки", "Сеть кофеен", "ТСЖ «Берёзовая роща»")
CLIENTS = 15
DAYS = 120


def write(session: Session, seed: int, today: date) -> Iterator[tuple[str, int]]:
    """A handful of deals with clients, and one with each prospect, over the next months."""
    random = Random(f"{seed} coming")
    clients = session.scalars(
        select(Counterparty)
        .where(Counterparty.is_buyer, Counterparty.manager_id.is_not(None))
        .order_by(Counterparty.id)
        .limit(CLIENTS * 4)
    ).all()
    chosen = random.sample(clients, min(CLIENTS, len(clients)))
    managers = sorted({client.manager_id for client in clients if client.manager_id is not None})
    deals = [
        ExpectedDeal(
            subject=random.choice(SUBJECTS),
            counterparty_id=client.id if client else None,
            prospect="" if client else prospect,
            manager_id=client.manager_id if client else random.choice(managers),
            expected_on=today + timedelta(days=random.randint(3, DAYS)),
            amount=Decimal(random.randint(40, 900)) * 1000,
            probability=random.choice((20, 40, 50, 70, 90)),
        )
        for client, prospect in [*((client, "") for client in chosen), *((None, name) for name in PROSPECTS)]
    ]
    session.add_all(deals)
    session.flush()
    yield "expected_deal", len(deals)
