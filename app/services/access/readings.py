"""Who looked at what is noted, and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache

from sqlalchemy import Select, bindparam, select, text
from sqlalchemy.orm import Session, joinedload

from app.domain.words import ReadingKind
from app.models.readings import Reading
from app.queries.readings import LATELY, lately
from app.queries.sql import execute_kept, numbers, one_of

PATH = 200  # characters of an address that are kept
# The same card lately is one reading: its feed, its facts in place and its form belong to it.
NOTE = text(
    f"""
    INSERT INTO reading (by_id, kind, screen, path, counterparty_id, person_id)
    SELECT look.* FROM (
        SELECT CAST(:by_id AS int) AS by_id, CAST(:kind AS text) AS kind, CAST(:screen AS text), CAST(:path AS text),
            CAST(:counterparty_id AS int) AS counterparty_id, CAST(:person_id AS int) AS person_id
    ) AS look
    WHERE CASE WHEN :waits THEN true ELSE set_config('synchronous_commit', 'off', true) = 'off' END AND NOT EXISTS (
        SELECT FROM reading r WHERE r.by_id = look.by_id AND r.kind = look.kind AND r.at > now() - {LATELY}
        AND r.counterparty_id = look.counterparty_id AND r.person_id IS NOT DISTINCT FROM look.person_id
    )
    """
).execution_options(keeps_plan=True)


@dataclass(frozen=True)
class Look:
    """What is to be noted; a card of a person is one of his client too."""

    by_id: int
    kind: ReadingKind
    screen: str
    path: str
    counterparty_id: int | None = None
    person_id: int | None = None


@cache
def _noted() -> Select[int | None, int | None]:
    """(client, person) of the cards of `clients` that a user has opened lately."""
    found = lately(bindparam("by_id"), bindparam("kind")).where(one_of(Reading.counterparty_id, numbers("clients")))
    return found.execution_options(keeps_plan=True)


def not_noted(session: Session, looks: Sequence[Look]) -> list[Look]:
    """Those of one answer that are no part of a reading before it, which most are: nothing is written of them."""
    clients = [look.counterparty_id for look in looks if look.counterparty_id is not None]
    if not clients:
        return [*looks]
    asked = {"by_id": looks[0].by_id, "kind": looks[0].kind, "clients": clients}
    with session.no_autoflush:
        noted = {tuple(row) for row in execute_kept(session, _noted(), asked)}
    return [look for look in looks if (look.counterparty_id, look.person_id) not in noted]


def note(session: Session, look: Look, *, waits: bool = True) -> None:
    """Unless it `waits`, the commit that follows does not wait for the disk: a crash may take its last second."""
    session.execute(NOTE, asdict(look) | {"path": look.path[:PATH], "waits": waits})


def of_person(session: Session, person_id: int, *, most: int) -> Sequence[Reading]:
    """The last who looked at the person."""
    query = select(Reading).where(Reading.person_id == person_id).options(joinedload(Reading.by))
    return session.scalars(query.order_by(Reading.at.desc(), Reading.id.desc()).limit(most)).all()
