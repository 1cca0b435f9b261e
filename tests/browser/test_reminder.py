"""A reminder rings in every tab, and two presses later the client has his letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app import clock
from app.domain.words import Direction, InfoType
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from app.models.users import User
from app.services.bell import reminders
from app.services.counterparties.contact_info import complete

Visit = Callable[..., Page]
ADDRESS = "sklad@rodnik.example"


@pytest.fixture
def reminded(served: tuple[Flask, str]) -> Iterator[None]:
    """Anna is to write to a client; it rings in three seconds. Afterwards the base is as it was."""
    with served[0].app_context():
        anna = db.session.scalars(select(User).where(User.username == "anna")).one()
        client = Counterparty(code="РД-1", name="Родник", manager=anna)
        info = ContactInfo(
            counterparty=client, kind=ContactInfoKind(name="Почта Родника", type=InfoType.EMAIL), value=ADDRESS
        )
        complete(info)
        rings = datetime.now(UTC) + timedelta(seconds=3)
        contact = Contact(counterparty=client, manager=anna, subject="Отправить цены", starts_at=rings, ends_at=rings)
        box = Mailbox(address="anna@vizavi.example", login="anna@vizavi.example", owner=anna)
        db.session.add_all([client, info, contact, box])
        db.session.flush()
        made = reminders.remind(db.session(), contact, anna.id, zone=clock.zone(), minutes=0)
        assert abs(made.due_at - rings) < timedelta(seconds=1)
        db.session.commit()
        db.session.remove()
    yield
    with served[0].app_context():
        known = select(Counterparty.id).where(Counterparty.code == "РД-1").scalar_subquery()
        db.session.execute(delete(Letter).where(Letter.subject == "Отправить цены"))
        db.session.execute(delete(Contact).where(Contact.counterparty_id == known))
        db.session.execute(delete(Counterparty).where(Counterparty.code == "РД-1"))
        db.session.execute(delete(ContactInfoKind).where(ContactInfoKind.name == "Почта Родника"))
        db.session.execute(delete(Mailbox).where(Mailbox.address == "anna@vizavi.example"))
        db.session.commit()
        db.session.remove()


@pytest.mark.usefixtures("reminded")
def test_a_reminder_rings_in_two_tabs_and_two_presses_send_the_letter(
    visit: Visit, rows: Callable[..., list[object]]
) -> None:
    first = visit("anna", "/tasks/list/")
    second = first.context.new_page()
    second.goto("/contacts/list/")
    for tab in (first, second):
        expect(tab).to_have_title(re.compile(r"^\(1\) "))
    second.keyboard.press("KeyB")
    second.locator(".rings li").filter(has_text="Отправить цены").get_by_role("link", name="Написать").click()
    expect(second.get_by_role("combobox", name="Кому")).to_have_value(ADDRESS)
    expect(second.get_by_label("Тема")).to_have_value("Отправить цены")
    second.get_by_label("Текст").fill("Цены на этой неделе")
    second.keyboard.press("Escape")
    second.keyboard.press("s")  # is typed on: it sends nothing
    expect(second.get_by_label("Текст")).to_have_value("Цены на этой неделеs")
    second.get_by_label("Текст").fill("Цены на этой неделе прежние.")
    second.get_by_role("button", name="Отправить", exact=True).click()
    expect(second.locator(".toasts, .alert").first).to_be_visible()
    assert rows(select(Letter.direction).where(Letter.subject == "Отправить цены")) == [Direction.OUT]
