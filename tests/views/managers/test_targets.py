"""The table of plans: only what was changed is written, nothing typed is lost, a manager sees his own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.targets import Target
from tests.conftest import user_named
from tests.factories import added, buyer

ADDRESS = "/targets/?indicator=revenue&year=2026"


def kept(session: Session) -> dict[tuple[str, date], str]:
    session.expire_all()
    return {(row.manager.username, row.month): f"{row.value:f}" for row in session.scalars(select(Target))}


def test_only_cells_that_were_changed_are_written(session: Session, login: Callable[..., FlaskClient]) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    for manager in (anna, boris):
        buyer(session, manager=manager)
    for month in (1, 2):
        added(session, Target(manager_id=anna.id, month=date(2026, month, 1), indicator="revenue", value=100))
    vera = login("vera")
    page = vera.get(ADDRESS).text
    assert f'name="plan-{anna.id}-1" value="100"' in page
    sent = {
        **{f"plan-{anna.id}-1": "1 500,5", f"was-plan-{anna.id}-1": "100"},
        **{f"plan-{anna.id}-2": "", f"was-plan-{anna.id}-2": "100"},
        **{f"plan-{boris.id}-3": "7", f"was-plan-{boris.id}-3": ""},
        **{f"plan-{boris.id}-4": "8", f"was-plan-{boris.id}-4": "8"},
    }
    assert vera.post(ADDRESS, data=sent).status_code == 302
    assert kept(session) == {("anna", date(2026, 1, 1)): "1500.50", ("boris", date(2026, 3, 1)): "7.00"}


def test_what_is_no_number_comes_back_as_it_was_typed(session: Session, login: Callable[..., FlaskClient]) -> None:
    anna = user_named(session, "anna")
    buyer(session, manager=anna)
    sent = {f"plan-{anna.id}-1": "сто", f"plan-{anna.id}-2": "200"}
    answer = login("vera").post(ADDRESS, data=sent)
    assert answer.status_code == 400
    assert 'value="сто"' in answer.text
    assert 'value="200"' in answer.text
    assert "aria-invalid" in answer.text
    assert kept(session) == {}


def test_a_manager_sees_his_own_plan_and_changes_none(session: Session, login: Callable[..., FlaskClient]) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    for manager in (anna, boris):
        buyer(session, manager=manager)
        added(
            session, Target(manager_id=manager.id, month=date(2026, 1, 1), indicator="revenue", value=manager.id + 5000)
        )
    page = login("anna").get(ADDRESS).text
    assert "Петрова" in page
    assert "Ёлкин" not in page
    assert "<input" not in page.split('class="card sheet plans"')[1].split("</table>")[0]
    login("anna").post(ADDRESS, data={f"plan-{anna.id}-1": "1"})
    assert kept(session)["anna", date(2026, 1, 1)] == f"{anna.id + 5000}.00"
    assert login("maria").get(ADDRESS).status_code in {302, 403}
