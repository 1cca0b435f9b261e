"""Reminders by letter, as a worker tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import inf
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ByLetter, LetterState
from app.extensions import db
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.letters import Letter
from app.models.users import Role, User, UserProfile
from jobs import telling
from jobs.clock import instead_of_workers
from tests.clients import Clients
from tests.conftest import user_named

pytestmark = pytest.mark.slow


@pytest.fixture
def new_statements(here: Flask) -> Iterator[list[str]]:
    """Statements that this process had not known before."""
    found = list[str]()

    def look(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context.compiled is not None and context.cache_hit is CacheStats.CACHE_MISS:
            found.append(statement)

    with here.app_context():
        engine = db.engine
    engine.clear_compiled_cache()  # of the tests before
    event.listen(engine, "before_cursor_execute", look)
    yield found
    event.remove(engine, "before_cursor_execute", look)


def test_a_rehearsal_leaves_nothing_and_what_it_did_is_known_to_whoever_does_it_then(
    here: Flask, new_statements: list[str]
) -> None:
    with here.app_context(), Session(db.engine) as session:
        before = {model: session.scalar(select(func.count()).select_from(model)) for model in (User, Contact, Reminder)}
        clients, seller = Clients(session), session.scalars(select(Role).where(Role.name == "Sales manager")).one()
        told = [user_named(session, name) for name in ("anna", "boris")]
        for each in told:
            each.roles = [seller]
            session.add(UserProfile(user=each, by_letter=[ByLetter.REMINDERS.value]))
        calls = [clients.contact(clients.company(f"Клиент {who}", who.username), "Цены", manager=who) for who in told]
        session.commit()
        new_statements.clear()
        telling.rehearse()
        assert new_statements
        assert {model: session.scalar(select(func.count()).select_from(model)) for model in before} == {
            **before, Contact: (before[Contact] or 0) + 2
        }  # fmt: skip
        assert session.scalar(select(func.count(Letter.id))) == 0
        rings = {"due_at": clock.now() - timedelta(minutes=1), "text": "Цены", "zone": "Europe/Moscow"}
        session.add_all(Reminder(user=who, contact=what, **rings) for who, what in zip(told, calls, strict=True))
        session.commit()
        new_statements.clear()
        assert telling.tell() == 2
        assert session.scalar(select(func.count(Letter.id))) == 2
    assert len(new_statements) <= 1  # of many


def test_without_redis_the_clock_tells_of_reminders_and_carries_their_letters(here: Flask) -> None:
    with here.app_context(), Session(db.engine) as session:
        anna, clients = user_named(session, "anna"), Clients(session)
        call = clients.contact(clients.company("Ромашка", "anna"), "Цены", manager=anna)
        session.add(UserProfile(user=anna, by_letter=[ByLetter.REMINDERS.value]))
        session.add(Reminder(user=anna, contact=call, due_at=clock.now(), text="Цены", zone="Europe/Moscow"))
        session.commit()
        for _look in range(2):  # letters go first
            instead_of_workers(-inf)
        assert session.scalars(select(Letter.state)).all() == [LetterState.SENT]


def test_a_rehearsal_that_fails_keeps_no_worker_from_its_work(here: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_what: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(telling.telling, "tell", fail)
    telling.rehearse()
    with here.app_context(), Session(db.engine) as session:
        assert session.scalar(select(func.count(Reminder.id))) == 0
