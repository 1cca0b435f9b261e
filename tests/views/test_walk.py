"""Every page of the demo company, once, in Russian: no English word, no object where a name should stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.extensions import db
from app.models.classification_drafts import ClassificationDraft
from app.models.counterparties import Counterparty
from app.models.users import User
from app.models.work_plan import WorkPlan
from app.services import demo
from app.services.exchange import TABLES
from app.web.views import CrmView
from tests.bases import Bases
from tests.conftest import moved, user_named
from tests.services.conftest import filled
from tests.test_messages import LATIN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # some 240 pages
__all__ = ["filled"]

# What a Russian page may have besides: names of people, goods and addresses are data, these are the product's own.
SAID = re.compile(LATIN.pattern + "|EN|RU|English|OpenAPI|v|A\\d+|Re|csv|json|pdf|xlsx|F")
FILE = re.compile(r"^/reports/.*/(?:csv|json|pdf|xlsx)$")
OFFERED = {"/import/": {"2026-11-23"}}  # as an example of what is understood
TEXTS = {"title", "aria-label", "placeholder", "alt", "data-confirm", "data-label"}
DATA = re.compile(
    r"\b[A-Z2-7]{32}\b|[\w.+-]+@[\w.-]+|https?://\S+|www\.\S+|[\w-]+\.(?:ru|com|рф|example|pdf|csv|json|txt|xlsx)\b"
)


SILENT = {"script", "style", "code", "pre", "kbd"}


class Words(HTMLParser):
    """The texts that people read on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT or ("id", "timezone") in attrs
        self.texts += [value for name, value in attrs if name in TEXTS and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT or (tag == "select" and self.silent > 0)

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.texts.append(data.strip())


@pytest.fixture
def company(app: Flask, bases: Bases, filled: Callable[[str, demo.Size], str]) -> Iterator[Flask]:
    address = bases.new("walked", of=filled("small", demo.SIZES["small"]))
    with moved(app, address):
        yield app
    bases.let_go(address)


def first(model: Any, *where: Any) -> int:
    return db.session.scalars(select(model.id).where(*where).order_by(model.id.desc()).limit(1)).first() or 0


def addresses(app: Flask) -> Iterator[str]:
    """One of each page that can be asked for."""
    with app.test_request_context():
        views = {type(view).__name__: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            # What a file of a report has in it is seen in tests/reports/test_exits.py.
            if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/") and not FILE.search(rule.rule):
                values = {name: sample(views, rule, name) for name in rule.arguments}
                yield adapter.build(rule.endpoint, values)
        db.session.remove()


def sample(views: dict[str, Any], rule: Rule, name: str) -> Any:
    view = views.get(rule.endpoint.partition(".")[0])
    match name, rule.endpoint.partition(".")[0]:
        case "filename", _:
            return "mark.svg"
        case "slug", "ExportView":
            return "items"
        case "ending", _:
            return "csv"
        case "kind", _:
            return "abc"
        case "locale", _:
            return "ru"
        case "whose", _:
            return "clients"
        case "number", "ClassificationDraftView":
            return first(ClassificationDraft)
        case "number", "WorkPlanView":
            return first(WorkPlan)
        case "model" | "name", _:
            return "Counterparty"
        case _, ("SupplierView" | "SupplierFactsView"):
            return first(Counterparty, Counterparty.is_supplier)
    model = getattr(getattr(view, "datamodel", None), "obj", Counterparty)
    return first(model)


def pages(app: Flask) -> Iterator[tuple[str, str, list[str]]]:
    """The address of every page that answers an administrator, its HTML and its texts."""
    client = app.test_client()
    with app.app_context():
        number = first(User, User.roles.any(name="Admin"))
        db.session.remove()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = str(number), True
    for address in [*addresses(app)]:  # each page is asked for when no other request is under way
        with client.get(address) as answer:
            assert answer.status_code < 500, address
            html = answer.text if answer.mimetype == "text/html" and answer.status_code == 200 else ""
        if html:
            page = Words()
            page.feed(html)
            yield address, html, page.texts


def test_every_page_speaks_russian_and_shows_no_insides(company: Flask) -> None:
    with company.app_context():
        logins = set(db.session.scalars(select(User.username)))
        db.session.remove()
    found: dict[str, Any] = {}
    count = 0
    for address, html, texts in pages(company):
        count += 1
        text = DATA.sub(" ", "\n".join(texts))
        words = {word for word in re.findall(r"[A-Za-z]+", text) if not SAID.fullmatch(word)} - logins
        objects = re.findall(r"&lt;\w+ \w*&gt;|<\w+ \d+>|\w+=\"None\"", html)
        # Days are 23.11.2026, sums in inputs have a comma.
        days = {*re.findall(r"(?<![\d.])\d\d\.\d\d\.\d\d(?![\d.])", text)} | {*re.findall(r"\d{4}-\d\d-\d\d", text)}
        sums = [tag for tag in re.findall(r"<input[^>]*>", html) if re.search(r'value="-?\d+\.\d+"', tag)]
        is_part = "<html" not in html  # of a page that is there already
        untitled = [] if address == "/" or is_part or " · Визави</title>" in html else ["no title"]
        if wrong := [*words, *objects, *untitled, *(days - OFFERED.get(address, set())), *sums]:
            found[address] = wrong
    assert found == {}
    assert count > 100


def test_an_empty_list_offers_a_file_only_where_one_can_be_loaded(app: Flask, session: Session) -> None:
    loaded = {table.model for table in TABLES.values()}
    offered = []
    with app.test_request_context():
        lists = [view for view in app.appbuilder.baseviews if isinstance(view, CrmView)]  # type: ignore[attr-defined]
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = str(user_named(session, "admin").id), True
    for view in lists:
        answer = client.get(f"{view.route_base}/list/")
        if answer.status_code == 200 and "card empty" in answer.text:
            offers = "Загрузить файл" in answer.text
            assert not offers or view.datamodel.obj in loaded, view.route_base
            offered.append(offers)
    assert {*offered} == {True, False}
