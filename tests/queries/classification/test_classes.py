"""The rule in SQL is the rule of the domain; classes by a day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, Numeric, column, select, values
from sqlalchemy.orm import Session

from app.domain.abc import Shares, change
from app.domain.periods import Period
from app.domain.stages import Parameters, StageMeasure
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass, Measure
from app.models.classes import AbcRecord, AbcRun
from app.models.counterparties import Counterparty
from app.queries.classification.classes import abc_change_on, abc_of, abc_on, classes_by
from app.queries.classification.stages import stages_by
from tests.conftest import user_named
from tests.domain.test_abc import GOLDEN
from tests.factories import buyer
from tests.plans import plan_of
from tests.reports.trade import noise, shipped
from tests.rules.abc import DEFAULT, classify

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


@settings(max_examples=40)
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
    one = buyer(session, "Один")
    record(session, one, old, date(2026, 1, 31))
    record(session, one, new, date(2026, 2, 28))
    arrow = select(abc_change_on(date(2026, 3, 1), Counterparty.id)).select_from(Counterparty)
    assert session.scalar(arrow) == change(old, new)


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
    found = values_of(session, Measure.REVENUE)
    assert found[usual.id] == (800, A)
    assert found[silent.id] == (0, C)
    assert found[bought_once.id] == (50, C)
    assert supplier.id not in found
    # a line without a cost counts as cost 0
    profit = values_of(session, Measure.PROFIT)
    assert profit[usual.id] == (260, A)
    assert profit[bought_once.id] == (50, B)


def values_of(session: Session, measure: Measure) -> dict[int, tuple[Decimal, AbcClass]]:
    rows = session.execute(classes_by(MARCH, measure, DEFAULT, MARCH.last, None))
    return {row.counterparty_id: (row.value, row.abc) for row in rows}


def record(session: Session, of: Counterparty, abc: AbcClass | None, on: date) -> None:
    run = AbcRun(on=on, start=on, end=on, measure=Measure.REVENUE, share_a=70, share_b=20, share_c=10)
    session.add(run)
    session.flush()
    session.add(AbcRecord(run_id=run.id, counterparty_id=of.id, on=on, abc=abc, value=0))
    session.flush()


def classes_on(session: Session, day: date) -> dict[str, tuple[AbcClass | None, int]]:
    """By name: the class on that day, and the arrow."""
    one = Counterparty.id
    rows = session.execute(select(Counterparty.name, abc_on(day, one), abc_change_on(day, one)))
    return {name: (abc, arrow) for name, abc, arrow in rows}


def test_the_class_on_a_day_is_the_latest_record_by_that_day(session: Session) -> None:
    one, never = buyer(session, "Один"), buyer(session, "Никогда")
    record(session, one, B, date(2026, 1, 31))
    record(session, one, C, date(2026, 2, 28))
    record(session, one, A, date(2026, 2, 28))  # the same day again: the later run counts
    record(session, one, None, date(2026, 4, 30))
    assert classes_on(session, date(2026, 12, 31))[never.name] == (None, 0)
    by_day = {day: classes_on(session, day)["Один"] for day in map(date.fromisoformat, (
        "2026-01-30", "2026-01-31", "2026-02-27", "2026-02-28", "2026-04-29", "2026-04-30",
    ))}  # fmt: skip
    assert list(by_day.values()) == [(None, 0), (B, 1), (B, 1), (A, 1), (A, 1), (None, -1)]


def test_a_manager_sees_classes_of_his_own_buyers_only(session: Session) -> None:
    anna = user_named(session, "anna")
    mine, other = buyer(session, "Мой", manager_id=anna.id), buyer(session, "Чужой")
    for one in (mine, other):
        record(session, one, A, date(2026, 1, 31))
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    assert classes_on(session, date(2026, 2, 1)) == {"Мой": (A, 1)}
    assert session.scalars(select(AbcRecord.counterparty_id)).all() == [mine.id]


@pytest.mark.parametrize("measure", Measure)
def test_a_run_by_whole_months_reads_the_kept_sums_and_no_document(session: Session, measure: Measure) -> None:
    """So that its cost grows with buyers and months, not with lines."""
    for query in (
        classes_by(MARCH, measure, DEFAULT, MARCH.last, None),
        stages_by(Parameters(MARCH.last, measure=StageMeasure(measure.value)), MARCH.last, None),
    ):
        read = plan_of(session, query).tables
        assert "buyer_month" in read
        assert not read & {"shipment", "shipment_line", "buyer_order", "buyer_order_line"}
    part = Period(date(2026, 3, 2), date(2026, 3, 31))
    assert "shipment" in plan_of(session, classes_by(part, measure, DEFAULT, part.last, None)).tables
