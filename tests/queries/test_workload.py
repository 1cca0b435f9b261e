"""What a day has planned is asked by a plan that is kept, for each contact that is saved asks it."""

from __future__ import annotations

from flask import Flask

from app.extensions import db
from app.queries import workload
from tests.plans import generic_plan


def test_the_minutes_of_a_day_are_asked_of_the_indexes_of_what_is_open(committed: Flask) -> None:
    """A plan that is kept sees no values: what planned means has to stand in the statement."""
    asked = workload._of_one_day()
    assert "keeps_plan" in asked.get_execution_options()
    with committed.app_context():
        plan = generic_plan(db.session(), asked)
    # Which of the two is chosen depends on how many rows there are; either needs to be told what planned means.
    assert plan.indexes & {"ix_contact_planned", "ix_contact_planned_all"}
    assert plan.indexes & {"ix_task_open", "ix_task_open_all"}
