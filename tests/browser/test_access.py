"""Every screen is whole: no complaint of the browser, no broken width, nothing that axe-core calls serious."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock
from tests.browser.conftest import AXE, PHONE, WIDE
from tests.browser.test_look import menu_of

Visit = Callable[..., Page]
SCREENS = (
    "/",
    "/counterparties/show/1",
    "/counterparties/add",
    "/counterparties/edit/1",
    "/persons/show/1",
    "/contacts/show/1",
    "/contacts/add",
    "/contacts/edit/2",
    "/contacts/quick",
    "/contacts/box/1",
    "/orders/add",
    "/journal/",
    "/journal/bin",
    "/journal/all/",
    "/history/counterparty/1",
    "/duplicates/",
    "/own-fields/list/",
    "/own-fields/add",
    "/search?q=Ромашка",
    "/call?phone=2067",
    "/profile/",
    "/help/ru/day.md",
)
MENU = ".side"  # the same around every page: its eighty links are half of what there is to look at
MORE_ROWS = "main .table tbody tr:nth-child(n + 5)"  # of lists and reports, as those above them
# The pages of Swagger UI are its own. No page has films whose sound would have to be loaded first. What could be no
# more than moderate is not asked for.
SERIOUS = """([without, rules]) => {
  const lesser = axe._audit.rules.filter(({ impact }) => impact === "minor" || impact === "moderate");
  const off = Object.fromEntries(lesser.map(({ id }) => [id, { enabled: false }]));
  return axe.run(
    { exclude: [".swagger-ui", ...without] }, { resultTypes: ["violations"], preload: false, rules: off, ...rules }
  )
  .then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)));
}"""


# One question a page: each that is asked by itself waits for it.
FACE = """() => ({
  width: document.documentElement.scrollWidth,
  headings: document.querySelectorAll("h1").length,
  places: document.querySelectorAll(".side [aria-current=page]").length,
  // a value in it cannot be read
  narrow: [...document.querySelectorAll("input:not([type=checkbox], [type=radio], [type=color], .sr-only *), select")]
    .filter((field) => field.checkVisibility() && field.offsetWidth < 48).map((field) => field.name),
  asksWidth: document.querySelector("[data-chart], [data-narrow]") !== null,
})"""


def serious(page: Page, *, without: Sequence[str] = (MENU, MORE_ROWS), dark: bool = True) -> list[Any]:
    """What is wrong in light; of dark only what colours can spoil."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(url=AXE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = page.evaluate(SERIOUS, [without, {}])
    if not dark:
        return list(found)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return [
        *found,
        *page.evaluate(SERIOUS, [without, {"rules": {}, "runOnly": ["color-contrast", "link-in-text-block"]}]),
    ]


def one_of_a_kind(menu: Iterable[str]) -> list[str]:
    """Lists are of one template, and reports of another: three of each speak for all."""
    kinds: dict[str, list[str]] = {}
    for path in menu:
        kind = "list" if "/list/" in path else "report" if path.startswith("/reports/") else path
        kinds.setdefault(kind, []).append(path)
    return [path for paths in kinds.values() for path in paths[:3]]


def at(page: Page, size: dict[str, int], face: dict[str, Any]) -> None:
    """The page that is shown, at another size; loaded anew where a script looks at the width as it begins."""
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    if face["asksWidth"]:
        page.reload()
    else:  # scripts would hear of another size in the next frame
        page.evaluate("dispatchEvent(new Event('resize'))")


@pytest.mark.slow
@pytest.mark.timeout(600)  # some eighty pages
def test_every_screen_is_whole_for_everybody_on_a_laptop_and_on_a_phone(visit: Visit) -> None:
    """It breaks no policy, throws nothing, is as wide as the window, and nothing serious stands on it."""
    page = visit("admin")
    menu = menu_of(page)
    closely = {WIDE["width"]: {*one_of_a_kind(menu), *SCREENS}, PHONE["width"]: set(SCREENS)}
    faults = {}
    sizes = [WIDE, PHONE]
    for path in dict.fromkeys([*menu, *SCREENS]):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert "unsafe" not in answer.headers["content-security-policy"], path
        face = page.evaluate(FACE)
        assert face["headings"] == 1, path
        assert face["places"] == 1 or path not in menu, path
        for size in sizes:
            if size is not sizes[0]:
                at(page, size, face)
                face = page.evaluate(FACE)
            width = size["width"]
            assert face["width"] <= width, (path, width)
            assert face["narrow"] == [], (path, width)
            without = (MORE_ROWS,) if path == "/" else (MENU, MORE_ROWS)
            # Dark is looked at on a laptop only: what a phone alone shows has the colours of neighbours.
            if path in closely[width] and (found := serious(page, without=without, dark=size is WIDE)):
                faults[path, width] = found
        sizes.reverse()  # the next page is opened at the size that this one was left at
    assert faults == {}


def test_nothing_serious_stands_in_what_opens_over_a_list(visit: Visit) -> None:
    page = visit("admin", "/counterparties/list/?_col_CounterpartyView=name,manager,group,inn")
    page.keyboard.press("c")
    expect(page.locator("#box [role=combobox]")).to_be_focused()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator(".columns-of summary").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator(".views summary").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    ticks = page.locator("tbody .tick input")
    ticks.nth(0).click()
    ticks.nth(1).click()
    assert serious(page) == []
    page.get_by_role("button", name="Объединить").click()
    expect(page.locator("[name=kept]").first).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("view", ["week", "month"])
def test_a_grid_of_days_says_what_it_is_and_its_arrows_have_names(visit: Visit, view: str) -> None:
    page = visit("admin", f"/calendar/?view={view}&responsible=all")
    for _shown in range(2):
        expect(page.locator(".ec-event:not(.ec-bg-event)").first).to_be_visible()
        nameless = "all => all.filter((one) => !one.ariaLabel && !one.innerText.trim()).map((one) => one.outerHTML)"
        assert page.eval_on_selector_all(".ec button", nameless) == []
        assert serious(page) == []
        page.keyboard.press("BracketRight")
        page.keyboard.press("BracketLeft")


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Etc/GMT-14"])  # in one of them it is another day than with us
def test_today_in_a_grid_is_the_day_of_its_reader_not_of_the_clock_of_his_browser(
    visit: Visit, served: tuple[Flask, str], zone: str
) -> None:
    def day() -> date:
        with served[0].app_context():
            return clock.today()

    page = visit("admin", alone=True)
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": zone})
    began = day()
    page.goto("/calendar/?view=month")
    today = page.locator(".ec-day.ec-today time")
    expect(today).to_have_count(1)
    assert today.get_attribute("datetime") in {str(began), str(day())}
    for _month in range(2):  # the next one begins with the last days of this one
        page.keyboard.press("BracketRight")
    expect(today).to_have_count(0)
    page.keyboard.press("Digit0")
    expect(today).to_have_count(1)
