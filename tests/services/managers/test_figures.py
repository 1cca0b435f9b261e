"""What managers did over two months, to the last digit; a client goes from one to another in the middle."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.domain.periods import Period, parse_period
from app.queries.managers.indicators import BY_NAME, INDICATORS
from app.services.managers.figures import FigureHolder, ManagerFigures, figures, scope_of, sums_of
from tests.managers_world import TODAY, Company, company

pytestmark = pytest.mark.slow

WHO = ("anna", "boris", "gleb")
SEPTEMBER = """
    revenue 150 80 40 270
    revenue_pct 55.5556 29.6296 14.8148
    profit 42 20 40 102
    payments 120 80 45 245
    contacts 2 2 0 4
    minutes 90 35 0 125
    stage_up 0 1 1 2
    stage_down 1 0 0 1
    stage_change -1 1 1 1
    stage_change_pct -33.3333 50 50
    retention 0 0 0 0
    orders_done 1 1 0 2
    orders_done_pct 33.3333 50 0
    completeness 41.6667 62.5 25 43.0556"""
OCTOBER = """
    revenue 80 92 90 262
    revenue_pct 30.5344 35.1145 34.3511
    profit 25 25.5 10 60.5
    payments 80 60 90 230
    contacts 1 2 2 5
    minutes 45 80 60 185
    stage_up 1 1 1 3
    stage_down 0 2 0 2
    stage_change 1 -1 1 1
    stage_change_pct 33.3333 -33.3333 50
    retention 0 33.3333 0 11.1111
    orders_done 1 1 1 3
    orders_done_pct 50 33.3333 50
    completeness 50 66.6667 37.5 51.3889"""


def rounded(figure: Decimal | None) -> Decimal | None:
    return None if figure is None else round(figure, 4)


def told(made: ManagerFigures, people: Company) -> dict[str, list[Decimal | None]]:
    """Of each manager and of all, by the names of columns."""
    found = {}
    numbers = [people.people[name].id for name in WHO]
    for one in INDICATORS:
        found[one.name] = [rounded(made.value(one, n)) for n in numbers] + [rounded(made.total(one))]
        if one.percent_name:
            percents = [rounded(made.percent(one, n)) for n in numbers]
            found[one.percent_name] = percents
    return found


@pytest.mark.parametrize(("month", "golden"), [("2026-09", SEPTEMBER), ("2026-10", OCTOBER)])
def test_the_table_of_a_month_is_that_of_the_definition(session: Session, month: str, golden: str) -> None:
    people = company(session)
    scope = scope_of(session, parse_period(month, TODAY), TODAY)
    found = told(figures(session, scope, INDICATORS), people)
    for name, *numbers in (line.split() for line in golden.strip().splitlines()):
        assert (name, found[name]) == (name, [Decimal(number) for number in numbers])


def test_the_company_has_percents_of_its_own(session: Session) -> None:
    """A client who changed hands counts once."""
    company(session)
    made = [
        figures(session, scope_of(session, parse_period(m, TODAY), TODAY), INDICATORS) for m in ("2026-09", "2026-10")
    ]
    own = {name: [rounded(BY_NAME[name].formula.of(each.company)) for each in made] for name in BY_NAME}
    assert own["completeness"] == [Decimal("42.8571"), Decimal("53.5714")]
    assert own["retention"] == [0, Decimal("14.2857")]
    assert own["revenue"] == [270, 262]
    assert made[0].nobody["revenue"] == 5
    assert (made[0].nobody["contacts"], made[0].nobody["minutes"]) == (1, 10)


def test_the_whole_company_has_the_clients_of_nobody_too(session: Session) -> None:
    company(session)
    scope = scope_of(session, parse_period("2026-09", TODAY), TODAY)
    assert sums_of(session, scope, FigureHolder(), [BY_NAME["revenue"]])["revenue"] == 275


def test_who_was_not_counted_at_a_month_s_end_is_compared_with_nothing(session: Session) -> None:
    people = company(session)
    anna = people.people["anna"].id
    completeness = BY_NAME["completeness"]
    august = figures(session, scope_of(session, parse_period("2026-08", TODAY), TODAY, earlier=True), [completeness])
    assert august.value(completeness, anna) is None
    part = Period(parse_period("2026-10", TODAY).first, TODAY.replace(month=10))
    begun = figures(session, scope_of(session, part, TODAY, earlier=True), [completeness])
    assert rounded(begun.value(completeness, anna)) == Decimal("41.6667")


def test_indicators_of_all_managers_are_one_statement_and_a_few_small_ones(session: Session, sql: list[str]) -> None:
    company(session)
    sql.clear()
    figures(session, scope_of(session, parse_period("2026", TODAY), TODAY), INDICATORS)
    assert len(sql) <= 5
