"""What is printed is whole: the words of every cell are on the paper, and none of them runs over its edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

Visit = Callable[..., Page]

MARGIN = 28  # points: what the sheet of styles says of every page, less a hair
READABLE = 4.0  # points: so high the box of a letter is at least
# What stands in tables, without what only a reader of the screen or of his ears has.
CELLS = """() => [...document.querySelectorAll("main table :is(th, td):not(.tick, .ops), main .task")].map((cell) => {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll(".sr-only, details").forEach((part) => part.remove());
  return copy.textContent;
})"""
TICKED = "() => [...document.querySelectorAll('#setup [name=columns]')].map((each) => each.value).join()"


def squeezed(text: str) -> str:
    """Without what lines are broken at."""
    return re.sub(r"[\s\N{SOFT HYPHEN}\N{HYPHEN}\ufffe-]", "", text)


def printed(page: Page) -> str:
    """The words within the margins of A4 as the reader's browser prints it; letters that nobody can read fail."""
    page.wait_for_load_state("networkidle")
    text = ""
    with closing(pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))) as paper:
        for number in range(len(paper)):
            with closing(paper[number]) as sheet, closing(sheet.get_textpage()) as words:
                width, height = sheet.get_size()
                text += words.get_text_bounded(MARGIN - 1, 0, width - MARGIN + 1, height)
                boxes = (words.get_charbox(place, loose=True) for place in range(words.count_chars()))
                assert all(top - bottom > READABLE for left, bottom, right, top in boxes if right > left)
    return squeezed(text)


def missing(page: Page) -> list[str]:
    cells = [squeezed(text) for text in page.evaluate(CELLS)]
    assert cells
    whole = printed(page)
    return [text for text in cells if text not in whole]


@pytest.mark.parametrize("path", ["/counterparties/list/", "/contacts/list/", "/reports/managers/", "/users/list/"])
def test_a_table_is_whole_on_paper(visit: Visit, path: str) -> None:
    page = visit("admin", path)
    assert missing(page) == []
    page.set_viewport_size(PHONE)  # what a telephone prints is for paper too
    assert missing(page) == []


@pytest.mark.parametrize("slug", ["contacts", "managers"])
def test_a_report_with_every_column_is_whole_on_paper(visit: Visit, slug: str) -> None:
    page = visit("admin", f"/reports/{slug}/")
    columns = page.evaluate(TICKED)
    page.goto(f"/reports/{slug}/?columns={columns}")
    heads = {squeezed(text) for text in page.locator("main thead th").all_inner_texts()}
    assert len(heads) >= 18
    lost = missing(page)
    assert set(lost) <= heads  # rows of a great many columns are blocks, whose first value needs no name
    assert len(lost) < 2


def test_every_lane_of_the_board_is_on_paper(visit: Visit) -> None:
    page = visit("admin", "/board/")
    lanes = page.locator(".lane h2").all_inner_texts()
    whole = printed(page)
    assert [lane for lane in lanes if squeezed(lane) not in whole] == []


def test_the_calendar_says_on_paper_what_was_chosen(visit: Visit) -> None:
    page = visit("admin", "/calendar/?responsible=all&event=contact")
    chosen = page.locator("#chips .chip > a:first-child").all_inner_texts()
    assert chosen
    whole = printed(page)
    assert [text for text in chosen if squeezed(text) not in whole] == []


def test_paper_is_light_whatever_theme_was_chosen(visit: Visit) -> None:
    page = visit("admin", "/counterparties/list/")
    page.locator("summary[aria-label^=Меню]").click()
    page.get_by_role("button", name="Темные").click()
    page.emulate_media(media="print")
    ink = page.locator("main h1").evaluate("e => getComputedStyle(e).color")
    assert ink == "rgb(27, 34, 48)"
    expect(page.locator(".top")).to_be_hidden()
