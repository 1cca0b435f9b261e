"""Two clients of a list become one in four clicks, and one more gives both back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, func, select

from app.extensions import db
from app.models.counterparties import Counterparty

Visit = Callable[..., Page]
NAME = "Двойняшкин и Ко"


@pytest.fixture
def twins(served: tuple[Flask, str]) -> Iterator[Flask]:
    """Two clients of one name; afterwards the base is as it was."""
    app = served[0]
    with app.app_context():
        db.session.add_all(Counterparty(code=f"ДБ-{n}", name=NAME, comment=f"из книги {n}") for n in (1, 2))
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.execute(delete(Counterparty).where(Counterparty.name == NAME))
        db.session.commit()
        db.session.remove()


def many(app: Flask) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(Counterparty).where(Counterparty.name == NAME))
        db.session.remove()
    return found or 0


def test_two_rows_of_a_list_are_merged_in_four_clicks_and_undone_in_one(visit: Visit, twins: Flask) -> None:
    page = visit("admin", f"/counterparties/list/?_flt_0_words={NAME.split()[0]}")
    ticks = page.locator("tbody .tick input")
    expect(ticks).to_have_count(2)
    ticks.nth(0).click()
    ticks.nth(1).click()
    page.get_by_role("button", name="Объединить").click()
    page.get_by_role("button", name="Объединить").click()
    expect(page.get_by_role("heading", name=NAME).first).to_be_visible()
    expect(page.get_by_text(f"Объединено: «{NAME}»")).to_be_visible()
    assert many(twins) == 1
    page.locator("[data-undo]").click()
    expect(page.get_by_text(f"Объединено: «{NAME}»")).to_have_count(0)
    page.goto(page.url.split("/counterparties")[0] + f"/counterparties/list/?_flt_0_words={NAME.split()[0]}")
    expect(page.locator("tbody .tick input")).to_have_count(2)
    assert many(twins) == 2
