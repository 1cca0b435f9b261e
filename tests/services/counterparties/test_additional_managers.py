"""The base keeps the responsible of a client from being an additional manager of it as well."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.extensions import db
from app.models.counterparties import AdditionalManager, Counterparty
from tests.conftest import user_named
from tests.factories import added, buyer

HAND_OVER = "UPDATE counterparty SET manager_id = :user WHERE id = :client"
NAME = "INSERT INTO additional_manager (counterparty_id, user_id) VALUES (:client, :user)"


def working(session: Session, client: Counterparty) -> list[str]:
    session.expire_all()
    return [one.user.username for one in client.additional]


def test_whoever_becomes_responsible_by_whatever_statement_is_additional_no_more(session: Session) -> None:
    anna, boris, vera = (user_named(session, name) for name in ("anna", "boris", "vera"))
    client = buyer(session, manager=anna)
    other = buyer(session, "Лютик", manager=anna)
    for one in (client, other):
        one.additional_managers = [boris, vera]
    session.flush()
    session.execute(text(HAND_OVER), {"client": client.id, "user": boris.id})
    assert (working(session, client), working(session, other)) == (["vera"], ["boris", "vera"])
    session.execute(text(HAND_OVER), {"client": client.id, "user": None})
    assert working(session, client) == ["vera"]


def test_the_responsible_is_refused_and_nobody_stands_twice(session: Session) -> None:
    client = buyer(session, manager=user_named(session, "anna"))
    added(session, AdditionalManager(counterparty=client, user=user_named(session, "boris")))
    for name in ("anna", "boris"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(NAME), {"client": client.id, "user": user_named(session, name).id})
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE additional_manager SET user_id = :user"), {"user": client.manager_id})
    assert working(session, client) == ["boris"]


def test_whoever_stays_is_one_since_the_day_that_he_was(session: Session) -> None:
    boris, vera, maria = (user_named(session, name) for name in ("boris", "vera", "maria"))
    client = buyer(session)
    added(session, AdditionalManager(counterparty=client, user=boris, since=date(2026, 2, 1)))
    session.refresh(client)
    client.additional_managers = [vera, boris, vera]
    session.flush()
    client.additional_managers = [boris, maria]
    session.flush()
    session.refresh(client)
    assert [one.since for one in client.additional if one.user is boris] == [date(2026, 2, 1)]
    assert {one.user for one in client.additional} == {boris, maria}


def test_programs_that_follow_a_client_hear_of_it(session: Session) -> None:
    client = buyer(session)

    def changed() -> bool:
        before = client.changed_at
        session.flush()
        session.refresh(client)
        return client.changed_at > before

    client.additional_managers = [user_named(session, "boris")]
    assert changed()
    client.additional[0].since = date(2026, 2, 1)
    assert changed()
    client.additional_managers = []
    assert changed()
    assert not changed()


def test_they_go_with_their_client_and_with_their_user(session: Session) -> None:
    client, gone = buyer(session), buyer(session, "Лютик")
    for one in (client, gone):
        one.additional_managers = [user_named(session, "boris"), user_named(session, "maria")]
    session.flush()
    session.delete(gone)
    session.flush()
    session.execute(text("DELETE FROM ab_user_role WHERE user_id = :id"), {"id": user_named(session, "maria").id})
    session.execute(text("DELETE FROM ab_user WHERE username = 'maria'"))
    assert len(session.scalars(select(AdditionalManager.id)).all()) == 1
    assert working(session, client) == ["boris"]


def test_of_two_at_one_moment_one_waits_for_the_other(committed: Flask) -> None:
    """One hands a client over to whom another names an additional manager."""
    with committed.app_context(), Session(db.engine) as one, Session(db.engine) as two:
        client = buyer(one, manager=user_named(one, "anna"))
        asked = {"client": client.id, "user": user_named(one, "boris").id}
        one.commit()
        for first, second in ((NAME, HAND_OVER), (HAND_OVER, NAME)):
            one.execute(text(first), asked)
            two.execute(text("SET lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock"):
                two.execute(text(second), asked)
            two.rollback()
            one.commit()
            if second is HAND_OVER:
                two.execute(text(second), asked)
            else:
                with pytest.raises(IntegrityError, match="responsible"):
                    two.execute(text(second), asked)
                two.rollback()
            two.commit()
            assert (working(one, client), client.manager_id) == ([], asked["user"])
            client.manager = user_named(one, "anna")
            one.commit()
