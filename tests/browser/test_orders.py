"""An order from its first line to its closing, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from app.domain.words import OrderStatus, ShipmentState
from app.extensions import db
from app.models.closing import OrderClosing
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from tests.browser.conftest import picker

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]
ITEMS = 12


@pytest.fixture
def goods(served: tuple[Flask, str]) -> Iterator[None]:
    """A dozen items to sell; afterwards the base is as it was."""
    with served[0].app_context():
        db.session.add_all(
            Item(code=f"K{n:03}", name=f"Краска {n:02}", price=Decimal(100 + n), unit="л") for n in range(1, ITEMS + 1)
        )
        db.session.commit()
        db.session.remove()
    yield
    with served[0].app_context():
        db.session.execute(update(Payment).values(refund_of_id=None))
        for model in (OrderClosing, Shipment, Payment, BuyerOrder, Item):
            db.session.execute(delete(model))
        db.session.commit()
        db.session.remove()


def choose(page: Page, words: str, option: str) -> None:
    """Type into the picker that has the focus and take what it offers."""
    page.keyboard.type(words)
    expect(page.get_by_role("option", name=option).first).to_be_visible()
    page.keyboard.press("Enter")


def test_enter_takes_what_is_typed_not_what_the_list_still_shows(visit: Visit, goods: None) -> None:
    page = visit("anna", "/orders/add")
    item = page.locator(".lines .lookup input").first
    item.focus()
    page.keyboard.type("K00")
    expect(page.get_by_role("option", name="Краска 03")).to_be_visible()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(item).to_have_value("Краска 03")
    expect(page.locator("input[data-cell=quantity]").first).to_be_focused()


def press(page: Page, key: str, address: str) -> None:
    page.keyboard.press(key)
    page.wait_for_url(address)


def follow(page: Page, link: str, address: str) -> None:
    """To the page behind the link, until its scripts hear keys."""
    page.get_by_role("link", name=link).click()
    page.wait_for_url(address)


def test_an_order_of_ten_lines_is_typed_shipped_paid_and_closed_by_keyboard_alone(
    visit: Visit, rows: Rows, goods: None
) -> None:
    page = visit("anna", "/orders/add")
    expect(picker(page, "Контрагент")).to_be_focused()
    choose(page, "ромашка 01", "Ромашка 01")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Добавьте хотя бы одну строку")).to_be_visible()
    expect(page.locator(".lines .lookup input").first).to_be_focused()
    for n in range(1, 11):
        choose(page, f"K{n:03}", f"Краска {n:02}")
        expect(page.locator("input[data-cell=quantity]").nth(n - 1)).to_be_focused()
        page.keyboard.type(str(n))
        page.keyboard.press("Enter")  # to the price, which is filled in
        page.keyboard.press("Enter")  # to the discount
        page.keyboard.press("Enter")  # to the next line
    expected = sum(n * (100 + n) for n in range(1, 11))
    expect(page.locator("[data-total]")).to_have_text(f"{expected:,}".replace(",", "\u00a0") + ",00")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/show/**")
    (order,) = rows(select(BuyerOrder))
    assert (order.amount, order.quantity) == (Decimal(expected), 55)

    press(page, "s", "**/orders/ship/*")
    first = page.locator("input[data-cell=quantity]").nth(9)
    first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("4")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/show/**")
    assert rows(select(BuyerOrder))[0].shipment_state is ShipmentState.PARTLY
    press(page, "s", "**/orders/ship/*")
    expect(page.locator("input[data-cell=quantity]")).to_have_value("6")
    page.locator("input[data-cell=quantity]").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/show/**")

    for amount in ("1000", ""):  # the second is filled in with the rest
        press(page, "p", "**/orders/pay/*")
        field = page.get_by_label("Сумма")
        field.focus()
        if amount:
            page.keyboard.press("Control+a")
            page.keyboard.type(amount)
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/orders/show/**")
    assert rows(select(BuyerOrder))[0].status is OrderStatus.DONE

    press(page, "l", "**/orders/close?*")
    picker(page, "Причина закрытия").focus()
    choose(page, "выполнен", "Выполнен полностью")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/show/**")
    assert rows(select(BuyerOrder))[0].status is OrderStatus.CLOSED


def test_rows_of_a_spreadsheet_are_pasted_as_lines(visit: Visit, goods: None) -> None:
    page = visit("anna", "/orders/add")
    page.locator(".lines .lookup input").first.focus()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "K001\\t3\\t90,50\\nКраска 02\\t2\\nнет такой\\t1\\n");
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(page.locator(".lines tbody tr")).to_have_count(3)
    expect(page.locator("[data-total]")).to_have_text("475,50")
    expect(page.locator(".toasts")).to_contain_text("нет такой")


def test_a_removed_line_comes_back_and_the_sum_with_it(visit: Visit, goods: None) -> None:
    page = visit("anna", "/orders/add")
    page.locator(".lines .lookup input").first.focus()
    choose(page, "K001", "Краска 01")
    page.keyboard.type("2")
    expect(page.locator("[data-total]")).to_have_text("202,00")
    page.keyboard.press("Control+Delete")
    expect(page.locator("[data-total]")).to_have_text("0,00")
    page.locator(".toasts button").click()
    expect(page.locator("[data-total]")).to_have_text("202,00")


def test_a_wrong_payment_is_asked_about_corrected_given_back_reversed_and_undone(
    visit: Visit, rows: Rows, goods: None
) -> None:
    page = visit("anna", "/orders/add")
    choose(page, "ромашка 01", "Ромашка 01")
    page.locator(".lines .lookup input").first.focus()
    choose(page, "K001", "Краска 01")
    page.keyboard.type("1")
    page.keyboard.press("Control+Enter")
    follow(page, "Принять оплату", "**/orders/pay/*")
    page.get_by_label("Сумма").fill("1000")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#amount-error")).to_contain_text("899,00")
    page.wait_for_load_state()
    page.get_by_label("Оставить лишнее авансом").check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Сохранено").first).to_be_visible()
    (payment,) = rows(select(Payment))
    card = f"/payments/show/{payment.id}"
    page.goto(card)
    follow(page, "Исправить", "**/payments/edit/*")
    page.get_by_label("Сумма").fill("300")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{card}*")
    page.get_by_text("Еще", exact=True).click()
    follow(page, "Вернуть оплату", "**/payments/refund/*")
    expect(page.get_by_label("Сумма возврата")).to_have_value("199,00")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Сохранено").first).to_be_visible()
    page.get_by_text("Еще", exact=True).click()
    follow(page, "Сторно", "**/payments/reverse/*")
    page.get_by_label("Почему сторнируется").fill("вернули не тому")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/payments/show/*")
    expect(page.get_by_text("вернули не тому")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("вернули не тому")).to_be_hidden()
    assert [(row.amount, row.reversed_on) for row in rows(select(Payment).order_by(Payment.id))] == [
        (300, None),
        (-199, None),
    ]
