"""Nothing typed is lost: a form keeps a draft and offers it back; passwords are never kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from app.domain.periods import DAY
from app.domain.working_days import next_working
from app.models.contacts import Contact
from tests.browser.conftest import PHONE, picker

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]
KEPT = (
    "Object.entries(localStorage).filter(([name]) => name.startsWith('vizavi-draft:')).map(([, value]) => value).join()"
)


def typed(page: Page, words: str) -> None:
    page.get_by_label("Тема").fill(words)
    kept(page, words)


def kept(page: Page, words: str) -> None:
    page.wait_for_function(f"words => ({KEPT}).includes(words)", arg=words)


def lose_the_answer(route: Route) -> None:
    """The form is saved, and the network breaks."""
    if route.request.method != "POST":
        route.fallback()
        return
    route.fetch(max_redirects=0)
    route.abort()


def test_a_closed_tab_or_no_answer_gives_back_what_was_typed_and_saving_ends_it(visit: Visit, rows: Rows) -> None:
    page = visit("anna", "/contacts/add")
    picker(page, "Контрагент").fill("ромашка 07")
    page.locator("[role=option]").first.click()
    typed(page, "Черновик о ценах")
    context = page.context
    page.close()
    page = context.new_page()
    page.goto("/contacts/add")
    expect(page.locator(".draft")).to_contain_text("несохраненный черновик")
    expect(page.get_by_label("Тема")).to_have_value("")
    page.locator(".draft").get_by_role("button", name="Вернуть").click()
    expect(page.get_by_label("Тема")).to_have_value("Черновик о ценах")
    expect(picker(page, "Контрагент")).to_have_value("ООО «Ромашка 07»")
    page.route("**/contacts/add", lose_the_answer)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Сохранить").click()
    # What it shows instead would break off whatever is opened now.
    page.wait_for_url(re.compile("^chrome-error:"), wait_until="commit")
    page.unroute("**/contacts/add")
    page.goto("/")
    page.goto("/contacts/add")
    page.locator(".draft").get_by_role("button", name="Вернуть").click()
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".alert-success")).to_contain_text("Это уже записано")
    assert rows(select(func.count()).where(Contact.subject == "Черновик о ценах")) == [1]
    page.wait_for_function(f"({KEPT}) === ''")
    page.goto("/contacts/add")
    expect(page.locator(".draft")).to_have_count(0)


def test_an_expired_login_gives_back_what_was_typed(visit: Visit, complaints: list[str]) -> None:
    page = visit("anna", "/contacts/add")
    typed(page, "До входа")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("heading", name="Страница устарела")).to_be_visible()
    complaints.clear()  # the browser tells of the refusal too
    page.context.add_cookies(cookies)  # logged in anew
    page.set_viewport_size(PHONE)
    page.goto("/contacts/add")
    give_back = page.locator(".draft").get_by_role("button", name="Вернуть")
    give_back.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    give_back.click()
    expect(page.get_by_label("Тема")).to_have_value("До входа")


def test_a_dropped_draft_is_gone_and_others_have_their_own(visit: Visit) -> None:
    page = visit("anna", "/contacts/add")
    typed(page, "Лишнее")
    page.context.clear_cookies()
    page.reload()
    assert "Лишнее" in page.evaluate(KEPT)
    keys = page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('vizavi-draft:'))")
    assert len(keys) == 1
    assert keys[0].endswith(":/contacts/add")


def test_a_form_that_came_back_offers_no_draft_of_what_stands_in_it(visit: Visit) -> None:
    page = visit("anna", "/tasks/add")
    page.get_by_label("Что сделать").fill("Сверить остатки")
    page.get_by_label("Срок").fill(str(next_working(datetime.now(UTC).date() + DAY)))
    page.get_by_label("План, минут").fill("6000")  # more than a day has
    page.get_by_role("button", name="Сохранить", exact=True).click()
    tick = page.get_by_label("Все равно сохранить")
    expect(tick).to_be_visible()
    page.wait_for_load_state()  # a draft would be offered by now
    expect(page.get_by_label("Что сделать")).to_have_value("Сверить остатки")
    expect(page.locator(".draft")).to_have_count(0)
    words = page.locator("label.answer", has_text="Все равно сохранить").bounding_box()
    mark = tick.bounding_box()
    assert words
    assert mark
    assert words["height"] < 2 * mark["height"]  # the tick stands beside its words, not above them
    page.get_by_label("Что сделать").fill("Сверить остатки и цены")
    kept(page, "Сверить остатки и цены")
    page.goto("/tasks/add")
    expect(page.locator(".draft")).to_have_count(1)
    page.locator(".draft").get_by_role("button", name="Удалить черновик").click()


def test_a_form_with_rows_that_came_back_offers_no_draft_of_what_stands_in_it(visit: Visit) -> None:
    page = visit("anna", "/counterparties/add")
    page.locator("#name").fill("Проба")
    page.locator("[name=people-0-last_name]").fill("Петров")
    page.locator("#inn").fill("1234567890")
    kept(page, "1234567890")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("Неверна контрольная сумма ИНН").first).to_be_visible()
    page.wait_for_load_state()
    expect(page.locator(".draft")).to_have_count(0)
    expect(page.locator("[name=people-0-last_name]")).to_have_value("Петров")


def test_passwords_are_never_kept(visit: Visit) -> None:
    page = visit("admin", "/users/add")
    page.locator("input[type=password]").first.fill("secret-secret")
    page.locator("form input[type=text]").first.fill("Новый")
    page.wait_for_timeout(600)  # longer than a draft waits
    assert page.evaluate(KEPT) == ""
