"""A contact is finished, moved, followed, cancelled; each leaves what it should."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Importance
from app.errors import Refused
from app.models.contacts import Contact
from app.models.histories import ContactMove
from app.models.users import UserProfile
from app.models.work_plan import WorkdayException
from app.services.contacts import verbs
from app.services.diaries import diary_of
from tests.clients import Clients
from tests.conftest import user_named
from tests.deals import item, order

NOW = datetime(2026, 11, 25, 9, 0, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def contact(session: Session) -> Contact:
    clients = Clients(session)
    company = clients.company("Ромашка")
    return clients.contact(
        company,
        "Цены",
        days=10,
        text="Спросить о сроках",
        person=clients.person(company, "Иванов"),
        importance=Importance.HIGH,
        manager=user_named(session, "anna"),
    )


def test_a_finished_contact_has_just_ended_and_keeps_what_was_planned(session: Session, contact: Contact) -> None:
    verbs.finish(session, contact, text=" Ждет счет ", now=NOW)
    end = NOW.replace(second=0)
    assert (contact.state, contact.starts_at, contact.ends_at) == (ContactState.DONE, end - timedelta(minutes=5), end)
    assert contact.text == "Спросить о сроках\nЖдет счет"
    assert session.scalars(select(ContactMove)).all() == []  # how it was is not a move
    with pytest.raises(Refused):
        verbs.finish(session, contact, text="", now=NOW)


@pytest.mark.parametrize("minutes", [0, -5, 721])
def test_nobody_talks_for_no_time_or_for_days(session: Session, contact: Contact, minutes: int) -> None:
    with pytest.raises(Refused) as refused:
        verbs.finish(session, contact, text="", now=NOW, minutes=minutes)
    assert refused.value.field == "minutes"


def test_a_moved_contact_keeps_its_length_and_the_third_move_its_reason(session: Session, contact: Contact) -> None:
    length = contact.ends_at - contact.starts_at
    verbs.move(session, contact, NOW + DAY, now=NOW)
    verbs.move(session, contact, NOW + 2 * DAY, now=NOW)
    with pytest.raises(Refused) as refused:
        verbs.move(session, contact, NOW + 3 * DAY, now=NOW, reason="  ")
    assert refused.value.field == "reason"
    verbs.move(session, contact, NOW + 3 * DAY, now=NOW, reason="в отпуске")
    assert contact.ends_at - contact.starts_at == length
    assert contact.starts_at == NOW + 3 * DAY
    moves = session.scalars(select(ContactMove).order_by(ContactMove.id)).all()
    assert [move.reason for move in moves] == ["", "", "в отпуске"]


def test_nothing_is_moved_into_the_past(session: Session, contact: Contact) -> None:
    with pytest.raises(Refused) as refused:
        verbs.move(session, contact, NOW - HOUR, now=NOW)
    assert refused.value.field == "at"
    with pytest.raises(Refused) as refused:
        verbs.follow(session, contact, NOW - HOUR, now=NOW, user=user_named(session, "anna"))
    assert refused.value.field == "at"
    verbs.move(session, contact, NOW, now=NOW)
    assert contact.starts_at == NOW


def test_a_contact_is_stretched_to_twelve_hours_and_no_more(session: Session, contact: Contact) -> None:
    for minutes in (1, 720):
        verbs.stretch(session, contact, contact.starts_at + timedelta(minutes=minutes))
        assert contact.ends_at - contact.starts_at == timedelta(minutes=minutes)
    for minutes in (0, 721):
        with pytest.raises(Refused):
            verbs.stretch(session, contact, contact.starts_at + timedelta(minutes=minutes))


def test_the_next_contact_knows_what_it_follows(session: Session, contact: Contact) -> None:
    boris = user_named(session, "boris")
    contact.order = order(session, contact.counterparty, {item(session): 1})
    session.flush()
    following = verbs.follow(session, contact, NOW + DAY, now=NOW, user=boris)
    same = ("counterparty_id", "person_id", "order_id", "kind", "direction", "importance", "subject", "manager_id")
    assert [getattr(following, name) for name in same] == [getattr(contact, name) for name in same]
    assert (following.basis_id, following.state, following.text) == (contact.id, ContactState.PLANNED, "")
    assert (following.starts_at, following.ends_at - following.starts_at) == (NOW + DAY, timedelta(minutes=30))


def test_a_cancelled_contact_is_changed_by_no_verb(session: Session, contact: Contact) -> None:
    verbs.cancel(session, contact)
    assert contact.state is ContactState.CANCELLED
    for verb in (
        lambda: verbs.move(session, contact, NOW + DAY, now=NOW),
        lambda: verbs.stretch(session, contact, contact.starts_at + HOUR),
        lambda: verbs.finish(session, contact, text="", now=NOW),
        lambda: verbs.cancel(session, contact),
    ):
        with pytest.raises(Refused, match="not planned any more"):
            verb()


def test_the_diary_is_of_the_user_s_zone_and_of_the_company_s_days_off(session: Session) -> None:
    anna, moscow = user_named(session, "anna"), ZoneInfo("Europe/Moscow")
    assert diary_of(session, anna, now=NOW, zone=moscow).zone == moscow
    session.add(UserProfile(user=anna, timezone="Asia/Vladivostok"))
    session.add(WorkdayException(day=date(2026, 11, 26), works=False))
    session.flush()
    diary = diary_of(session, anna, now=NOW, zone=moscow)
    assert diary.next_hour(NOW).isoformat() == "2026-11-27T09:00:00+10:00"
