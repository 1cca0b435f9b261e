"""The rule in SQL is the rule of the domain; classes by a day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, Numeric, column, literal, select, values
from sqlalchemy.orm import Session

from app.domain.abc import DEFAULT, Shares, change, classify
from app.domain.periods import Period
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import Counterparty
from app.queries.classes import abc_before, abc_change, abc_of, abc_on, abc_values
from tests.conftest import user_named
from tests.domain.test_abc import GOLDEN
from tests.reports.trade import buyer, noise, shipped

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
A, B, C = AbcClass


def in_sql(session: Session, amounts: list[Any], shares: Shares) -> dict[int, AbcClass]:
    if not amounts:
        return {}
    table = values(column("key", Integer), column("value", Numeric(15, 2)), name="given").data(
        [(i, Decimal(v)) for i, v in enumerate(amounts)]
    )
    return {key: abc for key, _, abc in session.execute(abc_of(table, shares))}


@pytest.mark.parametrize(("amounts", "classes"), GOLDEN)
def test_golden_examples_in_sql(session: Session, amounts: list[Any], classes: str) -> None:
    found = in_sql(session, amounts, DEFAULT)
    assert "".join(found[i] for i in range(len(amounts))) == classes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    st.lists(st.decimals(-100, 1000, places=2) | st.integers(0, 5).map(Decimal), max_size=30),
    st.sampled_from(
        [DEFAULT, Shares(Decimal(80), Decimal(15), Decimal(5)), Shares(Decimal("33.33"), Decimal("66.67"), Decimal(0))]
    ),
)
def test_sql_and_domain_give_the_same_classes(session: Session, amounts: list[Decimal], shares: Shares) -> None:
    assert in_sql(session, amounts, shares) == classify(dict(enumerate(amounts)), shares)


@pytest.mark.parametrize("old", [None, *AbcClass])
@pytest.mark.parametrize("new", [None, *AbcClass])
def test_sql_and_domain_draw_the_same_arrow(session: Session, old: AbcClass | None, new: AbcClass | None) -> None:
    text = AbcRecord.abc.type
    assert session.scalar(select(abc_change(literal(old, text), literal(new, text)))) == change(old, new)


def test_who_takes_part_and_with_what(session: Session) -> None:
    noise(session)
    usual, silent = buyer(session, "Обычный"), buyer(session, "Молчит")
    supplier = buyer(session, "Поставщик", is_buyer=False, is_supplier=True)
    bought_once = buyer(session, "Поставщик, который купил", is_buyer=False, is_supplier=True)
    shipped(session, usual, 900, date(2026, 3, 1), cost=600)
    shipped(session, usual, -100, date(2026, 3, 31), cost=-60)
    shipped(session, bought_once, 50, date(2026, 3, 10))
    # not included: a day too early, a day too late
    shipped(session, usual, 5000, date(2026, 2, 28))
    shipped(session, usual, 5000, date(2026, 4, 1))
    revenue = dict(session.execute(abc_values(MARCH, Measure.REVENUE)).all())
    assert revenue[usual.id] == 800
    assert revenue[silent.id] == 0
    assert revenue[bought_once.id] == 50
    assert supplier.id not in revenue
    # a line without a cost counts as cost 0
    assert dict(session.execute(abc_values(MARCH, Measure.PROFIT)).all())[usual.id] == 260
    assert dict(session.execute(abc_values(MARCH, Measure.PROFIT)).all())[bought_once.id] == 50


def record(session: Session, of: Counterparty, abc: AbcClass | None, on: date) -> None:
    run = AbcRun(on=on, start=on, end=on, measure=Measure.REVENUE, share_a=70, share_b=20, share_c=10)
    session.add(run)
    session.flush()
    session.add(AbcRecord(run_id=run.id, counterparty_id=of.id, on=on, abc=abc, value=0))
    session.flush()


def classes_on(session: Session, day: date) -> dict[str, tuple[AbcClass | None, AbcClass | None]]:
    """By name: the class on that day, and the one the arrow compares with."""
    now = abc_on(day, Counterparty.id)
    was = abc_before(now, Counterparty.id)
    rows = session.execute(
        select(Counterparty.name, now.c.abc, was.c.abc)
        .select_from(Counterparty)
        .outerjoin(now, literal(True))
        .outerjoin(was, literal(True))
    )
    return {name: (abc, old) for name, abc, old in rows}


def test_the_class_on_a_day_is_the_latest_record_by_that_day(session: Session) -> None:
    one, never = buyer(session, "Один"), buyer(session, "Никогда")
    record(session, one, B, date(2026, 1, 31))
    record(session, one, C, date(2026, 2, 28))
    record(session, one, A, date(2026, 2, 28))  # the same day again: the later run counts
    record(session, one, None, date(2026, 4, 30))
    assert never.name not in {n for n, c in classes_on(session, date(2026, 12, 31)).items() if c != (None, None)}
    by_day = {day: classes_on(session, day)["Один"] for day in map(date.fromisoformat, (
        "2026-01-30", "2026-01-31", "2026-02-27", "2026-02-28", "2026-04-29", "2026-04-30",
    ))}  # fmt: skip
    assert list(by_day.values()) == [(None, None), (B, None), (B, None), (A, B), (A, B), (None, A)]


def test_a_manager_sees_classes_of_his_own_buyers_only(session: Session) -> None:
    anna = user_named(session, "anna")
    mine, other = buyer(session, "Мой", manager_id=anna.id), buyer(session, "Чужой")
    for one in (mine, other):
        record(session, one, A, date(2026, 1, 31))
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    assert classes_on(session, date(2026, 2, 1)) == {"Мой": (A, None)}
    assert session.scalars(select(AbcRecord.counterparty_id)).all() == [mine.id]
