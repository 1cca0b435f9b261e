"""A list is worked in: eighteen rows on a laptop, ticks, columns, views and cells by mouse and by keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models.contacts import Contact
from tests.browser.conftest import PHONE

Visit = Callable[..., Page]
LAPTOP = {"width": 1280, "height": 800}
LISTS = ("/counterparties/list/", "/persons/list/", "/contacts/list/?view=all", "/orders/list/", "/shipments/list/")
WHOLE = """() => [...document.querySelectorAll(".list tbody tr")]
  .filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length"""


def clients(visit: Visit, **more: Any) -> Page:
    page = visit("admin", "/counterparties/list/?_col_CounterpartyView=name,manager,group,inn", **more)
    expect(page.locator(".list tbody tr").first).to_be_visible()
    return page


CUT = """() => [...document.querySelectorAll(".list :is(th, td.whole)")]
  .filter((cell) => cell.checkVisibility() && !cell.matches(".tick, .ops") && cell.scrollWidth > cell.clientWidth + 1)
  .map((cell) => cell.innerText)"""


def test_eighteen_rows_stand_on_a_laptop_one_line_each_and_no_heading_and_no_short_word_is_cut(visit: Visit) -> None:
    page = clients(visit, size=LAPTOP)
    assert page.locator(".list tbody tr").count() > 18
    for path in (*LISTS, "/closings/list/", "/expected-deals/list/", "/supplier-items/list/", "/work-plan-rules/list/"):
        page.goto(path)
        heights = page.eval_on_selector_all(".list tbody tr", "rows => rows.map(row => row.offsetHeight)")
        assert set(heights) <= {33}, path
        assert page.evaluate(WHOLE) >= min(18, len(heights)), path
        assert page.evaluate("document.documentElement.scrollWidth") <= LAPTOP["width"], path
        assert page.evaluate(CUT) == [], path


def test_on_a_telephone_a_row_takes_two_lines(visit: Visit) -> None:
    page = clients(visit, size=PHONE)
    box = page.locator(".list tbody tr").first.bounding_box()
    assert box
    assert 40 <= box["height"] <= 60


UNSEEN = """() => [...document.querySelectorAll(".list tbody tr")].filter((row) => {
  const name = row.querySelector("td.name:not(.void)"), end = row.getBoundingClientRect().bottom;
  return name && name.getBoundingClientRect().bottom > end + 1;
}).map((row) => row.innerText)"""


def test_on_a_telephone_the_name_of_a_long_named_client_is_seen(visit: Visit) -> None:
    for path in ("/orders/list/", "/shipments/list/", "/contacts/list/?view=all"):
        assert visit("admin", path, size=PHONE).evaluate(UNSEEN) == [], path


def test_rows_are_ticked_by_mouse_shift_and_key(visit: Visit) -> None:
    page = clients(visit)
    ticks, picked = page.locator("tbody .tick input"), page.locator(".picked b")
    ticks.nth(1).click()
    ticks.nth(4).click(modifiers=["Shift"])
    expect(picked).to_have_text("4")
    page.locator(".lead-link").nth(6).focus()
    page.keyboard.press("x")
    expect(picked).to_have_text("5")
    page.locator("thead .tick input").check()
    expect(picked).to_have_text("25")
    page.get_by_label("все найденные").check()
    expect(picked).to_have_text("")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Excel").click()
    assert taken.value.suggested_filename.endswith(".xlsx")


def test_a_filter_is_asked_as_it_is_chosen_and_taken_away_by_its_chip(visit: Visit) -> None:
    page = clients(visit)
    page.locator(".filters summary").click()
    page.locator("[name=_flt_0_is_buyer]").select_option("0")
    chip = page.locator(".chip")
    expect(chip).to_contain_text("Покупатель: нет")
    expect(page).to_have_url(re.compile("_flt_0_is_buyer=0"))
    expect(page).to_have_url(re.compile("_col_CounterpartyView="))
    chip.click()
    expect(chip).to_have_count(0)
    expect(page).not_to_have_url(re.compile("_flt_0_is_buyer"))


def test_columns_are_chosen_ordered_sized_and_remembered(visit: Visit) -> None:
    page = clients(visit)
    page.locator(".columns-of summary").click()
    page.get_by_role("checkbox", name="ИНН", exact=True).uncheck()
    page.get_by_role("button", name="Выше: Группа").click()
    page.get_by_role("button", name="Показать").click()
    names = "heads => heads.map(head => head.dataset.column)"
    expect(page).to_have_url(re.compile("_col_CounterpartyView=name%2Cgroup%2Cmanager$"))
    page.wait_for_load_state()  # the page is whole, and its scripts hear keys
    assert page.eval_on_selector_all(".list th[data-column]", names) == ["name", "group", "manager"]
    edge = page.get_by_role("separator", name="Ширина: Группа")
    edge.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"group%3A\d+"))
    page.goto("/counterparties/list/")
    assert page.eval_on_selector_all(".list th[data-column]", names) == ["name", "group", "manager"]
    page.locator(".columns-of summary").click()
    page.get_by_role("button", name="Как обычно").click()
    expect(page.locator(".list th[data-column]")).to_have_count(8)


def test_a_choice_is_kept_as_a_tab(visit: Visit) -> None:
    page = clients(visit)
    page.goto("/counterparties/list/?_flt_0_is_supplier=1")
    page.locator(".views summary").click()
    page.get_by_label("Название набора").fill("Поставщики")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    tab = page.locator(".tabs a[aria-current]")
    expect(tab).to_have_text("Поставщики")
    page.locator(".views summary").click()
    page.get_by_role("button", name="Удалить этот набор").click()
    expect(tab).to_have_text("Все")


@pytest.mark.parametrize("leaves", [True, False])
def test_a_cell_is_changed_by_keys(visit: Visit, rows: Callable[[Any], list[Any]], leaves: bool) -> None:
    page = visit("admin", "/contacts/list/?view=past&_flt_0_when=past")
    page.locator(".lead-link").first.focus()
    number = int((page.locator(".list tbody tr").first.get_attribute("data-href") or "").rpartition("/")[2])
    before = rows(select(Contact.importance).where(Contact.id == number))
    cell = page.locator(f'td[data-fact="/contacts/fact/{number}/importance"]')
    page.keyboard.press("ArrowRight")
    expect(cell).to_be_focused()
    page.keyboard.press("Enter")
    select_box = cell.locator("select")
    expect(select_box).to_be_focused()
    other = next(value for value in ("high", "low") if value != before[0])
    select_box.select_option(other)
    page.keyboard.press("Escape" if leaves else "Enter")
    expect(cell.locator("select")).to_have_count(0)
    if leaves:
        assert rows(select(Contact.importance).where(Contact.id == number)) == before
    else:
        expect(cell).to_have_text({"high": "!", "low": "↓"}[other])
        assert rows(select(Contact.importance).where(Contact.id == number)) == [other]
