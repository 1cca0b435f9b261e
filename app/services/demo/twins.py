"""Clients of the demo company that were typed twice, so that there is something to merge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import CounterpartyKind
from app.models.counterparties import Counterparty
from app.services.counterparties import counterparties, duplicate_search


def quoted(name: str) -> str:
    core, _space, form = name.rpartition(" ")
    return f"{form} «{core}»"


def bare(name: str) -> str:
    return name.rpartition(" ")[0]


# How the second one is called, and whether its INN was asked for.
TYPED: tuple[tuple[Callable[[str], str], bool], ...] = (
    (quoted, True),
    (str.upper, True),
    (bare, True),
    (quoted, False),
    (bare, False),
)


def write(session: Session, seed: int, managers: Sequence[int], today: date) -> int:
    """Second rows of a few companies, each with another manager; gives how many."""
    random = Random(f"{seed} twins")
    companies = session.scalars(
        select(Counterparty)
        .where(Counterparty.is_buyer, Counterparty.kind == CounterpartyKind.COMPANY, Counterparty.inn != "")
        .order_by(Counterparty.id)
        .limit(len(TYPED) * 8)
    ).all()
    chosen = random.sample(companies, min(len(TYPED), len(companies)))
    for first, (name, has_inn) in zip(chosen, TYPED, strict=False):
        second = Counterparty(
            name=name(first.name),
            kind=first.kind,
            inn=first.inn if has_inn else "",
            is_buyer=True,
            group_id=first.group_id,
            manager_id=random.choice([number for number in managers if number != first.manager_id] or managers),
            registered_on=today - timedelta(days=random.randint(2, 20)),
        )
        counterparties.complete(session, second)
        session.add(second)
        session.flush()
    return len(chosen)


def find(session: Session) -> None:
    """The queue of possible duplicates is filled at once, not by the night."""
    duplicate_search.search(session, lambda _done, _total: None)
