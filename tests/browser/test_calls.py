"""The telephone rings: the caller's card opens, and nothing that is being typed is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app import clock
from app.domain.words import InfoType
from app.extensions import db
from app.models.access import InquiryKey
from app.models.bell import PhoneCall
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.users import User
from app.services.contacts import inquiries
from app.services.counterparties.contact_info import complete
from app.web.access.people import profile_of
from tests.browser.conftest import PHONE

Visit = Callable[..., Page]
Ring = Callable[[str], Any]
NUMBER = "+7 846 015-20-99"


@pytest.fixture
def ring(served: tuple[Flask, str]) -> Iterator[Ring]:
    """The exchange tells of a call to Anna, by its number of the call; afterwards nothing is left of it."""
    app, _address = served
    with app.app_context():
        key = InquiryKey(name="АТС", for_calls=True)
        secret = inquiries.make_key(db.session(), key, now=clock.now())
        profile = profile_of(db.session.scalars(select(User).where(User.username == "anna")).one())
        profile.extension = "101"
        db.session.commit()
        db.session.remove()

    def tell(call: str) -> Any:
        sent = {"id": call, "phone": NUMBER, "extension": "101"}
        return app.test_client().post("/api/v1/call", json=sent, headers={"X-Call-Key": secret}).status_code

    yield tell
    with app.app_context():
        db.session.execute(delete(PhoneCall))
        db.session.execute(delete(InquiryKey).where(InquiryKey.name == "АТС"))
        profile = profile_of(db.session.scalars(select(User).where(User.username == "anna")).one())
        profile.extension = ""
        db.session.commit()
        db.session.remove()


@pytest.fixture
def caller(served: tuple[Flask, str]) -> Iterator[None]:
    """A client of Anna who calls from the number and has an address and a site as long as they get."""
    app, _address = served
    with app.app_context():
        anna = db.session.scalars(select(User).where(User.username == "anna")).one()
        client = Counterparty(code="ЗВ-9", name="Авангард-Ремстройкомплект", manager=anna)
        rows: list[Any] = [client]
        for kind, value in (
            (InfoType.PHONE, NUMBER), (InfoType.EMAIL, "otdel.snabzheniya.i.kompl@avangardremstroykomplekt.example"),
            (InfoType.WEB, "https://avangardremstroykomplekt.example/o-kompanii/rekvizity-i-kontakty"),
        ):  # fmt: skip
            info = ContactInfo(
                counterparty=client, kind=ContactInfoKind(name=f"Вид {kind}", type=kind), value=value, extension=""
            )
            complete(info)
            rows.append(info)
        db.session.add_all(rows)
        db.session.commit()
        number, kinds = client.id, [info.kind_id for info in rows[1:]]
        db.session.remove()
    yield
    with app.app_context():
        db.session.execute(delete(Counterparty).where(Counterparty.id == number))
        db.session.execute(delete(ContactInfoKind).where(ContactInfoKind.id.in_(kinds)))
        db.session.commit()


@pytest.mark.usefixtures("caller")
def test_long_addresses_fit_a_phone(visit: Visit) -> None:
    page = visit("anna", f"/call?phone={quote(NUMBER)}", size=PHONE)
    expect(page.get_by_role("heading", name="Авангард-Ремстройкомплект")).to_be_visible()
    expect(page.get_by_text("otdel.snabzheniya")).to_be_visible()
    beyond = "all => all.filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.textContent)"
    assert page.locator("main .reach a").evaluate_all(beyond) == []


def test_the_card_of_the_caller_opens_while_it_rings_and_once(visit: Visit, ring: Ring) -> None:
    page = visit("anna", "/tasks/list/")
    assert ring("1") == 200
    page.wait_for_url(re.compile(r"/call\?phone="))
    with page.expect_response(re.compile("/call/ringing/")):
        page.goto("/tasks/list/")
    with page.expect_response(re.compile("/call/ringing/")):  # asked once more: it stayed where it was
        pass
    expect(page).to_have_url(re.compile("/tasks/list/"))


def test_what_is_being_typed_stays(visit: Visit, ring: Ring) -> None:
    page = visit("anna", "/tasks/add")
    page.get_by_label("Что сделать").fill("Пишу")
    assert ring("2") == 200
    expect(page.locator(".toasts")).to_contain_text(NUMBER)
    expect(page.get_by_label("Что сделать")).to_have_value("Пишу")
