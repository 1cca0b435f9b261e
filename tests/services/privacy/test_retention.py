"""What is kept for a time goes when it is over, is counted before and noted after; what has no term stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Direction, DisposalKind, LetterState, PartyRole, ReadingKind
from app.models.contacts import Contact
from app.models.disposals import Disposal
from app.models.journal import RowChange
from app.models.letters import Blob, Letter, LetterFile, LetterParty
from app.models.readings import Reading
from app.models.settings import Policy
from app.services.privacy import retention
from tests.clients import NOON, Clients

TODAY = NOON.date()
OLD = NOON - timedelta(days=400)


def letter(clients: Clients, name: str, at: datetime, **more: object) -> Letter:
    told = {"direction": Direction.IN, "state": LetterState.RECEIVED, **more}
    made = clients.add(Letter(message_id=name, at=at, subject=name, text=f"тайна {name}", sender="a@b.ru", **told))
    clients.add(LetterParty(letter=made, role=PartyRole.FROM, address="a@b.ru", at=at))
    return made


@pytest.fixture
def policy(session: Session) -> Policy:
    """Letters and inquiries of a year ago, and of today; a file that a letter of both brought."""
    clients = Clients(session)
    shared, alone = (clients.add(Blob(sha256=mark, size=1, content=mark.encode())) for mark in "ab")
    for name, at in (("old", OLD), ("new", NOON)):
        files = [shared, alone] if at is OLD else [shared]
        one = letter(clients, name, at)
        for blob in files:
            clients.add(LetterFile(letter=one, blob=blob, name=f"{name}.pdf"))
        asked = {"prospect": "Ковалев", "prospect_phone": "+7 916", "state": ContactState.DONE}
        clients.contact(None, f"Заявка {name}", (at - NOON).days, **asked)
        clients.add(Reading(at=at, by_id=1, kind=ReadingKind.CARD, screen="", path=name))
    letter(clients, "unsent", OLD, direction=Direction.OUT, state=LetterState.WAITING)
    letter(clients, "to be dealt with", OLD, pending_from=TODAY)
    session.commit()
    return session.scalars(select(Policy)).one()


def run(session: Session) -> int:
    times = 0
    while retention.dispose(session, today=TODAY, now=NOON):
        session.commit()
        times += 1
    return times


def outlook(session: Session) -> dict[DisposalKind, tuple[date | None, int]]:
    return {each.kind: (each.before, each.rows) for each in retention.outlook(session, TODAY)}


def test_without_a_term_nothing_goes(session: Session, policy: Policy) -> None:
    policy.readings_months = 24
    assert run(session) == 0
    assert outlook(session)[DisposalKind.LETTERS] == (None, 0)
    assert session.scalars(select(Disposal)).all() == []


def test_what_is_over_goes_and_is_noted(session: Session, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    policy.letters_months = policy.inquiries_months = policy.readings_months = 12
    session.flush()
    year = date(TODAY.year - 1, TODAY.month, TODAY.day)
    seen = outlook(session)
    kinds = (DisposalKind.LETTERS, DisposalKind.INQUIRIES, DisposalKind.READINGS)
    assert [seen[kind] for kind in kinds] == [(year, 1)] * 3
    assert run(session) == 3
    assert set(session.scalars(select(Letter.message_id))) == {"new", "unsent", "to be dealt with"}
    assert session.scalars(select(Blob.sha256)).all() == ["a"]
    contacts = session.scalars(select(Contact).order_by(Contact.starts_at)).all()
    assert [(one.prospect_phone, one.subject) for one in contacts] == [("", ""), ("+7 916", "Заявка new")]
    assert session.scalars(select(Reading.path)).all() == ["new"]
    noted = session.execute(select(Disposal.kind, Disposal.rows, Disposal.before).order_by(Disposal.id)).all()
    assert [tuple(row) for row in noted] == [(kind, 1, year) for kind in kinds]
    assert all(rows == 0 for kind, (_before, rows) in outlook(session).items() if kind in kinds)


def test_the_journal_forgets_too(session: Session, policy: Policy) -> None:
    one = session.scalars(select(Letter).where(Letter.message_id == "old")).one()
    one.subject = "иначе"
    session.commit()
    changes = select(func.count()).where(RowChange.table_name == "letter", RowChange.row_id == one.id)
    assert session.scalar(changes) > 1
    policy.letters_months = 12
    run(session)
    assert session.scalar(changes) == 0
