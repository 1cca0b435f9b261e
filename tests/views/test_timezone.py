"""Times are shown and typed in the user's own zone; without one in the company's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.contacts import Contact
from tests.clients import Clients

Login = Callable[..., FlaskClient]


def test_times_follow_the_zone_of_the_reader(login: Login, session: Session) -> None:
    company = Clients(session).company("Ромашка")
    session.commit()
    client = login("anna")
    assert client.post("/profile/timezone", data={"timezone": "Asia/Vladivostok"}).status_code == 302
    assert "<option selected>Asia/Vladivostok</option>" in client.get("/profile/").text
    data = {"counterparty": company.id, "starts_at": "2026-11-24T10:00", "ends_at": "2026-11-24T10:30"}
    card = client.post("/contacts/add", data=data).location
    contact = session.scalars(select(Contact)).one()
    assert contact.starts_at == datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert "24.11.2026 10:00" in client.get(card).text
    assert "24.11.2026 03:00" in login("vera").get(card).text
    client.post("/profile/timezone", data={"timezone": ""})
    assert "24.11.2026 03:00" in client.get(card).text


def test_a_zone_that_there_is_not_is_refused(login: Login) -> None:
    assert login("anna").post("/profile/timezone", data={"timezone": "Moon/Crater"}).status_code == 400
