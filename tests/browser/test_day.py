"""What a day's tasks cost: presses counted one by one, texts typed besides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import delete, func, select, update

from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.users import User
from tests.browser.conftest import picker

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]


class Hand:
    """Presses what it is told to, and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def click(self, place: Locator, **how: Any) -> None:
        self.presses += 1
        place.click(**how)

    def key(self, name: str) -> None:
        self.presses += 1
        self.page.keyboard.press(name)

    def choose(self, place: Locator, words: str) -> None:
        """A picker: typed into, and its first answer taken."""
        self.presses += 1
        place.fill(words)
        self.page.locator("[role=option]").filter(has_text=words).first.click()


@pytest.fixture
def as_before(served: tuple[Flask, str]) -> Iterator[None]:
    """The clients of the test go; those it changed are Anna's again."""
    yield
    with served[0].app_context():
        anna = db.session.scalars(select(User.id).where(User.username == "anna")).one()
        made = select(Counterparty.id).where(Counterparty.name == "Дневной").scalar_subquery()
        for model in (ContactInfo, Contact, ContactPerson):
            db.session.execute(delete(model).where(model.counterparty_id == made))
        db.session.execute(delete(Counterparty).where(Counterparty.name == "Дневной"))
        db.session.execute(update(Counterparty).where(Counterparty.code.like("B0%")).values(manager_id=anna))
        db.session.commit()
        db.session.remove()


@pytest.mark.usefixtures("as_before")
def test_a_client_with_a_person_and_two_phones_is_one_form(visit: Visit, rows: Rows) -> None:
    page = visit("anna", "/counterparties/list/")
    hand = Hand(page)
    hand.key("n")
    page.wait_for_url("**/counterparties/add")
    page.get_by_label("Наименование").first.fill("Дневной")
    page.locator("[name=people-0-last_name]").fill("Иванова")
    page.locator("[name=people-0-phones]").fill("8 846 015-20-61, 8 912 345-67-81")
    hand.key("Control+Enter")
    expect(page.locator("h1")).to_have_text("Дневной")
    (client,) = rows(select(Counterparty.id).where(Counterparty.name == "Дневной"))
    assert len(rows(select(ContactPerson.id).where(ContactPerson.counterparty_id == client))) == 1
    kept = rows(select(ContactInfo.phone).where(ContactInfo.counterparty_id == client))
    assert sorted(kept) == ["+78460152061", "+79123456781"]
    assert hand.presses == 2


@pytest.mark.usefixtures("as_before")
def test_twenty_clients_get_a_manager_in_six_presses_and_lose_him_in_one(visit: Visit, rows: Rows) -> None:
    page = visit("admin", "/counterparties/list/?_col_CounterpartyView=name,manager")
    hand, ticks = Hand(page), page.locator("tbody .tick input")
    vera = rows(select(User).where(User.username == "vera"))[0]
    his = select(func.count(Counterparty.id)).where(Counterparty.manager_id == vera.id)
    before = rows(his)[0]
    hand.click(ticks.nth(0))
    hand.click(ticks.nth(19), modifiers=["Shift"])
    expect(page.locator(".picked b")).to_have_text("20")
    hand.click(page.get_by_role("button", name="Изменить…"))
    hand.choose(picker(page, "станет"), "Вера")
    hand.click(page.get_by_role("button", name="Посчитать"))
    hand.click(page.get_by_role("button", name=re.compile(r"Изменить \d+")))
    undo = page.locator("[data-undo]")
    expect(undo).to_be_visible()
    assert rows(his)[0] >= before + 19
    assert hand.presses <= 6
    hand.click(undo)
    expect(page.get_by_text("Отменено.")).to_be_visible()
    assert rows(his)[0] == before
    assert hand.presses <= 7
