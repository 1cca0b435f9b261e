"""XYZ analysis and the ABC/XYZ matrix: what was assigned, as of a day, for the buyers that the reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.periods import Period
from app.domain.stages import Parameters
from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from reports.classification.abc_xyz import AbcXyz
from reports.classification.xyz_buyers import XyzBuyers
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 11, 23)
FEBRUARY, MARCH = date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture(autouse=True)
def request_of_somebody(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def rows(session: Session, report: Any = None, **asked: str) -> list[dict[str, Any]]:
    (table,) = (report or XyzBuyers()).tables(session, {"on": "2026-04-01", **asked}, today=TODAY)
    return [dict(row) for row in table.rows]


@pytest.fixture
def company(session: Session) -> None:
    """Stable, one-time, lost and potential; classified in February and March, three months each."""
    anna = user_named(session, "anna")
    stable, once = buyer(session, "Ровный", manager=anna), buyer(session, "Разовый")
    lost, _silent = buyer(session, "Ушёл"), buyer(session, "Молчит")
    for month in (12, 1, 2, 3):
        shipped(session, stable, 100, date(2025 if month == 12 else 2026, month, 7))
    shipped(session, once, 30, date(2026, 3, 3))
    shipped(session, once, -5, date(2026, 3, 9))
    for _ in range(3):
        shipped(session, lost, 50, date(2025, 12, 25))
    for end in (FEBRUARY, MARCH):
        classify_stages(session, Parameters(end, count=3), today=TODAY)
    classify_abc(session, Period(date(2026, 3, 1), MARCH), today=TODAY)


@pytest.mark.usefixtures("company")
def test_every_buyer_with_his_stage_and_its_numbers(session: Session) -> None:
    found = {row["buyer"]: row for row in rows(session)}
    assert list(found) == ["Ровный", "Разовый", "Молчит", "Ушёл"]
    stable = found["Ровный"]
    assert (stable["stage"], stable["xyz"], stable["purchases"], stable["value"]) == ("regular", "X", 3, 300)
    assert (stable["variation"], stable["change"], stable["old_stage"]) == (0, 0, "regular")
    once = found["Разовый"]
    assert (once["stage"], once["xyz"], once["purchases"], once["value"]) == ("one_time", None, 1, Decimal(25))
    assert (once["change"], once["old_stage"], once["last_on"]) == (1, "potential", date(2026, 3, 3))
    assert (found["Ушёл"]["stage"], found["Ушёл"]["old_stage"], found["Ушёл"]["change"]) == ("lost", "regular", -1)
    assert (found["Молчит"]["stage"], found["Молчит"]["last_on"]) == ("potential", None)


@pytest.mark.usefixtures("company")
def test_the_day_is_asked_for(session: Session) -> None:
    february = {row["buyer"]: row["stage"] for row in rows(session, on="2026-03-30")}
    assert february == {"Ровный": "regular", "Разовый": "potential", "Ушёл": "regular", "Молчит": "potential"}
    assert {row["stage"] for row in rows(session, on="2026-02-27")} == {None}


@pytest.mark.usefixtures("company")
def test_filters(session: Session) -> None:
    def names(**asked: str) -> list[str]:
        return [row["buyer"] for row in rows(session, **asked)]

    assert names(stage="lost") == ["Ушёл"]
    assert names(xyz="X", abc="A") == ["Ровный"]
    assert names(manager="anna") == ["Ровный"]
    assert names(abc="none") == ["Ушёл"]
    with pytest.raises(Refused, match="«gone» неизвестно"):
        names(stage="gone")


@pytest.mark.usefixtures("company")
def test_the_matrix_counts_and_its_cells_lead_to_their_clients(session: Session) -> None:
    found = {row["abc"]: row for row in rows(session, AbcXyz())}
    assert list(found) == ["A", "C", "none"] or list(found) == ["A", "B", "C", "none"]
    assert (found["A"]["x"], found["A"]["buyers"]) == (1, 1)
    assert found["none"]["lost"] == 1
    matrix = AbcXyz()
    shape = matrix.shape(matrix.ask(session, {"on": "2026-04-01"}, today=TODAY))
    for row in found.values():
        for column in shape.columns:
            if column.drill:
                asked = {**column.drill.texts, **{c: row[name] for c, name in column.drill.columns.items()}}
                assert len(rows(session, **asked)) == row[column.name]


@pytest.mark.usefixtures("company")
def test_a_manager_sees_his_own_alone(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    assert [row["buyer"] for row in rows(session)] == ["Ровный"]
    assert [row["buyers"] for row in rows(session, AbcXyz())] == [1]


def test_a_base_without_classifications(session: Session) -> None:
    buyer(session, "Один")
    assert [row["stage"] for row in rows(session)] == [None]
    assert [row["no_stage"] for row in rows(session, AbcXyz())] == [1]
