"""How long each kind of data is kept, as Policy says: what goes tonight, and its destruction, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.periods import shift_months
from app.domain.words import ContactState, DisposalKind, LetterState
from app.models.contacts import Contact
from app.models.disposals import Disposal
from app.models.jobs import StoredFile
from app.models.letters import Letter
from app.models.readings import Reading
from app.models.settings import Policy
from app.queries.sql import one_of
from app.services import jobs, journal
from app.services.privacy.forgetting import blank_prospects, drop_letters, erased_name, ids_of, write

BATCH = 500  # rows that go in one transaction
UNSENT = (LetterState.WAITING, LetterState.DEAD)


@dataclass(frozen=True)
class Term:
    """One kind of data: before which day it goes (None: never), what of it does, and how."""

    kind: DisposalKind
    before: Callable[[Policy, date], date | None]
    old: Callable[[date], Select[int]]
    dispose: Callable[[Session, Sequence[int]], None]


@dataclass(frozen=True)
class Outlook:
    """What is to go of a kind; `before` None: it is kept for ever."""

    kind: DisposalKind
    before: date | None
    rows: int


def old_letters(before: date) -> Select[int]:
    """Neither what still goes out nor what somebody has to deal with."""
    return select(Letter.id).where(Letter.at < before, Letter.state.not_in(UNSENT), Letter.pending_from.is_(None))


def old_inquiries(before: date) -> Select[int]:
    return select(Contact.id).where(
        Contact.counterparty_id.is_(None),
        Contact.starts_at < before,
        Contact.state != ContactState.PLANNED,
        Contact.prospect != erased_name(),
    )


def old_readings(before: date) -> Select[int]:
    return select(Reading.id).where(Reading.at < before)


def drop_readings(session: Session, ids: Sequence[int]) -> None:
    write(session, delete(Reading).where(one_of(Reading.id, ids)))


def drop_files(session: Session, ids: Sequence[int]) -> None:
    write(session, delete(StoredFile).where(one_of(StoredFile.id, ids)))


def months_before(today: date, months: int | None) -> date | None:
    return None if months is None else shift_months(today, -months)


TERMS = (
    Term(
        DisposalKind.LETTERS,
        lambda policy, today: months_before(today, policy.letters_months),
        old_letters,
        drop_letters,
    ),
    Term(
        DisposalKind.INQUIRIES,
        lambda policy, today: months_before(today, policy.inquiries_months),
        old_inquiries,
        blank_prospects,
    ),
    Term(
        DisposalKind.READINGS,
        lambda policy, today: months_before(today, policy.readings_months),
        old_readings,
        drop_readings,
    ),
    Term(
        DisposalKind.FILES,
        lambda policy, today: today - timedelta(days=policy.files_days),
        jobs.old_files,
        drop_files,
    ),
)


def dispose(session: Session, *, today: date, now: datetime) -> bool:
    """Some of what is kept no longer goes, and it is noted; False when nothing is left to go."""
    policy = session.scalars(select(Policy)).one()
    for term in TERMS:
        before = term.before(policy, today)
        if before and (ids := ids_of(session, term.old(before).limit(BATCH))):
            term.dispose(session, ids)
            _note(session, term.kind, len(ids), before, now)
            return True
    return False


def tend_journal(session: Session, *, today: date, now: datetime) -> None:
    """The months of the journal that come are made, those that are kept no longer go."""
    if gone := journal.tend(session, today):
        _note(session, DisposalKind.JOURNAL, gone, journal.first_day(session, today), now)


def _note(session: Session, kind: DisposalKind, rows: int, before: date, now: datetime) -> None:
    """One row a kind and a day, however many transactions it takes."""
    of_today = Disposal.kind == kind, Disposal.before == before
    noted = session.scalars(select(Disposal).where(*of_today)).first()
    if noted is None:
        noted = Disposal(kind=kind, rows=0, before=before, at=now)
        session.add(noted)
    noted.rows += rows


def outlook(session: Session, today: date) -> Iterator[Outlook]:
    """What goes tonight, were it now; of the journal whole months go."""
    policy = session.scalars(select(Policy)).one()
    for term in TERMS:
        before = term.before(policy, today)
        rows = 0
        if before is not None:
            found = term.old(before).order_by(None).subquery()
            rows = session.scalar(select(func.count()).select_from(found).execution_options(unscoped=True)) or 0
        yield Outlook(term.kind, before, rows)
    before = journal.first_day(session, today)
    yield Outlook(DisposalKind.JOURNAL, before, journal.count_before(session, before))


def disposals(session: Session, *, most: int) -> Sequence[Disposal]:
    """The last that were destroyed."""
    query = select(Disposal).options(joinedload(Disposal.by))
    return session.scalars(query.order_by(Disposal.at.desc(), Disposal.id.desc()).limit(most)).all()
