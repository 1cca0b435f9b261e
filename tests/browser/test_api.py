"""The description of REST is drawn for those who write programs, within the policy of the pages."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

Visit = Callable[..., Page]


def test_the_interface_for_programs_is_described_on_a_page(visit: Visit) -> None:
    page = visit("admin", "/api-description/", size={"width": 1440, "height": 900})
    expect(page.locator("h1")).to_have_count(1)
    order = page.locator(".opblock-summary-path").get_by_text("/api/v1/order/", exact=False).first
    expect(order).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    expect(order).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
