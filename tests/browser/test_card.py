"""The card of a client, and his form with persons and phones in it, as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from tests.browser.conftest import PHONE

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]


def test_a_client_with_a_person_and_two_phones_is_typed_in_one_form(visit: Visit, rows: Rows) -> None:
    page = visit("anna", "/counterparties/add")
    page.locator("#name").fill("Новый клиент из браузера")
    page.get_by_label("Фамилия").first.fill("Орлов")
    expect(page.get_by_label("Фамилия")).to_have_count(2)  # a spare row is ready
    page.get_by_label("Фамилия").first.press("Enter")
    page.keyboard.type("Сергей")
    page.get_by_label("Телефоны").first.fill("8 912 345-67-89; 8 912 345-67-80")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/counterparties/show/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Новый клиент из браузера")
    person = rows(select(ContactPerson).where(ContactPerson.last_name == "Орлов"))[0]
    assert person.first_name == "Сергей"
    phones = rows(select(ContactInfo.phone).where(ContactInfo.person_id == person.id).order_by(ContactInfo.id))
    assert phones == ["+79123456789", "+79123456780"]
    expect(page.locator('.ways a[href="tel:+79123456789"]')).to_be_visible()


def test_a_fact_is_changed_by_keys_where_it_stands(visit: Visit, rows: Rows) -> None:
    page = visit("anna", "/counterparties/show/3")
    page.locator(".voids summary").click()
    row = page.locator("[data-fact$='/full_name']")
    row.dblclick()
    field = row.get_by_role("textbox")
    expect(field).to_be_focused()
    field.fill("Не то")
    field.press("Escape")
    expect(row.get_by_role("textbox")).to_have_count(0)
    row.get_by_role("button").press("Enter")
    row.get_by_role("textbox").fill("Общество «Ромашка»")
    row.get_by_role("textbox").press("Enter")
    expect(page.locator("[data-fact$='/full_name'] dd")).to_contain_text("Общество «Ромашка»")
    assert rows(select(Counterparty.full_name).where(Counterparty.id == 3)) == ["Общество «Ромашка»"]


def test_what_is_wrong_stays_in_the_fact(visit: Visit, rows: Rows, complaints: list[str]) -> None:
    page = visit("anna", "/counterparties/show/4")
    page.locator(".voids summary").click()
    row = page.locator("[data-fact$='/inn']")
    row.dblclick()
    row.get_by_role("textbox").fill("123")
    row.get_by_role("textbox").press("Enter")
    expect(row.get_by_role("alert")).to_be_visible()
    expect(row.get_by_role("textbox")).to_have_value("123")
    assert rows(select(Counterparty.inn).where(Counterparty.id == 4)) == [""]
    assert all("422" in said for said in complaints)
    complaints.clear()


def test_headings_are_in_order_and_buttons_stay_at_hand_on_a_phone(visit: Visit) -> None:
    page = visit("anna", "/counterparties/show/1", size=PHONE)
    page.locator(".named").evaluate(
        "head => head.insertAdjacentHTML('beforeend', '<a class=chip>' + 'долг '.repeat(30))"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    levels = page.eval_on_selector_all("main :is(h1, h2, h3)", "all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    button = page.get_by_role("link", name="Контакт", exact=True)
    expect(button).to_be_in_viewport()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(button).to_be_in_viewport()


def test_print_keeps_headings_and_drops_buttons(visit: Visit) -> None:
    page = visit("anna", "/counterparties/show/1", theme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("heading", name="Что было")).to_be_visible()
    expect(page.locator(".acts")).to_be_hidden()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert re.fullmatch(r"rgba\(0, 0, 0, 0\)|rgb\(255, 255, 255\)", background)
