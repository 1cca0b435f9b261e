"""Reminders, notices and the plan of the day by letter: once, to those who want it, and only what they may see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import ByLetter, LetterKind, NoticeKind, PartyRole
from app.models.bell import Notice, Reminder
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import AdditionalManager
from app.models.letters import Letter
from app.models.users import Role, User, UserProfile
from app.services.mail import telling as services
from app.views.mail import telling
from tests.clients import Clients
from tests.conftest import user_named

MONDAY = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)  # 9:30 in Moscow


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def anna(session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch) -> User:
    """She wants everything by letter; it is Monday morning."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    user = user_named(session, "anna")
    session.add(UserProfile(user=user, by_letter=[kind.value for kind in ByLetter]))
    session.flush()
    return user


def planned(clients: Clients, subject: str, at: datetime, manager: str = "anna", client: str = "Ромашка") -> Contact:
    contact = clients.contact(clients.company(client, manager), subject, manager=clients.user(manager))
    contact.starts_at, contact.ends_at = at, at + timedelta(minutes=30)
    clients.session.flush()
    return contact


def tell(session: Session, kind: ByLetter, user: User) -> bool:
    """Whether the user was written to, as a worker does it: those for whom nothing is new are left alone."""
    return telling.tell(session, kind, telling.waiting(session, kind)) == [user.id]


def letters(session: Session) -> list[Letter]:
    return list(session.scalars(select(Letter).order_by(Letter.id)))


def test_a_reminder_that_rings_is_told_once_and_again_when_it_is_moved(
    session: Session, clients: Clients, anna: User, app: Flask
) -> None:
    contact = planned(clients, "Цены на май", MONDAY + timedelta(minutes=10))
    reminder = Reminder(
        user=anna, contact=contact, minutes_before=15, zone="Europe/Moscow", due_at=MONDAY - timedelta(minutes=5)
    )
    session.add(reminder)
    session.flush()
    with app.app_context():
        assert tell(session, ByLetter.REMINDERS, anna)
        assert not tell(session, ByLetter.REMINDERS, anna)
        (letter,) = letters(session)
        assert letter.subject == "Напоминание: Цены на май"
        assert letter.kind is LetterKind.AUTO
        assert "30.11.2026 09:40" in letter.text
        assert f"/bell/go/{reminder.id}" in letter.text
        assert [(each.role, each.address) for each in letter.parties][1] == (PartyRole.TO, "anna@example.com")
        assert letter.source is not None
        assert b"Auto-Submitted: auto-generated" in letter.source.raw
        contact.starts_at += timedelta(minutes=4)
        contact.ends_at += timedelta(minutes=4)
        session.flush()
        session.expire_all()
        assert tell(session, ByLetter.REMINDERS, anna)


