"""The telephone rings: the caller's card opens, and nothing that is being typed is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app import clock
from app.extensions import db
from app.models.access import InquiryKey
from app.models.bell import PhoneCall
from app.models.users import User
from app.services.contacts import inquiries
from app.web.access.people import profile_of

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
