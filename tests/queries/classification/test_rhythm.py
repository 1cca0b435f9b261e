"""The rhythm in SQL is the rhythm of the domain, for the whole company and for one buyer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.domain.rhythm import Rhythm
from app.domain.viewer import Sees, Viewer
from app.models.movements import Shipment
from app.queries.classification.rhythm import last_purchase, rhythms
from tests.conftest import user_named
from tests.factories import buyer
from tests.plans import plan_of
from tests.reports.trade import shipped
from tests.rules.rhythm import rhythm

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 26)


def in_sql(session: Session, counterparty_id: int | None = None) -> dict[int, Rhythm]:
    rows = session.execute(rhythms(DAY, counterparty_id)).all()
    found = {row.counterparty_id: Rhythm(row.purchases, row.last_on, row.usual) for row in rows}
    assert [row.expected for row in rows] == [one.expected for one in found.values()]
    return found


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(-5, 60) | st.integers(0, 760), max_size=9), min_size=1, max_size=5))
def test_sql_and_domain_agree(session: Session, company: list[list[int]]) -> None:
    session.execute(delete(Shipment))
    known = {}
    for days_ago in company:
        one = buyer(session, "Один")
        known[one.id] = [DAY - timedelta(days=days) for days in days_ago]
        for day in known[one.id]:
            shipped(session, one, 10, day)
            shipped(session, one, -5, day + timedelta(days=1))  # a return is no purchase
    expected = {number: rhythm(days, DAY) for number, days in known.items()}
    assert in_sql(session) == {number: one for number, one in expected.items() if one.purchases}
    for number, one in expected.items():
        assert in_sql(session, number).get(number, Rhythm()) == one


def test_the_last_purchase_is_known_however_long_ago(session: Session) -> None:
    one, never = buyer(session, "Давно"), buyer(session, "Никогда")
    for day in (date(2019, 5, 6), date(2019, 5, 7), DAY + timedelta(days=1)):
        shipped(session, one, 10, day)
    shipped(session, one, -10, date(2020, 1, 1))
    shipped(session, never, -10, date(2020, 1, 1))
    assert session.scalar(select(last_purchase(DAY, one.id))) == date(2019, 5, 7)
    assert session.scalar(select(last_purchase(DAY, never.id))) is None


def test_a_manager_has_the_rhythm_of_his_own_buyers_alone(session: Session) -> None:
    anna = user_named(session, "anna")
    own, foreign = buyer(session, "Свой", manager=anna), buyer(session, "Чужой")
    for one in (own, foreign):
        shipped(session, one, 10, DAY)
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    assert set(in_sql(session)) == {own.id}
    assert in_sql(session, foreign.id) == {}


def test_one_buyer_is_found_by_the_index(session: Session) -> None:
    one, *_others = [buyer(session) for _ in range(20)]
    session.execute(
        text(
            "INSERT INTO shipment (number, date, counterparty_id, amount)"
            " SELECT 'р' || n, :day - n, :first + n % 20, 10 FROM generate_series(1, 400) n"
        ),
        {"day": DAY, "first": one.id},
    )
    session.execute(text("SET LOCAL enable_seqscan = off"))  # a table of a test is small
    assert "ix_shipment_counterparty_id_date_id" in plan_of(session, rhythms(DAY, one.id)).indexes
