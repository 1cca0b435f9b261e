"""Signs of deterioration: who is silent, whose class or stage fell and when, whose debt grew."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period, months_from
from app.domain.stages import Parameters, Stage, Standing, XyzClass
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass
from app.models.counterparties import Counterparty
from app.queries.classification.classes import abc_change_on, abc_on
from app.queries.classification.signs import fallen, signs
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.classification.tracks import ABC_TRACK, STAGE_TRACK
from app.queries.sales.settlements import balances, debts, overdue
from app.services.classification.abc import classify_abc
from app.services.classification.holds import hold_class, hold_stage
from app.services.classification.stages import classify_stages
from tests.conftest import user_named
from tests.deals import paid
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 11, 26)
RECENT = Period(TODAY - 89 * DAY, TODAY)


def month(number: int) -> Period:
    return months_from(date(2026, number, 1), 1)


def sales(session: Session, who: Counterparty, by_month: dict[int, int]) -> None:
    for number, amount in by_month.items():
        shipped(session, who, amount, date(2026, number, 5))


def found_in(session: Session, day: date = TODAY, silence: str = "2", days: int = 90) -> dict[int, Any]:
    return {row.counterparty_id: row for row in session.execute(signs(day, Decimal(silence), days))}


def classes(session: Session, recent: Period = RECENT) -> dict[int, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in session.execute(fallen(ABC_TRACK, recent))}


def stages(session: Session, recent: Period = RECENT) -> dict[int, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in session.execute(fallen(STAGE_TRACK, recent))}


@pytest.fixture
def rivals(session: Session) -> tuple[Counterparty, Counterparty]:
    """The first was A until August and is C since September; the other one the other way round."""
    one, other = buyer(session, "Падает"), buyer(session, "Растёт")
    sales(session, one, {7: 900, 8: 900, 9: 5, 10: 5})
    sales(session, other, {7: 5, 8: 5, 9: 900, 10: 900})
    for number in (7, 8, 9, 10):
        classify_abc(session, month(number), today=TODAY)
    return one, other


def test_a_class_fell_on_the_day_that_changed_it_last(session: Session, rivals: Any) -> None:
    one, _other = rivals
    fell = {one.id: (AbcClass.A, AbcClass.C, date(2026, 9, 30))}
    assert classes(session) == fell  # October has changed nothing
    assert classes(session, Period(date(2026, 9, 30), TODAY)) == fell
    assert classes(session, Period(date(2026, 10, 1), TODAY)) == {}
    assert classes(session, Period(date(2026, 8, 1), date(2026, 9, 29))) == {}
    # the arrow of the other reports says so on the day of the change
    assert session.scalar(select(abc_change_on(date(2026, 9, 30), one.id))) == -1
    assert session.scalar(select(abc_on(TODAY, one.id))) == AbcClass.C


def test_who_rose_again_is_no_longer_fallen(session: Session, rivals: Any) -> None:
    one, other = rivals
    sales(session, one, {11: 900})
    classify_abc(session, month(11), today=TODAY)
    assert classes(session) == {other.id: (AbcClass.A, AbcClass.C, TODAY)}


def test_a_run_of_the_same_day_replaces_the_first_one(session: Session, rivals: Any) -> None:
    one, other = rivals
    classify_abc(session, month(8), today=TODAY, on=date(2026, 11, 1))  # by August the first is A again
    classify_abc(session, month(10), today=TODAY, on=date(2026, 11, 1))
    assert classes(session) == {one.id: (AbcClass.A, AbcClass.C, date(2026, 9, 30))}
    assert session.scalar(select(abc_on(TODAY, other.id))) == AbcClass.A


def test_a_class_set_by_hand_counts_while_it_is_held(session: Session, rivals: Any) -> None:
    one, other = rivals
    held: dict[str, Any] = {"reason": "Так надо", "by": user_named(session, "vera")}
    hold_class(session, one, AbcClass.A, until=date(2026, 11, 20), today=date(2026, 11, 2), **held)
    hold_class(session, other, AbcClass.B, until=date(2026, 12, 31), today=date(2026, 11, 3), **held)
    lowered = {other.id: (AbcClass.A, AbcClass.B, date(2026, 11, 3))}
    assert classes(session, Period(date(2026, 9, 1), date(2026, 11, 20))) == lowered
    assert classes(session) == lowered | {one.id: (AbcClass.A, AbcClass.C, date(2026, 9, 30))}


def test_a_class_falls_on_the_day_after_its_hold(session: Session, rivals: Any) -> None:
    _one, other = rivals
    hold_class(
        session,
        other,
        AbcClass.A,
        until=date(2026, 11, 20),
        reason="Так надо",
        by=user_named(session, "vera"),
        today=date(2026, 11, 2),
    )
    classify_abc(session, month(8), today=TODAY, on=date(2026, 11, 10))  # the run says C
    assert other.id not in classes(session, Period(date(2026, 9, 1), date(2026, 11, 20)))
    assert classes(session)[other.id] == (AbcClass.A, AbcClass.C, date(2026, 11, 21))


def test_a_stage_fell_or_its_class(session: Session) -> None:
    lost, uneven, held = buyer(session, "Ушёл"), buyer(session, "Неровный"), buyer(session, "Снижен")
    for one in (lost, uneven, held):
        sales(session, one, dict.fromkeys(range(1, 7), 100))
    classify_stages(session, Parameters(date(2026, 6, 30)), today=TODAY)
    sales(session, uneven, {9: 300})
    sales(session, held, dict.fromkeys(range(7, 11), 100))
    classify_stages(session, Parameters(date(2026, 10, 31), count=4), today=TODAY)
    vera = user_named(session, "vera")
    hold_stage(session, held, Standing(Stage.ONE_TIME), until=TODAY, reason="Так надо", by=vera, today=TODAY)
    october = date(2026, 10, 31)
    assert stages(session) == {
        lost.id: (Stage.REGULAR, XyzClass.X, Stage.LOST, None, october),
        uneven.id: (Stage.REGULAR, XyzClass.X, Stage.REGULAR, XyzClass.Z, october),
        held.id: (Stage.REGULAR, XyzClass.X, Stage.ONE_TIME, None, TODAY),
    }
    for number, moved in stages(session).items():
        now = session.execute(select(stage_on(TODAY, number), xyz_on(TODAY, number))).one()
        assert tuple(now) == moved[2:4]
    assert stages(session, Period(date(2026, 1, 1), date(2026, 6, 30))) == {}


def test_silence_is_counted_in_rhythms(session: Session) -> None:
    one = buyer(session, "Молчит")
    for days in (150, 120, 90, 60):
        shipped(session, one, 100, TODAY - timedelta(days=days))
    paid(session, one, 400, on=TODAY - timedelta(days=60))
    assert found_in(session) == {}  # 60 days are twice 30, not longer
    row = found_in(session, TODAY + DAY)[one.id]
    assert (row.is_silent, row.has_fallen, row.owes_more) == (1, 0, 0)
    assert (row.usual, row.expected, row.debt) == (30, TODAY - 30 * DAY, 0)
    assert set(found_in(session, silence="1.9")) == {one.id}


def test_a_debt_grew_beyond_that_of_the_day_before(session: Session) -> None:
    more, less, advance, paid_up = (buyer(session, name, allowed_days=10) for name in "абвг")
    early, late = TODAY - timedelta(days=91), TODAY - timedelta(days=5)
    for one in (more, less):
        shipped(session, one, 300, early)
    shipped(session, more, 150, late)
    shipped(session, more, -30, late)
    shipped(session, less, 100, late)
    paid(session, less, 100, on=late)
    paid(session, advance, 500, on=early)
    shipped(session, advance, 520, late)
    shipped(session, paid_up, 70, late)
    paid(session, paid_up, 70, on=TODAY)
    found = found_in(session)
    assert {number: (row.debt, row.grew_by, row.overdue) for number, row in found.items()} == {
        more.id: (420, 120, 270),
        advance.id: (20, 20, 0),
    }
    # the figures are those of settlements
    for number, row in found.items():
        assert session.execute(balances([number], TODAY)).one().debt == row.debt
        assert session.execute(overdue(TODAY, [number])).one().overdue == row.overdue
    assert set(found_in(session, days=4)) == set()
    known = {row.counterparty_id: row for row in session.execute(debts(TODAY, early))}
    assert (known[less.id].debt, known[less.id].grew_by) == (300, None)


def test_a_manager_has_signs_of_his_own_buyers_alone(session: Session, rivals: Any) -> None:
    one, other = rivals
    anna = user_named(session, "anna")
    for who in (one, other):
        shipped(session, who, 100, TODAY)
    other.manager = anna
    session.flush()
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    found = found_in(session)
    assert set(found) == {other.id}
    assert found[other.id].debt == 1910
    assert classes(session) == {}
