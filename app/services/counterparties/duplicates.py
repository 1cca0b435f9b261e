"""Who may be in the base already: a warning where a counterparty is made, never a prohibition."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import literal, or_, select, true
from sqlalchemy.orm import Session

from app.domain.words import CounterpartyKind
from app.models.base import NameKey
from app.models.counterparties import Counterparty
from app.queries.counterparties.duplicates import same_name, same_taxpayer

MOST = 5


def twins_of(session: Session, row: Counterparty) -> Sequence[Counterparty]:
    """The counterparties that the viewer sees and that are probably the same as this one."""
    alike = [same_taxpayer(literal(row.inn or ""), literal(row.kpp or ""), Counterparty.inn, Counterparty.kpp)]
    if row.kind is not CounterpartyKind.PERSON:  # people are often namesakes
        key = NameKey(literal(row.name))
        alike.append(same_name(key, literal(row.inn or ""), Counterparty.name_key, Counterparty.inn))
    other = Counterparty.id != row.id if row.id else true()
    query = select(Counterparty).where(or_(*alike), other).order_by(Counterparty.id).limit(MOST)
    with session.no_autoflush:
        return session.scalars(query).all()
