"""When a client is to be asked how he learned about us, and which campaign his source speaks of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Direction
from app.models.contacts import Campaign, CampaignCost
from app.models.counterparties import Counterparty, InformationSource
from app.models.histories import SourceRecord
from app.services.contacts.sources import campaign_of, offers, remarks
from tests.clients import NOON, Clients

DAY = NOON.date()
IN = {"direction": Direction.IN, "state": ContactState.DONE}


@pytest.fixture
def clients(app: Flask, session: Session) -> Any:
    with app.test_request_context():
        yield Clients(session)


@pytest.fixture
def paper(clients: Clients) -> InformationSource:
    return clients.add(InformationSource(name="Газета для теста", valid_days=30))


def told(session: Session, client: Counterparty, day: date, source: InformationSource | None = None) -> list[str]:
    return [each.text for each in remarks(session, client.id, day, own=None, source_id=source and source.id)]


def test_the_first_contact_asks_and_a_repeated_one_asks_again(session: Session, clients: Clients) -> None:
    client = clients.company("Уют")
    clients.contact(clients.company("Другой"), "Цены", **IN)
    clients.contact(client, "Цены", state=ContactState.DONE)
    assert told(session, client, DAY) == ["Первое обращение: спросите, откуда о нас узнали."]
    clients.contact(client, "Цены", **IN)
    assert told(session, client, DAY) == ["Повторное обращение, а источник не указан: спросите, откуда о нас узнали."]


def test_a_source_counts_until_the_midnight_of_its_last_day(
    session: Session, clients: Clients, paper: InformationSource
) -> None:
    client = clients.company("Уют")
    clients.contact(client, "Цены", source=paper, **IN)
    friend, other = clients.add(InformationSource(name="Совет для теста")), clients.company("Другой")
    for whose, on in ((other, DAY + timedelta(1)), (client, DAY + timedelta(60))):
        clients.add(SourceRecord(counterparty=whose, on=on, source=friend))
    assert told(session, client, DAY) == []
    assert told(session, client, DAY + timedelta(29)) == []
    (expired,) = told(session, client, DAY + timedelta(30))
    assert expired == "Источник «Газета для теста» от 20.11.2026 истек 20.12.2026: спросите, откуда о нас узнали."
    assert told(session, client, DAY + timedelta(30), paper) == []
    (counts,) = told(session, client, DAY + timedelta(29), paper)
    assert "еще действует, до 20.12.2026" in counts


def test_a_source_of_no_days_expires_at_once(session: Session, clients: Clients) -> None:
    client = clients.company("Уют")
    friend = clients.add(InformationSource(name="Совет для теста"))
    clients.add(SourceRecord(counterparty=client, on=DAY, source=friend))
    assert "истек 20.11.2026" in told(session, client, DAY)[0]


def test_a_supplier_and_a_client_of_another_are_not_spoken_of(session: Session, clients: Clients) -> None:
    assert told(session, clients.company("Завод", is_buyer=False), DAY) == []
    assert remarks(session, 999_999_999, DAY, own=None, source_id=None) == []


def test_the_campaign_of_a_source_is_offered_by_the_day(
    session: Session, clients: Clients, paper: InformationSource
) -> None:
    autumn = Campaign(name="Осень", begins=DAY, ends=DAY + timedelta(9))
    clients.add(autumn)
    clients.add(CampaignCost(campaign=autumn, source=paper, cost=100))
    (offer,) = offers(session, paper.id, DAY, None)
    assert (offer.field, offer.row) == ("campaign", (Campaign, autumn.id))
    assert offers(session, paper.id, DAY, autumn.id) == []
    assert campaign_of(session, paper.id, DAY + timedelta(9)) == autumn
    assert campaign_of(session, paper.id, DAY + timedelta(10)) is None
    assert campaign_of(session, None, DAY) is None
