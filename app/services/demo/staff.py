"""The people who work in the demo company and log in to the product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.counterparties import AdditionalManager, Counterparty
from app.models.orders import BuyerOrder
from app.services import users
from app.services.demo.firms import feminine
from app.services.demo.words import MEN, SURNAMES, WOMEN, latin

MANAGER, PURCHASING = "Sales manager", "Purchasing specialist"
LEADERS = (  # first name, last name, role
    ("Андрей", "Воронцов", "Commercial director"),
    ("Ирина", "Лебедева", "Marketing director"),
    ("Максим", "Тихонов", "Marketing specialist"),
    ("Павел", "Гусев", PURCHASING),
)
MANAGERS = (("Ольга", "Смирнова"), ("Дмитрий", "Козлов"), ("Екатерина", "Журавлёва"))

SHARED = 3  # clients with an additional manager: those who order most often


class DemoUser(NamedTuple):
    """Who may log in, for the print-out."""

    username: str
    name: str
    role: str


class Staff(NamedTuple):
    """The users made: their list, and the numbers of those whom work is given to."""

    users: tuple[DemoUser, ...]
    managers: tuple[int, ...]
    buyer: int


def manager_names(random: Random, count: int) -> list[tuple[str, str]]:
    """The known three, then as many more as are needed, no surname twice."""
    names = list(MANAGERS[:count])
    taken = {latin(last) for _, last in names} | {latin(last) for _, last, _ in LEADERS}
    while len(names) < count:
        last = random.choice(SURNAMES)
        first, last = (random.choice(MEN), last) if random.random() < 0.5 else (random.choice(WOMEN), feminine(last))
        if latin(last) not in taken:
            taken.add(latin(last))
            names.append((first, last))
    return names


def make(session: Session, random: Random, managers: int, password: str) -> Staff:
    """The users with their roles and one password."""
    people = [*((first, last, MANAGER) for first, last in manager_names(random, managers)), *LEADERS]
    made = []
    ids: dict[str, list[int]] = {}
    for first, last, role in people:
        login = latin(last)
        user = users.add(
            session,
            username=login,
            role=role,
            password=password,
            first_name=first,
            last_name=last,
            email=f"{login}@demo.example",
        )
        made.append(DemoUser(login, f"{first} {last}", role))
        ids.setdefault(role, []).append(user.id)
    return Staff(tuple(made), tuple(ids[MANAGER]), ids[PURCHASING][0])


def assist(session: Session, managers: Sequence[int], today: date) -> None:
    """The clients who order most often have an additional manager each."""
    often = (
        select(Counterparty.id, Counterparty.manager_id)
        .join(BuyerOrder, BuyerOrder.counterparty_id == Counterparty.id)
        .where(Counterparty.manager_id.in_(managers))
        .group_by(Counterparty.id)
        .order_by(func.count().desc(), Counterparty.id)
        .limit(SHARED)
    )
    for number, (client_id, manager_id) in enumerate(session.execute(often).all()):
        others = [each for each in managers if each != manager_id]
        for user_id in others[number % max(len(others), 1) :][:1]:
            since = today - timedelta(days=30 * (number + 1))
            session.add(AdditionalManager(counterparty_id=client_id, user_id=user_id, since=since))
    session.flush()
