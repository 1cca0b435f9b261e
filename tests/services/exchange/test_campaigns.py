"""Campaigns by files: one line a source, and what stands with the campaign on any of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.contacts import Campaign, CampaignCost
from app.services.exchange.exporting import PLAIN, csv_blocks
from app.services.exchange.tables import CAMPAIGNS
from tests.services.exchange.conftest import Imports, counts, wrong

FILE = (
    "name;kind;begins;ends;window_days;budget;source;cost;manager",
    "Осень;advertising;01.09.2026;30.11.2026;60;60000;Газета;20000;anna",
    "Осень;advertising;01.09.2026;30.11.2026;60;60000;Журнал;30 000,50;anna",
    "Обзвон;calls;2026-10-01;;30;;;8000;",
)


def told(session: Session) -> list[tuple[str, str | None, Decimal]]:
    rows = session.scalars(select(CampaignCost).join(Campaign).order_by(Campaign.name.desc(), CampaignCost.cost))
    return [(row.campaign.name, row.source and row.source.name, row.cost) for row in rows]


def test_lines_are_sources_and_a_line_without_one_is_the_campaign_itself(imports: Imports, session: Session) -> None:
    report = imports("campaigns", *FILE)
    assert report.wrong == []
    assert told(session) == [
        ("Осень", None, Decimal(0)), ("Осень", "Газета", Decimal(20000)), ("Осень", "Журнал", Decimal("30000.50")),
        ("Обзвон", None, Decimal(8000)),
    ]  # fmt: skip
    autumn = session.scalars(select(Campaign).where(Campaign.name == "Осень")).one()
    assert (autumn.begins, autumn.ends, autumn.window_days) == (date(2026, 9, 1), date(2026, 11, 30), 60)
    assert (autumn.kind, autumn.budget, autumn.manager and autumn.manager.username) == ("advertising", 60000, "anna")
    assert counts(imports("campaigns", *FILE)) == (0, 0, 3)


def test_what_goes_out_comes_in_and_changes_nothing(imports: Imports, session: Session) -> None:
    imports("campaigns", *FILE)
    session.add(Campaign(name="Без затрат"))
    session.flush()
    out = b"".join(block for _count, block in csv_blocks(session, CAMPAIGNS, PLAIN)).decode()
    report = imports("campaigns", *out.splitlines())
    assert counts(report) == (0, 0, 5)
    assert len(out.splitlines()) == 6


def test_another_budget_changes_the_campaign_and_counts_its_lines(imports: Imports, session: Session) -> None:
    imports("campaigns", *FILE)
    changed = imports("campaigns", "name;source;budget", "Осень;Газета;70000")
    assert counts(changed) == (0, 1, 0)
    session.expire_all()
    assert session.scalars(select(Campaign.budget).where(Campaign.name == "Осень")).one() == 70000


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Осень;01.09.2026;01.08.2026;60;1", "ends"),
        ("Осень;01.09.2026;01.10.2026;0;1", "window_days"),
        ("Осень;01.09.2026;01.10.2026;5000;1", "window_days"),
        ("Осень;01.09.2026;01.10.2026;60;-1", "cost"),
        (";01.09.2026;01.10.2026;60;1", "name"),
    ],
)
def test_what_no_campaign_can_be_is_told_at_its_field(imports: Imports, line: str, field: str) -> None:
    report: Any = imports("campaigns", "name;begins;ends;window_days;cost", line)
    assert wrong(report) == [(2, field)]
