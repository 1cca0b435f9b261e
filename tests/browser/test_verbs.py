"""A day's contacts without the mouse wandering: the table of presses, keys on the Russian layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app.domain.words import ContactState, Direction, InfoType
from app.extensions import db
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.tasks import Task
from app.models.users import User
from app.services.counterparties.contact_info import set_phone
from tests.browser.conftest import PHONE, picker

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]
KEEPS_NOTHING = """if (location.search.includes("keeps=nothing"))
  Object.defineProperty(window, "sessionStorage", { get() { throw new Error("it keeps nothing"); } });"""

PRESS_WHEN_GONE = """row => addEventListener("focusin", ({ target }) => {
  if (row.isConnected || window.pressed || !target.matches(".lead-link")) return;
  window.pressed = true;
  target.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyH", key: "h", bubbles: true, cancelable: true }));
})"""


@pytest.fixture
def call(served: tuple[Flask, str]) -> Iterator[int]:
    """Anna's planned call of tomorrow with a client who has a phone; afterwards the base is as it was."""
    with served[0].app_context():
        anna = db.session.scalars(select(User).where(User.username == "anna")).one()
        company = Counterparty(code="ЗВ-1", name="Звонкий", manager=anna, needs="Звонить до обеда")
        kind = ContactInfoKind(name="Телефон для звонка", type=InfoType.PHONE)
        info = ContactInfo(counterparty=company, kind=kind, value="8 846 015-20-67")
        set_phone(info)
        # At no full hour: that of a move is not offered where the contact is there already.
        at = datetime.now(UTC).replace(minute=7, second=0, microsecond=0) + timedelta(hours=20)
        contact = Contact(counterparty=company, manager=anna, subject="Дозвониться", starts_at=at, ends_at=at)
        db.session.add_all([company, info, contact])
        db.session.commit()
        number = contact.id
        db.session.remove()
    yield number
    with served[0].app_context():
        known = select(Counterparty.id).where(Counterparty.code == "ЗВ-1").scalar_subquery()
        db.session.execute(delete(Contact).where(Contact.counterparty_id == known))
        db.session.execute(delete(Counterparty).where(Counterparty.code == "ЗВ-1"))
        db.session.execute(delete(ContactInfoKind).where(ContactInfoKind.name == "Телефон для звонка"))
        db.session.commit()
        db.session.remove()


def row(page: Page, words: str) -> Any:
    return page.locator(".grid tbody tr, .agenda li").filter(has_text=words)


def russian(page: Page, code: str, letter: str) -> None:
    """The key at this place of the keyboard while it writes Russian, as soon as the page's scripts hear keys."""
    page.wait_for_load_state()
    page.evaluate(
        "([code, key]) => document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', { code, key, bubbles: true, cancelable: true }))",
        [code, letter],
    )


@pytest.mark.parametrize("address", ["/contacts/list/?view=all", "/"])
def test_a_planned_call_is_finished_by_one_press_and_its_text(
    visit: Visit, rows: Rows, call: int, address: str
) -> None:
    page = visit("anna", address)
    row(page, "Дозвониться").hover()
    row(page, "Дозвониться").locator("a[data-box]").click()
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.type("Ждет счет")
    page.keyboard.press("Enter")
    expect(page.locator(".toasts")).to_contain_text("Завершено.")
    expect(page.locator("#box")).not_to_be_visible()
    contact = rows(select(Contact).where(Contact.id == call))[0]
    assert (contact.state, contact.text) == (ContactState.DONE, "Ждет счет")


def test_it_is_moved_by_one_press_and_followed_by_one(visit: Visit, rows: Rows, call: int) -> None:
    before = rows(select(Contact.starts_at).where(Contact.id == call))[0]
    page = visit("anna", f"/contacts/show/{call}")
    page.get_by_role("button", name="+1 час").click()
    expect(page.locator(".toasts")).to_contain_text("Перенесено")
    after = rows(select(Contact.starts_at).where(Contact.id == call))[0]
    assert timedelta(hours=1) <= after - before < timedelta(hours=1, minutes=5)
    page.locator(".head a[data-key=KeyF]").click()  # what is shown now has the version of now
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#content").get_by_role("button", name="+1 час").wait_for(state="detached")
    page.get_by_role("button", name="через неделю").click()
    expect(page.locator(".toasts")).to_contain_text("Следующий контакт")
    expect(page.locator("#content[aria-busy]")).to_have_count(0)
    assert rows(select(Contact.basis_id).where(Contact.basis_id.is_not(None))) == [call]


def test_the_third_move_opens_the_box_at_the_reason(visit: Visit, rows: Rows, call: int, complaints: list[str]) -> None:
    page = visit("anna", f"/contacts/show/{call}")
    for _times in range(2):
        shown = page.locator("#content").element_handle()
        page.get_by_role("button", name="+1 час").click()
        page.wait_for_function("(part) => !part.isConnected", arg=shown)  # a toast of before may be gone by then
    page.get_by_role("button", name="+1 час").click()
    reason = page.locator("#box [name=reason]")
    expect(reason).to_be_focused()
    expect(reason).to_have_accessible_description(re.compile("укажите причину"))
    page.keyboard.type("в отпуске")
    page.locator("#box").get_by_role("button", name="через неделю").click()
    expect(page.locator("#box")).not_to_be_visible()
    complaints.clear()  # the browser tells of the refusal too


