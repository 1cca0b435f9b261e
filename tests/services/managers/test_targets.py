"""Plans: what is to be reached by now goes by working days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from app.domain.periods import Period, parse_period
from app.models.targets import Target
from app.models.work_plan import WorkdayException
from app.services.managers.targets import plans
from tests.conftest import user_named
from tests.factories import added

NOVEMBER = date(2026, 11, 1)


def test_of_a_running_month_the_working_days_that_have_passed_count(session: Session) -> None:
    anna = user_named(session, "anna").id
    for month, value in ((10, 1000), (11, 2000)):
        added(session, Target(manager_id=anna, month=date(2026, month, 1), indicator="revenue", value=value))
    today = date(2026, 11, 13)  # 9 working days of 20: the 4th is a holiday
    whole, by_now = plans(session, parse_period("2026-11", today), today)
    assert (whole[anna]["revenue"], by_now[anna]["revenue"]) == (2000, 900)
    whole, by_now = plans(session, Period(date(2026, 10, 1), date(2026, 11, 30)), today)
    assert (whole[anna]["revenue"], by_now[anna]["revenue"]) == (3000, 1900)
    added(session, WorkdayException(day=date(2026, 11, 16), works=False))
    assert round(plans(session, parse_period("2026-11", today), today)[1][anna]["revenue"], 2) == Decimal("947.37")


def test_a_percent_is_planned_as_it_is(session: Session) -> None:
    anna = user_named(session, "anna").id
    added(session, Target(manager_id=anna, month=NOVEMBER, indicator="retention", value=3))
    added(session, Target(manager_id=anna, month=NOVEMBER, indicator="no longer there", value=3))
    _whole, by_now = plans(session, parse_period("2026", date(2026, 11, 13)), date(2026, 11, 13))
    assert by_now[anna] == {"retention": 3}
