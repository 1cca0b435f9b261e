"""Whatever is written of a client, by whatever way, what he owes and when he is talked to follows."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.movements import Payment, Shipment
from tests.clients import NOON, Clients

DAY = date(2026, 1, 1)
AGAIN = text("""
    SELECT client.id,
        coalesce((SELECT sum(amount) FROM shipment WHERE counterparty_id = client.id), 0)
            - coalesce((SELECT sum(amount) FROM payment WHERE counterparty_id = client.id), 0) AS debt,
        coalesce((SELECT max(starts_at) FROM contact WHERE counterparty_id = client.id AND state = 'done'),
            '-infinity')::text AS last,
        coalesce((SELECT min(starts_at) FROM contact WHERE counterparty_id = client.id AND state = 'planned'),
            'infinity')::text AS next
    FROM counterparty client ORDER BY id""")
KEPT = text("""
    SELECT counterparty_id, debt, last_contact_at::text AS last, next_contact_at::text AS next
    FROM client_figure ORDER BY counterparty_id""")


def check(session: Session) -> None:
    session.flush()
    assert session.execute(KEPT).all() == session.execute(AGAIN).all()


def test_a_new_client_has_figures_at_once(session: Session) -> None:
    company = Clients(session).company("Ромашка")
    [row] = [row for row in session.execute(KEPT) if row.counterparty_id == company.id]
    assert row[1:] == (Decimal(0), "-infinity", "infinity")


def test_figures_follow_documents_and_contacts(session: Session) -> None:
    clients, dice = Clients(session), random.Random(7)
    companies = [clients.company(f"Фирма {n}") for n in range(4)]
    rows: list[Any] = []
    for step in range(60):
        company = dice.choice(companies)
        match dice.randrange(6):
            case 0:
                amount = Decimal(dice.randrange(-50, 100))
                rows.append(clients.add(Shipment(number=f"Р{step}", date=DAY, counterparty=company, amount=amount)))
            case 1:
                amount = Decimal(dice.randrange(1, 100))
                rows.append(clients.add(Payment(number=f"П{step}", date=DAY, counterparty=company, amount=amount)))
            case 2 | 3:
                state = dice.choice([*ContactState])
                rows.append(clients.contact(company, "Дело", days=dice.randrange(-50, 50), state=state))
            case 4 if rows:
                row = dice.choice(rows)
                row.counterparty = company
                if isinstance(row, Contact):
                    row.state = dice.choice([*ContactState])
            case 5 if rows:
                session.delete(rows.pop(dice.randrange(len(rows))))
        check(session)


def test_figures_follow_statements_over_many_rows(session: Session) -> None:
    clients = Clients(session)
    for n in range(3):
        company = clients.company(f"Фирма {n}")
        clients.debt(company, shipped=100 * n, paid=10)
        clients.contact(company, "Был", days=-n, state=ContactState.DONE)
        clients.contact(company, "Будет", days=n)
    check(session)
    session.execute(update(Shipment).values(amount=Shipment.amount * 2))
    session.execute(update(Contact).values(starts_at=NOON - timedelta(days=90), state=ContactState.DONE))
    session.expire_all()
    check(session)
    session.execute(delete(Payment))
    session.execute(delete(Contact).where(Contact.id.in_(select(Contact.id).limit(2))))
    check(session)
