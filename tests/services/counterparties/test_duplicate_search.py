"""Duplicates are found over the whole base: few are missed, few are wrong, and what was decided stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import CounterpartyKind
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.duplicates import DuplicatePair
from app.services.counterparties import duplicate_search
from jobs import duplicates as nightly
from tests.clients import Clients
from tests.services.counterparties.labelled_pairs import Client, Pair, pairs

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
INN, KPP = "7736050003", "773601001"


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def search(session: Session) -> int:
    found = duplicate_search.search(session, lambda _done, _total: None)
    for table in ("party", "key", "pair"):  # the test's transaction goes on
        session.execute(text(f"DROP TABLE likely_{table}"))
    session.expire_all()
    return found


def found(session: Session) -> dict[tuple[int, int], tuple[int, list[str]]]:
    waiting = session.scalars(select(DuplicatePair).where(~DuplicatePair.is_distinct))
    return {(pair.first_id, pair.second_id): (pair.confidence, pair.signs) for pair in waiting}


def add(clients: Clients, client: Client) -> Counterparty:
    kind = CounterpartyKind.PERSON if client.is_person else CounterpartyKind.COMPANY
    row = clients.company(client.name, inn=client.inn, kpp=client.kpp, kind=kind)
    if client.phone:
        clients.phone(row, client.phone)
    if client.email:
        clients.email(row, client.email)
    return row


@pytest.mark.slow
def test_of_300_labelled_pairs_nearly_all_are_told_rightly(clients: Clients) -> None:
    labelled: dict[tuple[int, int], Pair] = {}
    for pair in pairs():
        labelled[add(clients, pair.one).id, add(clients, pair.other).id] = pair
    assert len(labelled) == 300
    search(clients.session)
    told = found(clients.session)
    right = [ids for ids in told if ids in labelled and labelled[ids].is_same]
    wrong = [ids for ids in told if ids not in right]
    same = [ids for ids, pair in labelled.items() if pair.is_same]
    missed = [labelled[ids] for ids in same if ids not in told]
    names = {row.id: row.name for row in clients.session.scalars(select(Counterparty))}
    about = [[(names[a], names[b], told[a, b]) for a, b in wrong], missed]
    assert len(right) / len(told) >= 0.95, about
    assert len(right) / len(same) >= 0.9, about


def test_pairs_tell_why_and_the_surest_signs_weigh_most(clients: Clients) -> None:
    first, second = clients.company("Контур", inn=INN, kpp=KPP), clients.company("ООО Контур", inn=INN, kpp=KPP)
    third, fourth = clients.company("Ромашковый луг"), clients.company("Ромашковый луж")
    assert search(clients.session) == 2
    told = found(clients.session)
    assert told[first.id, second.id] == (99, ["taxpayer", "name"])
    assert told[third.id, fourth.id] == (70, ["spelling"])


def test_what_was_said_to_be_two_stays_so_and_what_is_no_more_alike_goes(clients: Clients) -> None:
    session = clients.session
    first, second = clients.company("Контур"), clients.company("ООО Контур")
    third, fourth = clients.company("Гранит"), clients.company("АО Гранит")
    assert search(session) == 2
    pair = session.scalars(select(DuplicatePair).where(DuplicatePair.first_id == first.id)).one()
    assert duplicate_search.set_apart(session, pair.id, now=NOW) is pair
    fourth.name = "Базальт"
    session.flush()
    assert search(session) == 0
    assert session.scalars(select(DuplicatePair)).all() == [pair]
    assert (pair.second_id, pair.is_distinct, pair.said_at) == (second.id, True, NOW)
    assert third.name == "Гранит"


def test_a_reason_given_while_saving_is_believed(clients: Clients) -> None:
    clients.company("Контур", inn=INN, kpp=KPP)
    clients.company("Контур-2", inn=INN, kpp=KPP, distinct_reason="Отдельный магазин")
    assert search(clients.session) == 0


def test_a_name_that_many_have_says_nothing_by_itself(clients: Clients) -> None:
    many = [clients.company("Вектор") for _ in range(13)]
    for one in many[:2]:
        clients.phone(one, "+7 495 700-00-02")
    search(clients.session)
    assert found(clients.session) == {(many[0].id, many[1].id): (97, ["phone", "name"])}


def test_a_manager_decides_on_pairs_of_which_he_sees_both(clients: Clients) -> None:
    session = clients.session
    for owner in ("anna", "boris"):
        clients.company("Контур", "anna", inn=INN, kpp=KPP if owner == "anna" else "")
    mine = found_after(clients)
    clients.company("Гранит", "anna")
    clients.company("АО Гранит", "boris")
    shared = found_after(clients) - mine
    assert (len(mine), len(shared)) == (1, 1)
    session.info["viewer"] = Viewer.of(clients.user("anna").id, [Sees.OWN])
    seen: Any = session.scalars(select(DuplicatePair.id)).all()
    assert set(seen) == mine
    assert duplicate_search.set_apart(session, *shared, now=NOW) is None
    assert duplicate_search.set_apart(session, *mine, now=NOW) is not None


def found_after(clients: Clients) -> set[int]:
    search(clients.session)
    return set(clients.session.scalars(select(DuplicatePair.id)))


def test_the_night_searches_unless_somebody_does(clients: Clients, app: Flask) -> None:
    session = clients.session
    clients.company("Контур")
    clients.company("ООО Контур")
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.begin() as other:
        other.execute(select(func.pg_advisory_xact_lock(duplicate_search.LOCK)))
        assert nightly.search_once(session) is False
        with pytest.raises(Refused):
            duplicate_search.search(session, lambda _done, _total: None)
    engine.dispose()
    assert found(session) == {}
    nightly.search_once(session)
    assert len(found(session)) == 1


@pytest.mark.slow
def test_a_huge_block_is_compared_with_neighbours_alone(clients: Clients) -> None:
    """Two thousand clients of one switchboard cost no two million comparisons."""
    session = clients.session
    owner = clients.company("Бизнес-центр")
    clients.phone(owner, "+7 495 700-00-02")
    session.execute(
        text(
            "INSERT INTO counterparty (code, name) SELECT 'Б-' || i, 'Арендатор ' || md5(i::text) "
            "FROM generate_series(1, 2000) i"
        )
    )
    session.execute(
        text(
            "INSERT INTO contact_info (counterparty_id, kind_id, value, phone_tail) "
            "SELECT c.id, i.kind_id, i.value, i.phone_tail FROM counterparty c, contact_info i WHERE c.code LIKE 'Б-%'"
        )
    )
    compared: list[object] = []
    judge = duplicate_search.judge
    try:
        duplicate_search.judge = lambda *parties: compared.append(parties) or judge(*parties)  # type: ignore
        search(session)
    finally:
        duplicate_search.judge = judge
    assert 2_000 < len(compared) < 100_000
    assert session.scalar(select(func.count()).select_from(DuplicatePair)) == 0
