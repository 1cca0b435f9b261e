"""Of many people those with the most late contacts stand first; of as many, those who left more else undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.models.contacts import Contact
from app.queries import team
from tests import deals, factories
from tests.conftest import user_named

DAY, MIDNIGHT = date(2026, 3, 10), datetime(2026, 3, 10, tzinfo=UTC)
LEFT = {"anna": (3, 0), "boris": (1, 0), "pavel": (1, 2), "vera": (0, 5)}  # late contacts, orders to be shipped


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[int]:
    team.undone.cache_clear()
    monkeypatch.setattr(team, "MOST", request.param)
    yield request.param
    team.undone.cache_clear()


@pytest.mark.parametrize("most", [1, 2, 3, 4], indirect=True)
def test_who_left_the_most_undone_stands_first(session: Session, most: int) -> None:
    shown = ["anna", "pavel", "boris", "vera"][:most]
    item = deals.item(session)
    people = {username: user_named(session, username) for username in LEFT}
    for username, (late, to_ship) in LEFT.items():
        person = people[username]
        at = MIDNIGHT - timedelta(hours=1)
        session.add_all(Contact(prospect="Кто-то", manager=person, starts_at=at, ends_at=at) for _ in range(late))
        buyer = factories.buyer(session, manager_id=person.id)
        for _ in range(to_ship):
            deals.order(session, buyer, {item: 2}, on=DAY, manager_id=person.id, ship_on=DAY)
    buyer, vera = factories.buyer(session), people["vera"]
    paid_late = deals.order(session, buyer, {item: 1}, on=DAY, manager_id=vera.id, pay_by=DAY)
    session.flush()
    rows = session.execute(team.undone(10), {"today": DAY, "midnight": MIDNIGHT}).all()
    assert [row.id for row in rows] == [people[username].id for username in shown]
    assert [(row.overdue, row.to_ship) for row in rows] == [LEFT[username] for username in shown]
    assert [row.money for row in rows if row.to_pay] == [paid_late.amount] * ("vera" in shown)
