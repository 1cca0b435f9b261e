"""A real Chromium on the real application, served by a threaded server from a base of its own."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from _pytest.runner import runtestprotocol
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect
from sqlalchemy import select
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.security import generate_password_hash
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from app.domain.words import ContactState, CounterpartyKind
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.users import User
from app.web.access.security import VERSION, version_of
from app.web.reports import snapshot
from config import Settings
from tests.bases import Bases
from tests.conftest import app_on
from tests.waiting import PATIENCE

WAITS = PATIENCE / 2 * 1000  # milliseconds: a test may begin once more in its time
expect.set_options(timeout=WAITS)
HERE = Path(__file__).parent
FETCHED = Path(sys.prefix) / "chromium"
NOWHERE = "/empty"  # where the page is between tests: of the product's origin, with none of its scripts
NO_PAGE = '<link rel="icon" href="data:,">'
AXE = "/axe.js"  # by an address: the browser compiles it once for all pages
PASSWORD = "long-enough-password"
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 800}
# Each page of each test would begin processes of its own.
FEW_PROCESSES = ("--renderer-process-limit=1", "--in-process-gpu")
# To optimize scripts that run for a second costs more than it saves.
PLAIN_SCRIPTS = "--js-flags=--no-turbofan --no-maglev --single-threaded"
# Of several lists of features the last one holds: what Playwright leaves out because pages would notice it, and what
# the address bar would load for each new page, though nobody types into it.
LEFT_OUT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
# A click on what the scripts of a page have not reached yet would do nothing: it waits for them.
DEAF_UNTIL_LOADED = """
const deaf = new CSSStyleSheet();
deaf.replaceSync("* { pointer-events: none !important }");
document.adoptedStyleSheets = [deaf];
addEventListener("load", () => { document.adoptedStyleSheets = []; });
"""
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
broken_off = list[str]()  # what the browser was loading when a network of this machine came or went
heard = list[str]()  # what it complained of since the test began
common = list[BrowserContext]()  # the one whose page all tests use in turn
spoilt = list[BrowserContext]()  # it was that until a test failed in it


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Chromium breaks off what it loads, even from this machine, as soon as any network of it changes, and nothing
    keeps it from doing so: such a test has shown nothing, and begins once more.
    """
    if not item.path.is_relative_to(HERE):
        return None  # pytest asks here for all tests
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    broken_off.clear()
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if broken_off and any(report.failed for report in reports):
        spoil()
        item._initrequest()  # type: ignore[attr-defined]
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports):
        spoil()
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def spoil() -> None:
    spoilt.extend(common)
    common.clear()


def note(sent: Request) -> None:
    if sent.failure == NETWORK_CHANGED:
        broken_off.append(sent.url)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; without one, what `make test` fetched, with its own libraries and font."""
    args = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", *FEW_PROCESSES, PLAIN_SCRIPTS]
    args.append(f"--disable-features={','.join(LEFT_OUT)}")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium:
        return {**browser_type_launch_args, "executable_path": chromium, "args": args}
    if not (FETCHED / "chromium").exists():
        pytest.fail("Browser tests need Chromium: `make test` fetches one")
    env = {
        **os.environ,
        "LD_LIBRARY_PATH": str(FETCHED / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(FETCHED / "fonts.conf"),
    }
    args += ["--no-zygote", "--disable-gpu"]
    return {**browser_type_launch_args, "executable_path": FETCHED / "chromium", "args": args, "env": env}


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """A failed test shows what failed, not every style sheet that was asked for."""


def fill(session: Any) -> None:
    """A small company of Anna's: enough rows for two pages of a list."""
    people = {user.username: user for user in session.scalars(select(User))}
    people["anna"].password = generate_password_hash(PASSWORD)
    now = datetime.now(UTC).replace(microsecond=0)
    for n in range(1, 31):
        buyer = Counterparty(
            code=f"B{n:03}", name=f"ООО «Ромашка {n:02}»", kind=CounterpartyKind.COMPANY, manager=people["anna"]
        )
        person = ContactPerson(counterparty=buyer, last_name=f"Смирнов-{n:02}", first_name="Олег")
        session.add_all([buyer, person])
        if n <= 3:
            at = now + timedelta(days=n - 2)
            session.add(
                Contact(
                    counterparty=buyer,
                    person=person,
                    manager=people["anna"],
                    subject=f"Обсудить цены {n}",
                    state=ContactState.PLANNED,
                    starts_at=at,
                    ends_at=at + timedelta(minutes=30),
                )
            )
    session.commit()
    session.remove()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Its address; afterwards nobody is connected to its base."""
    # Whatever opens its pages to others than the product does would be shown by another process.
    empty = Response(NO_PAGE, mimetype="text/html", headers={"Cross-Origin-Opener-Policy": "same-origin"})
    axe = Response(AXE_SCRIPT, mimetype="text/javascript", headers={"Cache-Control": "max-age=86400"})
    served = DispatcherMiddleware(app, {NOWHERE: empty, AXE: axe})
    server = make_server("127.0.0.1", 0, served, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def served(bases: Bases, settings: Settings, furnished: str) -> Iterator[tuple[Flask, str]]:
    """The application and its address. CSRF is on: this is how people meet it."""
    address = bases.new("browser", of=furnished)
    app = app_on(settings, address, WTF_CSRF_ENABLED=True)
    with app.app_context():
        fill(db.session)
    with serving(app) as site:
        yield app, site
    bases.let_go(address)


@pytest.fixture
def rows(served: tuple[Flask, str]) -> Callable[[Any], list[Any]]:
    """What the base holds now: `rows(select(…))`."""

    def read(statement: Any) -> list[Any]:
        with served[0].app_context():
            found = list(db.session.scalars(statement).all())
            db.session.remove()
        return found

    return read


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of; a test that expects a complaint clears it."""
    heard.clear()
    return heard


