"""One way to call a user."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.users import User, full_name
from app.queries.sql import user_name
from tests.conftest import user_named


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Анна", "Петрова", "Анна Петрова"), ("Снабжение", "", "Снабжение"), ("", "Петрова", "Петрова")],
)
def test_a_user_is_called_the_same_on_both_sides(session: Session, first: str, last: str, name: str) -> None:
    anna = user_named(session, "anna")
    anna.first_name, anna.last_name = first, last
    session.flush()
    in_sql = session.scalar(select(user_name(User)).where(User.id == anna.id))
    assert str(anna) == anna.get_full_name() == full_name(anna) == in_sql == name
