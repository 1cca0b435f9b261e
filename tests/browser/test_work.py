"""A sales manager at work: by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.domain.periods import DAY
from app.domain.working_days import next_working
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from tests.browser.conftest import PASSWORD, picker

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]


def test_a_manager_logs_in_and_sees_what_to_do(visit: Visit) -> None:
    page = visit(None, "/")
    expect(page.get_by_label("Логин")).to_be_focused()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Анна")
    expect(page.locator(".tile").first).to_contain_text("1")
    # Late, today and tomorrow; other tests plan others.
    expect(page.locator(".agenda li").filter(has_text="Обсудить цены")).to_have_count(3)
    page.locator(".agenda a").filter(has_text="Обсудить цены").first.click()
    expect(page.locator("h1")).to_contain_text("Обсудить цены")


def test_a_wrong_password_is_said_and_nothing_else(visit: Visit) -> None:
    page = visit(None, "/login/")
    page.get_by_label("Логин").fill("anna")
    page.get_by_label("Пароль").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Пароль")).to_have_value("")


def test_one_logs_out(visit: Visit) -> None:
    page = visit("anna")
    page.locator("summary[aria-label^=Меню], summary[aria-label^=User]").click()
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_label("Пароль")).to_be_visible()
    page.goto("/counterparties/list/")
    expect(page.get_by_label("Пароль")).to_be_visible()


def test_a_click_on_a_row_opens_its_card_and_the_crumb_leads_back(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/?_flt_0_words=ромашка")
    page.locator(".grid tbody tr").first.locator("td").nth(1).click()
    expect(page.locator("h1")).to_contain_text("Ромашка")
    page.locator(".crumb a").click()
    expect(page.locator("h1")).to_have_text("Контрагенты")


def test_a_filter_changes_the_list_alone_and_back_returns(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/")
    page.evaluate("window.same = true")
    page.locator(".filters input").first.fill("Ромашка 07")
    page.keyboard.press("Enter")
    expect(page.locator(".grid tbody tr")).to_have_count(1)
    assert page.evaluate("window.same")
    page.go_back()
    expect(page.locator(".grid tbody tr")).to_have_count(25)


def test_pages_are_turned_without_loading_the_whole_page(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/?_flt_0_words=ромашка")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Следующая страница").click()
    expect(page.locator(".grid tbody tr")).to_have_count(5)
    assert page.evaluate("window.same")


def test_a_list_that_does_not_come_says_so_and_stays(visit: Visit, complaints: list[str]) -> None:
    page = visit("anna", "/counterparties/list/")
    page.route("**/counterparties/list/?*", lambda route: route.abort())
    page.get_by_role("link", name="Следующая страница").click()
    expect(page.locator(".toasts .alert-danger")).to_be_visible()
    expect(page.locator(".grid tbody tr")).to_have_count(25)
    expect(page.locator("#list")).not_to_have_attribute("aria-busy", "true")
    complaints.clear()


def test_no_hits_offer_to_reset_the_filter(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/")
    page.locator(".filters input").first.fill("такого нет")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Сбросить отбор").click()
    expect(page.locator(".grid tbody tr")).to_have_count(25)


def test_what_was_being_typed_is_not_asked_after_the_filter_was_reset(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/", alone=True)
    page.clock.install()
    words = page.locator(".filters input").first
    words.fill("такого нет")
    words.press("Enter")
    reset = page.get_by_role("link", name="Сбросить отбор")
    expect(reset).to_be_visible()
    words.fill("такого тоже нет")
    reset.click()
    expect(page.locator(".grid tbody tr")).to_have_count(25)
    page.clock.run_for(1000)
    expect(page.locator(".wait")).to_have_count(0)
    expect(page.locator(".grid tbody tr")).to_have_count(25)


def test_slash_goes_to_the_search(visit: Visit) -> None:
    page = visit("anna")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Поиск")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Поиск")).not_to_be_focused()


def test_the_first_tab_skips_to_the_content(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_arrows_walk_through_the_rows(visit: Visit) -> None:
    page = visit("anna", "/counterparties/list/")
    links = page.locator(".lead-link")
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/counterparties/show/*")


def test_a_contact_is_planned_by_keyboard_alone(visit: Visit, rows: Rows) -> None:
    page = visit("anna", "/contacts/add")
    picker(page, "Контрагент").focus()
    page.keyboard.type("ромашка 05", delay=10)
    expect(page.locator(".lookup [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    picker(page, "Контактное лицо").focus()
    page.keyboard.press("ArrowDown")
    # only the persons of the chosen counterparty
    expect(page.locator(".lookup [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(picker(page, "Контактное лицо")).to_have_value("Смирнов-05 Олег")
    page.get_by_label("Тема").focus()
    page.keyboard.type("Позвонить о поставке")
    day = next_working(datetime.now(UTC).date() + 2 * DAY)
    page.locator("#starts_at").fill(f"{day}T10:00")
    page.locator("#starts_at").press("Tab")
    expect(page.get_by_label("Окончание")).to_have_value(f"{day}T10:30")  # half an hour, as it was
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("Позвонить о поставке")
    [saved] = rows(select(Contact).where(Contact.subject == "Позвонить о поставке"))
    assert saved.counterparty_id is not None
    assert saved.person_id is not None


def test_enter_before_the_answer_comes_does_not_send_the_form(visit: Visit) -> None:
    page = visit("anna", "/contacts/add")
    page.route("**/lookup/**", lambda _route: None)
    page.keyboard.type("ромашка")
    page.keyboard.press("Enter")
    expect(page.locator("#model_form")).not_to_have_attribute("data-sent", "1")


def test_changing_the_counterparty_empties_the_person(visit: Visit) -> None:
    page = visit("anna", "/contacts/add?counterparty=1")
    person = picker(page, "Контактное лицо")
    person.focus()
    page.keyboard.press("ArrowDown")
    page.locator(".lookup [role=option]").first.click()
    expect(person).not_to_have_value("")
    picker(page, "Контрагент").fill("ромашка 09")
    page.locator(".lookup [role=option]").first.click()
    expect(person).to_have_value("")


def test_an_error_keeps_what_was_typed_and_is_shown_at_its_field(visit: Visit) -> None:
    page = visit("anna", "/counterparties/add")
    page.get_by_label("ИНН").fill("123")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_focused()
    expect(page.get_by_label("ИНН")).to_have_value("123")


def test_leaving_a_changed_form_is_asked_about(visit: Visit) -> None:
    page = visit("anna", "/counterparties/add")

    def stay(dialog: Any) -> None:
        dialog.dismiss()

    page.on("dialog", stay)
    page.keyboard.type("Новая фирма")
    with page.expect_event("dialog") as asked:
        page.locator(".brand").click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    expect(page.locator("#model_form")).to_be_visible()
    page.remove_listener("dialog", stay)


def test_what_was_deleted_comes_back_by_one_press(visit: Visit, rows: Rows) -> None:
    page = visit("admin", "/counterparties/add")
    page.locator("[name=code]").fill("DEL")
    page.locator("[name=name]").fill("ООО «На удаление»")
    page.get_by_role("button", name="Сохранить").click()
    page.locator(".head .more summary").click()
    page.locator(".head").get_by_role("button", name="Удалить").click()
    expect(page.locator("h1")).to_have_text("Контрагенты")
    assert rows(select(Counterparty.id).where(Counterparty.code == "DEL")) == []
    page.get_by_role("button", name="Отменить").click()
    expect(page.locator(".alert")).to_contain_text("Отменено")
    assert len(rows(select(Counterparty.id).where(Counterparty.code == "DEL"))) == 1
