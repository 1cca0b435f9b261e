"""The form of a campaign with its sources and costs, and what a contact is offered."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.contacts import Campaign
from app.models.counterparties import InformationSource
from tests.clients import Clients
from tests.factories import added

Login = Callable[..., FlaskClient]
TYPED = {"name": "Осень", "kind": "advertising", "begins": "2026-09-01", "ends": "2026-11-30", "window_days": "60"}


@pytest.fixture
def paper(session: Session) -> InformationSource:
    paper = added(session, InformationSource(name="Газета для теста", valid_days=30))
    session.commit()
    return paper


def rows(*cells: tuple[Any, str]) -> dict[str, Any]:
    return {
        f"costs-{n}-{name}": value
        for n, row in enumerate(cells)
        for name, value in zip(("kind", "cost"), row, strict=True)
    }


def kept(session: Session) -> dict[str | None, Decimal]:
    session.expire_all()
    campaign = session.scalars(select(Campaign).where(Campaign.name == "Осень")).one()
    return {row.source and row.source.name: row.cost for row in campaign.costs}


def test_sources_and_costs_are_kept_with_the_campaign(login: Login, session: Session, paper: InformationSource) -> None:
    client = login("maria")
    answer = client.post("/campaigns/add", data={**TYPED, **rows((paper.id, "20 000,50"), ("", "8000"))})
    assert kept(session) == {None: Decimal(8000), paper.name: Decimal("20000.50")}
    card = client.get(answer.location).text
    assert "Газета для теста" in card
    assert "28\xa0000,50" in card
    number = session.scalars(select(Campaign.id).where(Campaign.name == "Осень")).one()
    assert 'value="20000,50"' in client.get(f"/campaigns/edit/{number}").text
    client.post(f"/campaigns/edit/{number}", data={**TYPED, **rows(("", "9000"))})
    assert kept(session) == {None: Decimal(9000)}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"ends": "2026-08-01"}, "Окончание раньше начала."),
        ({"window_days": "0"}, "От 1 до 3650 дней."),
        ({"budget": "-1"}, "Не меньше нуля."),
        (rows(("", "сто")), "Это не сумма."),
        (rows(("999999", "1")), "Выберите из списка."),
        (rows(("", "1"), ("", "2")), "Такая строка уже есть."),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_kept(
    login: Login, session: Session, more: dict[str, Any], sentence: str
) -> None:
    page = login("maria").post("/campaigns/add", data=TYPED | more)
    assert page.text.count(">Источники и затраты<") == 1  # the heading is the label of its rows
    assert (page.status_code, sentence in page.text) == (200, True), page.text[:200]
    assert session.scalars(select(Campaign).where(Campaign.name == "Осень")).all() == []


def test_the_form_of_a_contact_asks_for_the_source_of_whoever_comes(login: Login, session: Session) -> None:
    client = Clients(session).company("Ромашка")
    session.commit()
    asked = {"counterparty": client.id, "direction": "in", "starts_at": "2026-11-24T23:30"}
    found = login("anna").get("/contacts/remarks", query_string=asked).json
    assert [each["field"] for each in found["remarks"]] == ["source"]
    asked["direction"] = "out"
    assert login("anna").get("/contacts/remarks", query_string=asked).json == {"remarks": []}
