"""Counterparties and their persons: what is made whole before a row is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Sequence, select
from sqlalchemy.orm import Session

from app.domain import requisites
from app.domain.words import CounterpartyKind
from app.errors import Refused
from app.models.captions import requisite_message
from app.models.counterparties import Counterparty
from app.models.products import Item

DIGITS = 9  # of a code that the product gives


def complete(session: Session, counterparty: Counterparty) -> None:
    """Give a code where there is none; refuse requisites that fail their check unless they are accepted as they are."""
    for field in ("inn", "kpp", "ogrn"):
        setattr(counterparty, field, "".join((getattr(counterparty, field) or "").split()))
    if not counterparty.requisites_accepted:
        found = requisites.problems(
            inn=counterparty.inn,
            kpp=counterparty.kpp,
            ogrn=counterparty.ogrn,
            kind=counterparty.kind or CounterpartyKind.COMPANY,
        )
        for problem in found:
            raise Refused(requisite_message(problem), field=problem.field)
    give_code(session, counterparty)


def give_code(session: Session, row: Counterparty | Item) -> None:
    """A code of the row's own number; one that an imported row already has is passed over."""
    model: Any = type(row)
    while not row.code:
        number = row.id or session.scalar(Sequence(f"{model.__tablename__}_id_seq"))
        code = f"{number:0{DIGITS}}"
        taken = select(model.id).where(model.code == code).execution_options(unscoped=True)
        if session.scalar(taken) is None:
            row.id, row.code = number, code
        elif row.id:  # the row exists: its own number is taken by another's code
            row.code = f"{code}-{row.id}"
