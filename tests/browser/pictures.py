"""The pictures of the user guide, made by `make pictures`: pages of the demo company as its people see them.

They are of one day, so that only what has changed in the product changes them. Fields of days and files are drawn by
the browser in its own language: Chromium needs its Russian (`chromium-l10n`).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Page
from sqlalchemy import func, select

from app import clock
from app.domain.passwords import digest
from app.extensions import db
from app.models.counterparties import ContactInfo, Counterparty
from app.models.orders import BuyerOrder
from app.models.satisfaction import SatisfactionAsk, SatisfactionMark
from app.models.supply import SupplierOrder
from app.services import demo
from app.services.access import permissions
from app.services.mail.marks import ADDRESS
from app.views.guide.chapters import GUIDE, PICTURE_SIZE
from app.web.reports import snapshot
from config import LANGUAGES, Settings
from jobs import long_work, runtime
from tests.bases import Bases
from tests.browser.conftest import login_cookie, serving
from tests.conftest import app_on

NOW = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)  # a Wednesday, before noon in Moscow
LOCALES = {"ru": "ru-RU", "en": "en-GB"}
SECRET = "of-a-picture"
FILE = """Название;ИНН;Телефон;Город
Кровля-Сервис ООО;7707083893;+7 495 120-45-60;Москва
Гвоздь и Доска ООО;7728168971;+7 812 640-11-22;Санкт-Петербург
Сидоров Павел Олегович ИП;500100732259;8 916 555-01-42;Коломна
Лестницы Урала ООО;123;+7 343 200-77-15;Екатеринбург
"""


def from_a_template(page: Page) -> None:
    page.locator("#letter-template").select_option(index=1)
    page.locator("button[value=template]").click()
    page.wait_for_load_state("load")


def set_up(page: Page) -> None:
    page.locator("[data-setup]").click()


def first_row(page: Page) -> None:
    page.locator("main .lead-link").first.click()
    page.wait_for_load_state("load")


def checked(page: Page) -> None:
    """A worker looks through the file meanwhile."""
    page.locator("input[type=file]").set_input_files(
        {"name": "clients.csv", "mimeType": "text/csv", "buffer": FILE.encode("utf-8-sig")}
    )
    page.locator("form.card .btn-primary").click()
    page.wait_for_url("**/import/*")
    long_work.run()
    page.reload()


class Scene(NamedTuple):
    """Who looks, where, and what he does there first."""

    user: str
    address: str
    begin: Callable[[Page], None] | None = None


DIRECTOR, MANAGER, BUYER, ADMINISTRATOR, NOBODY = "vorontsov", "smirnova", "gusev", "admin", ""
SCENES = {
    "home": Scene(MANAGER, "/"),
    "list": Scene(MANAGER, "/counterparties/list/"),
    "card": Scene(MANAGER, "/counterparties/show/{client}"),
    "order": Scene(MANAGER, "/orders/edit/{order}"),
    "call": Scene(MANAGER, "/call?phone={phone}"),
    "mail": Scene(MANAGER, "/letters/write?person={person}", from_a_template),
    "calendar": Scene(MANAGER, "/calendar/?view=week"),
    "board": Scene(MANAGER, "/board/"),
    "supply": Scene(BUYER, "/supplier-orders/show/{supply}"),
    "report": Scene(DIRECTOR, "/reports/managers/"),
    "setup": Scene(DIRECTOR, "/reports/contacts/", set_up),
    "classes": Scene(DIRECTOR, "/classification/"),
    "director": Scene(DIRECTOR, "/reports/director/"),
    "import": Scene(ADMINISTRATOR, "/import/", checked),
    "bank": Scene(ADMINISTRATOR, "/bank-statements/", first_row),
    "users": Scene(ADMINISTRATOR, "/users/list/"),
    "mark": Scene(NOBODY, f"{ADDRESS}{SECRET}/5"),
}


@pytest.fixture(scope="module")
def company(bases: Bases, settings: Settings, migrated: str) -> Iterator[tuple[Flask, str, dict[str, Any]]]:
    """The demo company on a server: the application, its address, and the rows that pages are of."""
    address = bases.new("pictures", of=migrated)
    app = app_on(settings, address, WTF_CSRF_ENABLED=True)
    with (
        patch.object(clock, "now", lambda: NOW),
        patch.object(runtime, "app", lambda: app),
        patch.object(snapshot, "hurry"),  # no worker counts what is slow here
    ):
        with app.app_context():
            rows = filled(app)
        with serving(app) as site:
            yield app, site, rows
    bases.let_go(address)


def filled(app: Any) -> dict[str, Any]:
    sm = app.appbuilder.sm
    permissions.write(app.appbuilder)
    demo.fill(db.session(), "small", today=clock.today(), now=clock.now())
    sm.add_user(ADMINISTRATOR, "Анна", "Белова", "admin@example.com", sm.find_role("Admin"), hashed_password="!")
    client, order = db.session.execute(
        select(BuyerOrder.counterparty_id, func.max(BuyerOrder.id))
        .where(BuyerOrder.manager_id == sm.find_user(MANAGER).id)
        .join(Counterparty, Counterparty.id == BuyerOrder.counterparty_id)
        .where(Counterparty.manager_id == BuyerOrder.manager_id)
        .group_by(BuyerOrder.counterparty_id)
        .order_by(func.count().desc(), BuyerOrder.counterparty_id)
        .limit(1)
    ).one()
    supply = db.session.scalar(select(func.max(SupplierOrder.id)).where(SupplierOrder.received_on.is_(None)))
    informations = select(ContactInfo).where(ContactInfo.counterparty_id == client).order_by(ContactInfo.id)
    phone = db.session.scalars(informations.where(ContactInfo.phone != "").limit(1)).one().phone
    person = (
        db.session.scalars(
            select(ContactInfo)
            .join(ContactInfo.counterparty)
            .where(Counterparty.manager_id == sm.find_user(MANAGER).id)
            .where(ContactInfo.person_id.is_not(None), ContactInfo.value.contains("@"))
            .order_by(ContactInfo.id)
            .limit(1)
        )
        .one()
        .person_id
    )
    unanswered = ~select(SatisfactionMark.id).where(SatisfactionMark.ask_id == SatisfactionAsk.id).exists()
    ask = select(SatisfactionAsk).where(unanswered).order_by(SatisfactionAsk.id).limit(1)
    db.session.scalars(ask).one().hash = digest(SECRET)
    db.session.commit()
    db.session.remove()
    return {"client": client, "order": order, "supply": supply, "phone": phone, "person": person}


def webp(png: bytes) -> bytes:
    """Exact: of a screen that is lighter than what a photograph would be squeezed to."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(out, "WEBP", lossless=True, quality=100, method=6)
    return out.getvalue()


