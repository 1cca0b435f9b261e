"""Counterparties and their persons: what is made whole before a row is kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Sequence, inspect, select
from sqlalchemy.orm import Session

from app.domain import requisites
from app.domain.words import CounterpartyKind
from app.errors import Refused
from app.models.captions import requisite_message
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.queries.sql import one_of

DIGITS = 9  # of a code that the product gives
# Who may say that somebody else is responsible for a client has this section's right to write.
RESPONSIBLES = "Responsible managers"


def complete(session: Session, counterparty: Counterparty) -> None:
    """Give a code where there is none; refuse requisites that fail their check unless they are accepted as they are.

    Whoever is responsible stops being an additional manager.
    """
    if "additional" not in inspect(counterparty).unloaded:
        main = counterparty.manager
        counterparty.additional_managers = [user for user in counterparty.additional_managers if user is not main]
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


def is_handed_over(counterparty: Counterparty, by_id: int | None) -> bool:
    """Whether its responsible is changed, or a new one is somebody else's from the first day."""
    attributes: Any = inspect(counterparty).attrs
    relation, number = attributes.manager.history, attributes.manager_id.history
    if relation.has_changes():
        new = counterparty.manager.id if counterparty.manager else None
    elif number.has_changes():
        new = counterparty.manager_id
    else:
        return False
    if inspect(counterparty).persistent:
        return new not in (*number.deleted, *number.unchanged)
    return new is not None and new != by_id


def is_shared_anew(counterparty: Counterparty) -> bool:
    """Whether somebody becomes an additional manager of it, or is one no more."""
    attributes: Any = inspect(counterparty).attrs
    return bool(attributes.additional.history.has_changes())


def hand_over(session: Session, counterparty_ids: Collection[int], manager_id: int | None) -> int:
    """Make one person (None: nobody) responsible for these counterparties, of those that the viewer sees.

    Gives how many changed hands; the base keeps the history.
    """
    rows = session.scalars(select(Counterparty).where(one_of(Counterparty.id, counterparty_ids))).all()
    if not rows:
        raise Refused(_("Choose the clients."), field="clients")
    moved = [row for row in rows if row.manager_id != manager_id]
    for row in moved:
        row.manager_id = manager_id
    session.flush()
    return len(moved)


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