def test_keys_work_on_the_russian_layout_and_not_while_one_types(visit: Visit, call: int) -> None:
    page = visit("anna", "/contacts/list/?view=all")
    page.add_init_script(KEEPS_NOTHING)
    page.goto(f"{page.url}&keeps=nothing")
    press = partial(russian, page)
    press("KeyJ", "о")
    expect(page.locator(".grid tbody tr").nth(0).locator(".lead-link")).to_be_focused()
    press("KeyJ", "о")
    expect(page.locator(".grid tbody tr").nth(1).locator(".lead-link")).to_be_focused()
    press("KeyK", "л")
    expect(page.locator(".grid tbody tr").nth(0).locator(".lead-link")).to_be_focused()
    press("KeyF", "а")
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#box")).not_to_be_visible()
    press("Slash", ".")
    expect(page.locator(".omni input")).to_be_focused()
    press("KeyN", "т")
    assert "/contacts/list/" in page.url
    with page.context.expect_page() as opened:
        page.keyboard.press("F1")  # it types nothing, so one gets help while typing too
    expect(opened.value).to_have_url(re.compile(r"/help/ru/day\.md$"))
    opened.value.close()
    page.keyboard.press("Escape")
    press("Digit7", "?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    press("KeyN", "т")
    page.wait_for_url("**/contacts/add")


def test_a_call_is_written_down_by_keyboard_alone(visit: Visit, rows: Rows, call: int) -> None:
    page = visit("anna", "/")
    page.keyboard.press("c")
    client = page.locator("#box [role=combobox]")
    expect(client).to_be_focused()
    for key in ("Escape", "Enter"):  # the first closes the list of the picker, not the box
        page.keyboard.type("2067")
        expect(page.locator("#box [role=option]")).to_have_count(1)
        page.keyboard.press(key)
        expect(page.locator("#box [role=option]")).to_have_count(0)
    expect(client).to_have_value("Звонкий")
    page.locator("#box textarea").focus()
    page.keyboard.type("Просил счет")
    page.keyboard.press("Enter")
    expect(page.locator(".toasts a")).to_contain_text("Записано: Звонкий.")
    (contact,) = rows(select(Contact).where(Contact.text == "Просил счет"))
    assert (contact.state, contact.direction) == (ContactState.DONE, Direction.IN)


def test_the_form_has_two_faces_and_tells_of_the_client(visit: Visit, call: int) -> None:
    page = visit("anna", "/contacts/add")
    expect(page.get_by_label("Тема")).to_be_visible()
    expect(page.get_by_label("Содержание")).not_to_be_visible()
    planned = page.locator("[name=starts_at]").input_value()
    page.get_by_text("Был", exact=True).click()
    expect(page.get_by_label("Содержание")).to_be_visible()
    expect(page.get_by_label("Тема")).not_to_be_visible()
    assert page.locator("[name=starts_at]").input_value() < planned
    assert page.locator("#model_form .f:visible").count() == 6
    picker(page, "Контрагент").fill("звонк")
    page.locator("[role=option]").first.click()
    expect(page.locator("#beside")).to_contain_text("Звонить до обеда")
    page.get_by_text("Все поля").click()
    expect(page.get_by_label("Тема")).to_be_visible()


def test_what_was_done_is_taken_back_by_one_press(visit: Visit, rows: Rows, call: int) -> None:
    before = rows(select(Contact.starts_at).where(Contact.id == call))
    page = visit("anna", f"/contacts/show/{call}")
    page.get_by_role("button", name="завтра").click()
    expect(page.locator(".toasts")).to_contain_text("Перенесено")
    assert rows(select(Contact.starts_at).where(Contact.id == call)) != before
    page.keyboard.press("Control+z")
    expect(page.locator("#content .alert")).to_contain_text("Отменено.")
    assert rows(select(Contact.starts_at).where(Contact.id == call)) == before


def ring(app: Flask, call: int) -> None:
    """A reminder of the call that rings now."""
    with app.app_context():
        contact = db.session.get_one(Contact, call)
        db.session.add(Reminder(user=contact.manager, contact=contact, due_at=datetime.now(UTC), zone="Europe/Moscow"))
        db.session.commit()
        db.session.remove()


def walk_the_views(page: Page) -> None:
    """1-4 are the list, the day, the week, the month; G goes to a day, in the list and in the grid."""
    shown, day = page.locator(".ways-to-look [aria-current]"), page.locator("#go-to")
    for key, words in (("2", "День"), ("3", "Неделя"), ("4", "Месяц"), ("1", "Список")):
        russian(page, f"Digit{key}", key)
        expect(shown).to_have_text(words)
        if words in {"Неделя", "Список"}:
            russian(page, "KeyG", "п")
            expect(day).to_be_focused()
            day.fill("2027-03-10")
            expect(page).to_have_url(re.compile(r"[?&]on=2027-03-(08|10)\b"))
            day.blur()


def test_the_calendar_is_worked_by_keys_and_every_open_tab_follows(
    visit: Visit, rows: Rows, call: int, served: tuple[Flask, str]
) -> None:
    ring(served[0], call)
    page = visit("anna", "/calendar/?event=contact&counterparty=&kept=all")
    other = page.context.new_page()
    polls: list[str] = []
    other.on("request", lambda sent: polls.append(sent.url) if sent.url.endswith("/bell/") else None)
    other.goto(page.url)
    for tab in (page, other):
        expect(tab.locator("details[data-bell] .badge")).to_have_text("1")
        expect(tab).to_have_title(re.compile(r"^\(1\) "))
    assert polls == []  # the other one asks for both
    other.locator("details[data-bell] summary").click()
    button = other.locator('[data-bell-list] [data-ring="D"]').first
    pressed = button.element_handle()
    with other.expect_response(re.compile(r"/bell/panel$")):
        page.evaluate("new BroadcastChannel('bell').postMessage({...JSON.parse(localStorage.bell), tag: '', count: 2})")
    expect(other).to_have_title(re.compile(r"^\(2\) "))  # what it was told, not what was kept
    other.evaluate("new Promise((done) => setTimeout(done))")  # what was read is shown
    assert pressed.evaluate("(button) => button.isConnected")  # or a click under way would be nobody's
    button.click()
    expect(page.locator("details[data-bell] .badge")).to_be_hidden()
    other.locator("details[data-bell] summary").click()
    mine, same = (each.locator(f'tr[data-event="contact-{call}"]') for each in (page, other))
    page.set_viewport_size({"width": 1000, "height": 800})
    mine.locator(".lead-link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("846 015-20-67")
    expect(page.locator(".sheet:has(.events)")).to_contain_class("wide")  # it is scrolled, and not under the panel
    page.keyboard.press("o")
    page.keyboard.press("Escape")  # closes the filters alone
    expect(page.locator("details.pop[open]")).to_have_count(0)
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(".sheet.wide")).to_have_count(0)
    expect(mine.locator(".lead-link")).to_be_focused()
    drawn = mine.element_handle()
    page.keyboard.press("h")
    expect(page.locator(".toasts")).to_contain_text("Перенесено")
    page.wait_for_function("(row) => !row.isConnected", arg=drawn)
    expect(mine.locator(".lead-link")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator(".alert")).to_contain_text("Отменено")
    page.wait_for_load_state()  # the page's scripts hear keys
    expect(mine.locator(".lead-link")).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.press("Enter")
    expect(mine).to_have_count(0)
    expect(same).to_have_count(0)  # nobody touched that tab
    assert rows(select(Contact.state).where(Contact.id == call)) == [ContactState.DONE]
    walk_the_views(page)


def test_a_key_pressed_twice_is_not_for_the_row_that_comes_in_place(
    visit: Visit, call: int, served: tuple[Flask, str]
) -> None:
    with served[0].app_context():
        first = db.session.get_one(Contact, call)
        at = first.starts_at + timedelta(hours=1)
        who = {"counterparty_id": first.counterparty_id, "manager_id": first.manager_id}
        db.session.add(Contact(subject="Второй", starts_at=at, ends_at=at, **who))
        db.session.commit()
    page = visit("anna", "/calendar/?event=contact&kept=all")
    row(page, "Дозвониться").locator(".lead-link").focus()
    page.keyboard.press("f")
    expect(page.locator("#box textarea")).to_be_focused()
    page.evaluate(PRESS_WHEN_GONE, row(page, "Дозвониться").element_handle())
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.pressed")
    expect(row(page, "Второй").locator(".lead-link")).to_be_focused()
    page.evaluate("fetch('/empty')")  # what was sent before it has been told
    assert [url.partition("?")[0].rpartition("/")[0][-7:] for url in sent] == ["/finish"]


@pytest.fixture
def no_tasks(served: tuple[Flask, str]) -> Iterator[None]:
    """What the test makes goes with it."""
    yield
    with served[0].app_context():
        db.session.execute(delete(Task).where(Task.text == "Сверить остатки"))
        db.session.commit()


@pytest.mark.usefixtures("no_tasks")
def test_words_of_buttons_stay_within_them_on_a_phone(visit: Visit) -> None:
    page = visit("anna", "/tasks/add")
    page.get_by_label("Что сделать").fill("Сверить остатки")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    page.wait_for_url("**/tasks/show/*")
    page.set_viewport_size(PHONE)
    wide = "all => all.filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent.trim())"
    assert page.locator(".acts .btn").count() > 3
    assert page.locator(".acts .btn").evaluate_all(wide) == []