@pytest.fixture(scope="module", params=LANGUAGES)
def reader(
    request: pytest.FixtureRequest, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[tuple[str, Browser]]:
    """The language, and a browser that is of it too."""
    language = request.param
    env = {**browser_type_launch_args.get("env", os.environ), "LANGUAGE": LOCALES[language].replace("-", "_")}
    browser = browser_type.launch(**{**browser_type_launch_args, "env": env})
    yield language, browser
    browser.close()


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_taken(name: str, reader: tuple[str, Browser], company: tuple[Flask, str, dict[str, Any]]) -> None:
    (language, browser), (app, address, rows), scene = reader, company, SCENES[name]
    context = browser.new_context(
        base_url=address,
        viewport=PICTURE_SIZE,
        locale=LOCALES[language],
        timezone_id=app.config["BABEL_DEFAULT_TIMEZONE"],
        reduced_motion="reduce",
    )
    if scene.user:
        context.add_cookies([login_cookie(app, scene.user, address)])
    page = context.new_page()
    page.clock.set_fixed_time(NOW)
    page.goto(f"/lang/{language}")
    answer = page.goto(scene.address.format(**rows))
    assert answer is not None
    assert answer.ok, answer.status
    if scene.begin:
        scene.begin(page)
    page.wait_for_load_state("networkidle")
    (GUIDE / "pictures").mkdir(exist_ok=True)
    (GUIDE / "pictures" / f"{name}.{language}.webp").write_bytes(webp(page.screenshot()))
    context.close()
