"""Marks that clients give: typed, refused, and seen by whoever sees the client."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.satisfaction import SatisfactionMark
from tests.conftest import user_named
from tests.factories import buyer

Login = Callable[..., FlaskClient]


def test_a_mark_is_noted_from_the_card_and_seen_with_the_client_alone(login: Login, session: Session) -> None:
    anna = user_named(session, "anna")
    client = buyer(session, "Роза", manager=anna)
    hers = login("anna")
    assert f"/satisfaction/add?_flt_0_counterparty={client.id}" in hers.get(f"/counterparties/show/{client.id}").text
    form = {"counterparty": client.id, "on": "2026-05-10", "mark": "9", "comment": "Доволен сроками"}
    refused = hers.post("/satisfaction/add", data=form)
    assert "Оценка — от 1 до 5." in refused.text
    assert "Доволен сроками" in refused.text
    hers.post("/satisfaction/add", data={**form, "mark": "4"})
    mark = session.scalars(select(SatisfactionMark)).one()
    assert (mark.mark, mark.by_id) == (4, anna.id)
    assert "Доволен сроками" in hers.get("/satisfaction/list/").text
    his = login("boris")
    assert "Доволен сроками" not in his.get("/satisfaction/list/").text
    assert his.get(f"/satisfaction/show/{mark.id}").status_code in {302, 404}
