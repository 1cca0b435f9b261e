"""How pages look: no pale text, two themes, two languages, on a phone too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

Visit = Callable[..., Page]

# Every visible piece of text against the first opaque background behind it (WCAG 2 contrast).
PALE = """() => {
  const size = { width: 1, height: 1 };
  const paper = Object.assign(document.createElement("canvas"), size).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = colour;
    paper.fillRect(0, 0, 1, 1);
    return [...paper.getImageData(0, 0, 1, 1).data];
  };
  const part = (c) => c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const unseen = "script, template, option, .sr-only, .skip, :disabled, .disabled";
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const style = getComputedStyle(element);
    if (!text || element.closest(unseen) || style.opacity < 1) continue;
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const [a, b] = [light(rgba(style.color)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) pale.push(`${contrast.toFixed(2)} ${element.tagName}.${element.className}: ${text}`);
  }
  return pale;
}"""
THEME_AT_BODY = """new MutationObserver((_, watch) => {
  if (!document.body) return;
  window.themeAtBody = document.documentElement.dataset.theme;
  watch.disconnect();
}).observe(document, { childList: true, subtree: true })"""

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = ["/", "/counterparties/list/", "/counterparties/show/1", "/counterparties/add", "/contacts/add", "/nowhere"]


def menu_of(page: Page) -> list[str]:
    return page.eval_on_selector_all(".side nav a", "links => links.map(link => link.getAttribute('href'))")


def pale(page: Page) -> list[str]:
    """What can hardly be read in one theme or the other."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {text}" for text in page.evaluate(PALE)]
    return found


def test_all_text_can_be_read_in_both_themes(visit: Visit, complaints: list[str]) -> None:
    for path in PAGES:
        assert pale(visit("admin", path)) == [], path
    complaints.clear()  # the browser tells that /nowhere answered 404
    assert pale(visit(None, "/login/")) == []


def test_the_two_themes_differ_and_the_choice_is_kept(visit: Visit) -> None:
    page = visit("anna")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.locator("summary[aria-label^=Меню], summary[aria-label^=User]").click()
    page.get_by_role("button", name="Темные").click()
    dark = page.evaluate(colour)
    assert dark != light
    page.goto("/counterparties/list/")
    assert page.evaluate(colour) == dark
    page.locator("summary[aria-label^=Меню], summary[aria-label^=User]").click()
    page.get_by_role("button", name="Как в системе").click()
    assert page.evaluate(colour) == light


def test_the_theme_is_known_before_anything_is_painted(visit: Visit) -> None:
    page = visit("anna", alone=True)
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.add_init_script(THEME_AT_BODY)
    page.reload()
    assert page.evaluate("window.themeAtBody") == "dark"


def test_the_language_is_switched_and_one_stays_where_one_was(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/")
    expect(page.locator("h1")).to_have_text("Контрагенты")
    page.locator("summary[aria-label^=Меню], summary[aria-label^=User]").click()
    page.get_by_role("link", name="EN", exact=True).click()
    expect(page.locator("h1")).to_have_text("Counterparties")
    expect(page).to_have_url(re.compile("/counterparties/list/$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("summary[aria-label^=Меню], summary[aria-label^=User]").click()
    page.get_by_role("link", name="RU", exact=True).click()
    expect(page.locator("h1")).to_have_text("Контрагенты")


def test_an_unknown_address_is_explained_inside_the_menu(visit: Visit, complaints: list[str]) -> None:
    page = visit("anna", "/nowhere")
    expect(page.locator("h1")).to_have_text("Такой страницы нет")
    expect(page.locator(".side")).to_be_visible()
    complaints.clear()


def test_on_a_phone_the_menu_slides_in_and_escape_sends_it_back(visit: Visit) -> None:
    page = visit("anna", size=PHONE)
    side = page.locator(".side")
    expect(side).not_to_be_visible()
    page.get_by_role("button", name="Меню").click()
    expect(side).to_be_in_viewport()
    expect(side.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(side).not_to_be_visible()
    expect(page.get_by_role("button", name="Меню")).to_be_focused()


def test_a_table_becomes_cards_on_a_phone(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/", size=PHONE)
    expect(page.locator(".grid thead")).not_to_be_visible()
    row: Any = page.locator(".grid tbody tr").first.bounding_box()
    assert row["width"] > PHONE["width"] * 0.85
    page.goto("/contacts/list/?view=all")
    [at, client] = [
        page.locator(f".grid tbody tr:first-child td:nth-child({place})").bounding_box() for place in (2, 3)
    ]
    assert at
    assert client
    assert at["y"] == client["y"]
    assert client["x"] >= at["x"] + at["width"] > at["x"] + 60


def test_a_long_choice_is_cut_before_the_cross_that_takes_it_away(visit: Visit) -> None:
    chip = visit("anna", "/calendar/?event=contact,task,shipment,payment,debt").locator("#chips .chip").first
    whole, cross = chip.bounding_box(), chip.locator("a").last.bounding_box()
    assert whole
    assert cross
    assert cross["x"] + cross["width"] <= whole["x"] + whole["width"]
