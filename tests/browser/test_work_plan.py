"""From a number of the matrix to planned contacts, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app.domain.words import ContactState
from app.extensions import db
from app.models.classes import AbcRecord, StageRecord
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.work_plan import WorkPlan
from tests.browser.conftest import PHONE
from tests.cells import client, talked
from tests.conftest import user_named

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]
PLANNED = select(Contact).where(Contact.work_plan_id.is_not(None))


@pytest.fixture(autouse=True)
def cell(served: tuple[Flask, str]) -> Iterator[None]:
    """Five clients of Anna are regular, valuable and stable; one of them has a contact planned."""
    with served[0].app_context():
        session = db.session()
        anna = user_named(session, "anna")
        clients = [client(session, f"Василёк {n}", value=n, manager=anna) for n in range(5)]
        talked(session, clients[0], date(2026, 1, 1), ContactState.PLANNED)
        session.commit()
        db.session.remove()
    yield
    with served[0].app_context():
        mine = select(Counterparty.id).where(Counterparty.name.startswith("Василёк"))
        for model in (Contact, AbcRecord, StageRecord):
            db.session.execute(delete(model).where(model.counterparty_id.in_(mine)))
        db.session.execute(delete(WorkPlan))
        db.session.execute(delete(Counterparty).where(Counterparty.id.in_(mine)))
        db.session.commit()
        db.session.remove()


def test_contacts_of_a_cell_are_planned_once_and_taken_back(visit: Visit, rows: Rows) -> None:
    page = visit("anna", "/reports/abc-xyz/")
    page.locator("tbody tr", has_text="Класс A").get_by_role("link", name="5").first.click()
    expect(page.locator("h1")).to_have_text("XYZ-анализ покупателей")
    page.get_by_role("link", name="Запланировать контакты").click()
    expect(page.locator("h1")).to_have_text("План контактов: Класс A, Постоянный клиент (X)")
    expect(page.locator(".tile b")).to_have_text(["4", "1", "0", "0"])
    expect(page.locator(".grid tbody tr")).to_have_count(4)
    assert rows(PLANNED) == []
    page.get_by_role("button", name="Запланировать 4 контакта").click()
    told = page.locator(".alert-success")
    expect(told).to_contain_text("Запланированы 4 контакта.")
    expect(page.locator(".tile b")).to_have_text(["0", "5", "0", "0"])
    expect(page.get_by_role("button", name="Запланировать")).to_have_count(0)
    assert len(rows(PLANNED)) == 4
    told.get_by_role("button", name="Отменить").click()
    expect(page.locator(".alert-success")).to_contain_text("Удалены 4 контакта.")
    expect(page.locator(".grid tbody tr")).to_have_count(1)
    assert rows(PLANNED) == []


def test_choices_change_the_plan_alone_and_a_wrong_one_is_told_beside_it(visit: Visit, complaints: list[str]) -> None:
    page = visit("anna", "/work-plan/?abc=A&stage=regular&xyz=X")
    page.evaluate("window.same = true")
    page.get_by_label("В день, не больше").fill("1")
    page.get_by_role("button", name="Показать").click()
    expect(page.locator(".grid tbody tr td[data-label='Время']")).to_have_text(["09:00"] * 4)
    first = page.get_by_label("Первый день")
    first.evaluate("input => input.removeAttribute('min')")
    first.fill("2020-01-01")
    page.get_by_role("button", name="Показать").click()
    expect(page.locator("#first-error")).to_be_visible()
    expect(first).to_have_value("2020-01-01")
    expect(page.get_by_label("В день, не больше")).to_have_value("1")
    assert page.evaluate("window.same")
    complaints.clear()  # the browser tells of every answer with 400


def test_the_plan_fits_a_phone(visit: Visit) -> None:
    page = visit("anna", "/work-plan/?abc=A&stage=regular&xyz=X", size=PHONE)
    expect(page.locator(".load tbody tr")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
