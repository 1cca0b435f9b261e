"""A telephone: a client that comes in by a password of its own and speaks as programs do."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import clock
from app.services.access import app_passwords
from tests.conftest import user_named

D, CARD, CAL = "{DAV:}", "{urn:ietf:params:xml:ns:carddav}", "{urn:ietf:params:xml:ns:caldav}"
SPACES = 'xmlns="DAV:" xmlns:R="urn:ietf:params:xml:ns:carddav" xmlns:C="urn:ietf:params:xml:ns:caldav"'


@dataclass
class Telephone:
    """What it holds is what it was told of: names of items and their versions."""

    app: Flask
    login: str
    secret: str
    user_id: int
    token: dict[str, str] = field(default_factory=dict)
    holds: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> TestResponse:
        basic = b64encode(f"{self.login}:{self.secret}".encode()).decode()
        said = {"Authorization": f"Basic {basic}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.app.test_client().open(f"/dav/{path}", method=method, data=body, headers=said)

    def book(self, kind: str, name: str = "") -> str:
        return f"{self.user_id}/{kind}/{name}"

    def sync(self, kind: str = "people") -> set[str]:
        """Learns what changed; returns the names of what is other, new or gone."""
        token = f"<sync-token>{self.token.get(kind, '')}</sync-token>"
        body = f"<sync-collection {SPACES}>{token}<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
        answer = self.ask("REPORT", self.book(kind), body)
        assert answer.status_code == 207, answer.text
        root, held, names = ElementTree.fromstring(answer.data), self.holds.setdefault(kind, {}), set()
        for response in root.findall(f"{D}response"):
            name = (response.findtext(f"{D}href") or "").rpartition("/")[2]
            names.add(name)
            if "404" in (response.findtext(f"{D}status") or ""):
                held.pop(name, None)
            else:
                held[name] = response.findtext(f".//{D}getetag") or ""
        self.token[kind] = root.findtext(f"{D}sync-token") or ""
        return names

    def read(self, kind: str = "people") -> dict[str, str]:
        """The texts of all that it holds, in one question."""
        what = {"people": "R:addressbook-multiget"}.get(kind, "C:calendar-multiget")
        data = {"people": "R:address-data"}.get(kind, "C:calendar-data")
        hrefs = "".join(f"<href>/dav/{self.book(kind, name)}</href>" for name in self.holds[kind])
        answer = self.ask("REPORT", self.book(kind), f"<{what} {SPACES}><prop><{data}/></prop>{hrefs}</{what}>")
        assert answer.status_code == 207, answer.text
        return {
            (each.findtext(f"{D}href") or "").rpartition("/")[2]: each.findtext(
                f".//{CARD if kind == 'people' else CAL}{data.partition(':')[2]}"
            )
            or ""
            for each in ElementTree.fromstring(answer.data).findall(f"{D}response")
        }


@pytest.fixture
def telephone(app: Flask, session: Session) -> Callable[[str], Telephone]:
    def of(username: str) -> Telephone:
        user = user_named(session, username)
        secret = app_passwords.make(session, user.id, "iPhone", now=datetime.now(UTC))
        session.commit()
        return Telephone(app, username, secret, user.id)

    return of


@pytest.fixture
def anna(telephone: Callable[[str], Any]) -> Telephone:
    return telephone("anna")


@pytest.fixture
def today(app: Flask) -> date:
    with app.app_context():
        return clock.today()
