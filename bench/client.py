"""A browser's part in it: one kept connection, cookies, forms."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench.wsgi import CPU, STATEMENTS

MAKING = re.compile(rb'data-making="([^"]+)"')


class Cost(NamedTuple):
    """What an answer cost the server: SQL statements and milliseconds of the web server's CPU."""

    statements: int
    cpu: float


@dataclass
class Answer:
    status: int
    body: bytes
    cost: Cost
    location: str


class Form(HTMLParser):
    """What a browser would send of the form that has a CSRF token, untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        name, value = at.get("name") or "", at.get("value") or ""
        if tag == "input" and name and at.get("type") not in {"submit", "button", "checkbox", "radio", "file"}:
            self.values.setdefault(name, value)
        elif tag == "input" and name and "checked" in at:
            self.values[name] = value or "y"
        elif tag == "textarea" and name:
            self._text = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in at or self._select not in self.values):
            self.values[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._text = "" if tag == "textarea" else self._text

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data


@dataclass
class Browser:
    """One kept connection; clients of one login share its cookies."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def request(self, method: str, path: str, data: dict[str, str] | None = None) -> Answer:
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body: Any = None
        if data is not None:
            body = urlencode(data)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"http://127.0.0.1:{self.port}{path}",
            }
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        cost = Cost(int(response.headers.get(STATEMENTS) or 0), float(response.headers.get(CPU) or 0))
        return Answer(response.status, content, cost, response.headers.get("Location") or "")

    def get(self, path: str) -> Answer:
        answer = self.request("GET", path)
        if answer.status != 200:
            raise SystemExit(f"GET {path}: {answer.status} {answer.location}")
        return answer

    def wait_for(self, answer: Answer) -> bool:
        """Whether a worker was making what the answer is to show; it is made now."""
        making = MAKING.search(answer.body)
        while making and json.loads(self.get(making[1].decode()).body)["running"]:
            time.sleep(0.05)
        return making is not None

    def send(self, path: str, form: dict[str, str]) -> Answer:
        """Posts the form; a form that comes back was not accepted."""
        answer = self.request("POST", path, form)
        if answer.status != 302:
            raise SystemExit(f"POST {path}: {answer.status}, the form was not accepted")
        return answer

    def log_in(self, username: str, password: str) -> None:
        form = Form(self.get("/login/").body.decode()).values
        answer = self.send("/login/", {**form, "username": username, "password": password})
        if "/login" in answer.location:
            raise SystemExit(f"{username} cannot log in")

    def twin(self) -> Browser:
        return Browser(self.port, dict(self.cookies))
