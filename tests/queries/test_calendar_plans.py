"""Plans of the calendar that are kept are good for every user: what they were made for is not seen in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Select

from app.domain.calendar import EventKind, Window
from app.domain.periods import DAY, Period
from app.domain.words import Importance
from app.extensions import db
from app.queries.calendar import EventChoice, counts, days_of, opening
from tests.plans import generic_plan

TODAY, ZONE = date(2026, 11, 30), ZoneInfo("Europe/Moscow")
OPEN = {
    "ix_contact_planned",
    "ix_task_open",
    "ix_buyer_order_to_ship",
    "ix_buyer_order_to_pay",
    "ix_buyer_order_owed",
    "ix_supplier_order_awaited",
    "ix_supplier_order_to_pay",
}


def asked_of(choice: EventChoice) -> dict[str, tuple[EventChoice, Window]]:
    return {"overdue": (choice, Window.before(TODAY)), "today": (choice, Window(TODAY, TODAY))}


def first_page(choice: EventChoice) -> Select:
    asked = tuple(asked_of(choice).items())
    return opening(choice, Window.before(TODAY), Window.ahead(TODAY), ZONE, asked, late=7, size=51)


def numbers(choice: EventChoice) -> Select:
    return counts(asked_of(choice), ZONE)


def month(choice: EventChoice) -> Select:
    return days_of(choice, Period(TODAY, TODAY + 41 * DAY), ZONE, top=4)


@pytest.mark.parametrize("asked", [first_page, numbers, month])
@pytest.mark.parametrize("owners", [(7,), None])
def test_what_is_open_is_read_by_its_index(
    committed: Flask, asked: Callable[[EventChoice], Select], owners: tuple[int, ...] | None
) -> None:
    """On a base of its own: what PostgreSQL knows of its tables does not depend on the tests before."""
    choice = EventChoice(frozenset(EventKind), owners)
    query = asked(choice)
    assert "keeps_plan" in query.get_execution_options()
    with committed.app_context():
        plan = generic_plan(db.session(), query)
    # Which of the two is chosen depends on how many rows there are; either needs to be told what open means.
    assert all(plan.indexes & {name, f"{name}_all"} for name in OPEN)


@pytest.mark.parametrize(
    "choice",
    [
        EventChoice(frozenset(EventKind), (7,), importance=Importance.HIGH),
        EventChoice(frozenset(EventKind), (7,), counterparty_id=3),
        EventChoice(frozenset(EventKind), (7,), number="17"),
        EventChoice(frozenset(EventKind), (7, 8)),
    ],
)
def test_what_else_is_asked_is_planned_with_its_values(choice: EventChoice) -> None:
    for asked in (first_page, numbers, month):
        assert "keeps_plan" not in asked(choice).get_execution_options()
