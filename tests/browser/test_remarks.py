"""While a counterparty is typed, the form says whom it resembles; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from app.extensions import db
from app.models.counterparties import Counterparty

Visit = Callable[..., Page]
INN, KPP = "7736050003", "773601001"


@pytest.fixture
def twin(served: tuple[Flask, str]) -> Iterator[int]:
    """A client with an INN; afterwards the base is as it was."""
    with served[0].app_context():
        company = Counterparty(code="ДВ-1", name="Контур АО", inn=INN, kpp=KPP, is_supplier=True)
        db.session.add(company)
        db.session.commit()
        number = company.id
        db.session.remove()
    yield number
    with served[0].app_context():
        db.session.execute(delete(Counterparty).where(Counterparty.inn == INN))
        db.session.commit()
        db.session.remove()


def test_a_known_inn_is_told_on_leaving_it_and_asked_about_on_saving(visit: Visit, twin: int) -> None:
    page = visit("admin", "/counterparties/add")
    page.get_by_label("Наименование", exact=False).first.fill("Контур-Сервис")
    page.get_by_label("ИНН").fill(INN)
    page.keyboard.press("Tab")
    told = page.locator(".remark")
    expect(told).to_contain_text("Такой ИНН уже есть: Контур АО")
    expect(told.get_by_role("link", name="открыть")).to_have_attribute("href", f"/counterparties/show/{twin}")
    page.get_by_label("ИНН").fill("")
    page.keyboard.press("Tab")
    expect(told).to_have_count(0)
    page.get_by_label("ИНН").fill(INN)
    page.get_by_label("КПП").fill(KPP)
    page.get_by_role("button", name="Сохранить").click()
    reason = page.get_by_label("Почему это другой контрагент")
    expect(reason).to_be_visible()
    expect(page.get_by_label("Наименование", exact=False).first).to_have_value("Контур-Сервис")
    reason.fill("Отдельный магазин")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("heading", name="Контур-Сервис")).to_be_visible()
