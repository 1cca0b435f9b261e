"""A director looks at classes and stages: the scheme, the moves of a period, why one client is what he is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import clock
from app.domain.periods import DAY, months_from
from app.domain.stages import Parameters
from app.extensions import db
from app.models.users import User
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from tests.browser.conftest import PHONE, WIDE
from tests.factories import buyer
from tests.reports.trade import shipped

Visit = Callable[..., Page]
DRAWN = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"""
BOTH_SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])


@pytest.fixture(scope="module")
def clients(served: tuple[Flask, str]) -> dict[str, int]:
    """Of Boris: last month one was potential and one regular, this month the first buys and the other does not."""
    with served[0].app_context():
        session, today = db.session(), clock.today()
        month = months_from(today.replace(day=1) - DAY, 1)
        boris = session.scalars(select(User).where(User.username == "boris")).one()
        woken, lost = (buyer(session, name, manager=boris) for name in ("Проснувшийся", "Ушедший"))
        for day in (1, 2, 3):
            shipped(session, lost, 100, month.first.replace(day=day))
        classify(month.last)
        shipped(session, woken, 70, today)
        shipped(session, woken, 500, month.first - 90 * DAY)
        classify(today)
        session.commit()
        found = {one.name: one.id for one in (woken, lost)}
        db.session.remove()
    return found


def classify(day: date) -> None:
    session, today = db.session(), clock.today()
    classify_stages(session, Parameters(day, count=1), today=today)
    classify_abc(session, months_from(day, 1), today=today)


@BOTH_SIZES
def test_an_arrow_of_the_scheme_opens_those_who_went_along_it(
    visit: Visit, clients: dict[str, int], size: dict[str, int]
) -> None:
    page = visit("vera", "/classification/stages", size=size)
    expect(page.locator(".stage-lost b")).to_have_text("1")
    arrow = page.get_by_role("link", name="Постоянный клиент → Потерянный клиент: 1")
    arrow.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/xyz-buyers/**")
    expect(page.locator(".report tbody tr")).to_have_count(1)
    expect(page.locator(".report tbody tr")).to_contain_text("Ушедший")


def test_the_period_of_the_scheme_is_chosen_without_loading_the_page(visit: Visit, clients: dict[str, int]) -> None:
    page = visit("vera", "/classification/stages")
    page.evaluate("window.same = true")
    page.get_by_label("Переходы за период").select_option("last-month")
    page.get_by_role("button", name="Показать").click()
    expect(page.locator("a.move-none-regular b")).to_have_text("1")
    expect(page.locator("a.move-regular-lost")).to_have_count(0)
    assert page.evaluate("window.same")


@BOTH_SIZES
@pytest.mark.parametrize("kind", ["abc", "stages"])
def test_the_chart_of_moves_is_drawn_and_a_number_opens_its_clients(
    visit: Visit, clients: dict[str, int], size: dict[str, int], kind: str
) -> None:
    page = visit("vera", f"/reports/class-moves/?kind={kind}&period=this-month", size=size)
    canvas = page.locator("[data-chart] canvas").first
    expect(canvas).to_be_visible()
    page.wait_for_function(f"({DRAWN})(document.querySelector('[data-chart] canvas'))")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    row = page.locator(".report tbody tr").filter(has_text="Класс A" if kind == "abc" else "Постоянный клиент (X)")
    row.first.locator("td a").last.click()
    expect(page.locator(".report tbody tr")).to_have_count(1)
    expect(page.locator(".report tbody tr")).to_contain_text("Ушедший")


def test_an_explanation_opens_the_documents_of_its_period(visit: Visit, clients: dict[str, int]) -> None:
    page = visit("vera", f"/standing/{clients['Проснувшийся']}")
    page.get_by_role("link", name=re.compile("1 реализация, сумма выручки 70,00")).first.click()
    expect(page.locator("h1")).to_have_text("Реализации и возвраты")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator(".sums")).to_contain_text("70,00")
    expect(page.locator("input[name=_flt_1_date]")).not_to_have_value("")
    page.locator("summary", has_text="Отбор").click()
    page.locator("input[name=_flt_0_date]").fill("")
    page.locator("input[name=_flt_0_date]").press("Tab")
    expect(page.locator("#list tbody tr")).to_have_count(2)
    expect(page.locator(".sums")).to_contain_text("570,00")
    for left in range(page.locator("a.chip").count() - 1, -1, -1):
        page.locator("a.chip").first.click()
        expect(page.locator("a.chip")).to_have_count(left)
    expect(page.locator(".sums")).to_have_count(0)


def test_history_is_read_on_the_card(visit: Visit, clients: dict[str, int]) -> None:
    page = visit("vera", f"/counterparties/show/{clients['Ушедший']}")
    first = page.locator(".feed li").filter(has_text="Потерянный клиент").first
    expect(first).to_contain_text("Постоянный клиент (X) → Потерянный клиент")