def watched(browser: Browser, address: str) -> BrowserContext:
    """A context that hears what the browser complains of in any of its pages."""
    context = browser.new_context(base_url=address, locale="ru-RU")
    context.set_default_timeout(WAITS)
    context.add_init_script(DEAF_UNTIL_LOADED)
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("requestfailed", note)
    context.on("console", lambda said: heard.append(f"{said.text} {said.location}") if said.type == "error" else None)
    context.on("weberror", lambda told: heard.append(str(told.error)))
    return context


def leave(context: BrowserContext) -> None:
    """Its first page is as if nobody had used it: what was asked for is broken off, for a late answer would log the
    next one in as somebody else.
    """
    page, *others = context.pages or [context.new_page()]
    for other in others:
        other.close()
    page.unroute_all()
    page.mouse.move(-1, -1)  # over nothing
    page.goto(NOWHERE)
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    context.clear_cookies()


@pytest.fixture
def visit(browser: Browser, served: tuple[Flask, str], complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """`visit("anna", "/contacts/list/")`: the page with Anna logged in, at any size and theme.

    All tests use one page in turn: to make another costs more than to open an address. `alone` is for what would
    outlast the test in it: scripts for every address, a clock of its own. The test fails when the browser complained
    of a script, a policy or an answer.
    """
    app, address = served
    own: list[BrowserContext] = []
    while spoilt:
        spoilt.pop().close()

    def opened(
        user: str | None,
        path: str = "/",
        *,
        size: dict[str, int] = WIDE,
        theme: Any = "light",
        alone: bool = False,
    ) -> Page:
        mine = own if alone else common
        if not mine:
            mine.append(watched(browser, address))
        [context] = mine
        page = context.pages[0] if context.pages else context.new_page()
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.emulate_media(color_scheme=theme, media="null", reduced_motion="null")
        context.clear_cookies()
        if user:
            context.add_cookies([login_cookie(app, user, address)])
        page.goto(path)
        return page

    with patch.object(snapshot, "hurry"):  # no worker counts here what is slow
        yield opened
    for context in own:
        context.close()
    for context in common:
        leave(context)
    assert complaints == []


def picker(page: Page, label: str) -> Locator:
    """What one types into: not the bare list that stands there until the script has come."""
    return page.locator(".lookup > input").and_(page.get_by_label(label))


def login_cookie(app: Flask, user: str, address: str) -> Any:
    """The session of the user, without the cost of the password's hash."""
    with app.app_context():
        found = app.appbuilder.sm.find_user(user)  # type: ignore[attr-defined]
        number, version = found.id, version_of(found)
        db.session.remove()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = str(number), True
        session[VERSION] = version
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return {"name": name, "value": cookie.value, "url": address}