def test_more_reminders_than_a_letter_has_room_for_are_told_by_the_next_one(
    session: Session, clients: Clients, anna: User, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MOST", 2)
    contact = planned(clients, "Цены на май", MONDAY + timedelta(minutes=10))
    about = {"user": anna, "contact": contact, "minutes_before": 15, "zone": "Europe/Moscow"}
    session.add_all(Reminder(**about, text=f"Пункт {n}", due_at=MONDAY - timedelta(minutes=5)) for n in range(5))
    session.flush()
    with app.app_context():
        while tell(session, ByLetter.REMINDERS, anna):
            pass
    told = [word for letter in letters(session) for word in letter.text.splitlines() if word.startswith("Пункт")]
    assert sorted(told) == [f"Пункт {n}" for n in range(5)]


def test_readers_who_are_asked_for_together_are_told_each_of_what_he_sees(
    session: Session, clients: Clients, anna: User, app: Flask
) -> None:
    boris, vera = user_named(session, "boris"), user_named(session, "vera")
    session.add_all(UserProfile(user=user, by_letter=["reminders"]) for user in (boris, vera))
    secret, plain = planned(clients, "Тайна", MONDAY), planned(clients, "Звонок", MONDAY, "boris", "Лютик")
    for user, contact in ((anna, secret), (boris, secret), (boris, plain), (vera, secret)):
        session.add(Reminder(user=user, contact=contact, zone="Europe/Moscow", due_at=MONDAY - timedelta(minutes=5)))
    session.add(ContactParticipant(contact=secret, user=vera))  # which shows it to her, and to nobody else
    session.flush()
    with app.app_context():
        everybody = telling.waiting(session, ByLetter.REMINDERS)
        assert len(everybody) == 3
        assert telling.tell(session, ByLetter.REMINDERS, everybody) == everybody
        assert telling.tell(session, ByLetter.REMINDERS, everybody) == []
    told = {letter.parties[1].address.partition("@")[0]: letter.subject for letter in letters(session)}
    assert told == {"anna": "Напоминание: Тайна", "boris": "Напоминание: Звонок", "vera": "Напоминание: Тайна"}


def test_of_those_who_assist_others_each_is_told_of_his_own_and_all_are_asked_for_at_once(
    session: Session, clients: Clients, anna: User, app: Flask, sql: list[str]
) -> None:
    boris = user_named(session, "boris")
    anna.roles.append(Role(name="Ревизионная комиссия"))  # other roles, the same rule of rows
    session.add(UserProfile(user=boris, by_letter=["reminders"]))
    calls = [planned(clients, f"Звонок {who}", MONDAY, "vera", f"Клиент {who}") for who in ("anna", "boris")]
    for user, call in zip((anna, boris), calls, strict=True):
        session.add(AdditionalManager(counterparty=call.counterparty, user=user))
        for about in calls:
            rings = {"zone": "Europe/Moscow", "due_at": MONDAY - timedelta(minutes=5)}
            session.add(Reminder(user=user, contact=about, **rings))
    session.flush()
    with app.app_context():
        everybody = telling.waiting(session, ByLetter.REMINDERS)
        sql.clear()
        assert telling.tell(session, ByLetter.REMINDERS, everybody) == everybody
    told = {letter.parties[1].address.partition("@")[0]: letter.subject for letter in letters(session)}
    assert told == {"anna": "Напоминание: Звонок anna", "boris": "Напоминание: Звонок boris"}
    assert len([each for each in sql if "FROM reminder" in each]) == 1


def test_who_lost_a_client_is_not_told_of_him(session: Session, clients: Clients, anna: User, app: Flask) -> None:
    contact = planned(clients, "Тайна", MONDAY, client="Ромашка")
    session.add(Notice(user=anna, kind=NoticeKind.CLASS_FELL, key="x", counterparty=contact.counterparty, facts={
        "old": "A", "new": None}, made_at=MONDAY))  # fmt: skip
    session.flush()
    assert contact.counterparty is not None
    contact.counterparty.manager = user_named(session, "boris")
    session.flush()
    with app.app_context():
        assert not tell(session, ByLetter.NOTICES, anna)
        contact.counterparty.manager = anna
        session.flush()
        assert tell(session, ByLetter.NOTICES, anna)
    assert letters(session)[0].subject == "Класс понизился: A → без класса"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (MONDAY, True),
        (MONDAY - timedelta(hours=2), False),  # half past seven
        (MONDAY + timedelta(hours=4), False),  # the morning is over
        (MONDAY - timedelta(days=1), False),  # Sunday
    ],
)
def test_the_plan_of_the_day_comes_once_in_the_morning_of_a_working_day(
    session: Session,
    clients: Clients,
    anna: User,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    at: datetime,
    told: bool,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    planned(clients, "Позвонить", MONDAY + timedelta(hours=5))
    planned(clients, "Забыли", MONDAY - timedelta(days=5), client="Лютик")
    planned(clients, "Чужое", MONDAY + timedelta(hours=5), "boris", "Клевер")
    with app.app_context():
        assert tell(session, ByLetter.DIGEST, anna) is told
        assert tell(session, ByLetter.DIGEST, anna) is False
    for letter in letters(session):
        today, overdue = letter.text.split("ПРОСРОЧЕНО")
        assert "30.11 14:30" in today
        assert "Ромашка" in today
        assert "Лютик" in overdue
        assert "Клевер" not in letter.text


def test_only_those_who_want_it_are_told(session: Session, anna: User) -> None:
    anna.profile.by_letter = ["digest"]
    session.flush()
    told = {kind: [user.username for user in session.scalars(services.users_told(kind))] for kind in ByLetter}
    assert told == {ByLetter.REMINDERS: [], ByLetter.NOTICES: [], ByLetter.DIGEST: ["anna"]}
