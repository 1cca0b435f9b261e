"""The journal's months, the number of what is being done, and what is done once; app.services.undoing puts it back.

A program, or a person, repeats a request whose answer was lost: the key that comes with both is kept with the act.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.periods import shift_months
from app.domain.words import ChangeKind
from app.models import authorship
from app.models.journal import Act, RowChange
from app.models.settings import Policy
from app.models.visibility import viewer_of

AHEAD = 3  # months, this one among them
PATIENCE = "2s"  # a save waits no longer for a month to be made; the next night tries again
NAME = re.compile(r"journal_change_(\d{4})_(\d\d)")


class FirstChange(NamedTuple):
    """What an act did first; without a table and a row where it did nothing to those that were asked for."""

    act: int
    table: str | None
    row_id: int | None


def act_of(session: Session) -> int | None:
    """The number of what this transaction changed so far, to be undone by; None where it changed nothing."""
    session.flush()
    act: int | None = session.scalar(text("SELECT nullif(current_setting('vizavi.act', true), '')::bigint"))
    return act


def once_of(session: Session, resource: str, key: str) -> bytes:
    """What is kept of a key: equal for one user's requests to one resource by it."""
    viewer = viewer_of(session)
    return authorship.digest_of(viewer.user_id if viewer else None, f"{resource}\0{key}")


def begin_once(session: Session, once: bytes) -> bool:
    """Begin the act of this transaction; False where another one of the key has been kept.

    One that is at work is waited for: it may be kept, or leave the key to this one.
    """
    viewer, verb = viewer_of(session), session.info.get("verb", "")[:100]
    made = insert(Act).values(by_id=viewer and viewer.user_id, verb=verb, once=once)
    made = made.on_conflict_do_nothing(index_elements=[Act.once], index_where=Act.once.is_not(None))
    act = session.scalar(made.returning(Act.id))
    if act is None:
        return False
    session.execute(select(func.set_config("vizavi.act", str(act), True)))
    return True


def made_once(session: Session, once: bytes, table: str) -> int | None:
    """The row that the act of the key made in the table; None where it made none."""
    rows = select(RowChange.row_id).join(Act, Act.id == RowChange.act_id)
    mine = (Act.once == once, RowChange.table_name == table, RowChange.what == ChangeKind.INSERT)
    return session.scalar(rows.where(*mine).order_by(RowChange.id).limit(1))


def first_changed(session: Session, once: bytes, tables: Collection[str], own: str) -> FirstChange | None:
    """What the act of the key made or changed in these tables first, in its own one if it can be; None: no such act."""
    mine = (RowChange.act_id == Act.id, RowChange.table_name.in_(tables), RowChange.what != ChangeKind.DELETE)
    first = select(Act.id, RowChange.table_name, RowChange.row_id).outerjoin(RowChange, and_(*mine))
    first = first.where(Act.once == once).order_by(RowChange.table_name != own, RowChange.id).limit(1)
    row = session.execute(first).one_or_none()
    return None if row is None else FirstChange(*row)


def free(session: Session, once: bytes) -> None:
    """What the act of the key did is there no more: it may be done anew."""
    session.execute(update(Act).where(Act.once == once).values(once=None))


def tend(session: Session, today: date) -> int:
    """Make the months that come, drop those that Policy keeps no longer; returns how many rows these had."""
    session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    oldest = first_day(session, today)
    there = dict(_months(session))
    for ahead in range(AHEAD):
        month = shift_months(today.replace(day=1), ahead)
        if month not in there:
            _make(session, month)
    gone = 0
    for month, name in there.items():
        if month < oldest:
            gone += session.scalar(text(f"SELECT count(*) FROM {name}")) or 0
            session.execute(text(f"DROP TABLE {name}"))
    session.execute(text("DELETE FROM journal_act WHERE at < :first"), {"first": f"{oldest:%Y-%m-%d} 00:00+00"})
    return gone


def first_day(session: Session, today: date) -> date:
    """Of the oldest month that Policy keeps."""
    return shift_months(today.replace(day=1), -session.scalars(select(Policy.journal_months)).one())


def count_before(session: Session, before: date) -> int:
    """How many rows the months before that day have."""
    first = f"{before:%Y-%m-%d} 00:00+00"
    return session.scalar(text("SELECT count(*) FROM journal_change WHERE at < :first"), {"first": first}) or 0


def _months(session: Session) -> Iterator[tuple[date, str]]:
    children = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal_change'::regclass"
    for name in session.scalars(text(children)):
        if found := NAME.fullmatch(name):
            yield date(int(found[1]), int(found[2]), 1), name


def _make(session: Session, month: date) -> None:
    """What went to the rest meanwhile moves to its month; attaching locks nobody out who writes other months."""
    name, following = f"journal_change_{month:%Y_%m}", shift_months(month, 1)
    bounds = f"'{month} 00:00+00'", f"'{following} 00:00+00'"
    within = f"at >= {bounds[0]} AND at < {bounds[1]}"
    for statement in (
        f"CREATE TABLE {name} (LIKE journal_change INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"INSERT INTO {name} SELECT * FROM journal_change_rest WHERE {within}",
        f"DELETE FROM journal_change_rest WHERE {within}",
        f"ALTER TABLE journal_change ATTACH PARTITION {name} FOR VALUES FROM ({bounds[0]}) TO ({bounds[1]})",
    ):
        session.execute(text(statement))
