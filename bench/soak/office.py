"""The people, for locust (`-f bench/soak/office.py`); `SOAK_FACTS` names a file that says who they are.

What was answered "saved" goes into `saved.txt` beside that file, what was sent at all into `sent.txt`.
"""

from __future__ import annotations

import json
import os
import random
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import gevent
from locust import FastHttpUser, between, constant, task
from locust.contrib.fasthttp import FastResponse

from bench.client import Form
from bench.soak import MARK, write_down

FACTS = Path(os.environ["SOAK_FACTS"])
KNOWN: dict[str, Any] = json.loads(FACTS.read_text())
POLL = 20.0  # seconds between two looks of the bell, as in app/static/js/bell.js
TYPING = (4.0, 15.0)  # seconds over a form
REFUSED = re.compile(r'class="err"[^>]*>([^<]*)')


class Visitor(FastHttpUser):
    """Logs in like a person; a form that is refused, or a page that is not there, is a failure."""

    abstract = True
    network_timeout = 70.0
    connection_timeout = 10.0
    cards: list[str]

    def on_start(self) -> None:
        self.cards = []
        while not self.logged_in():
            gevent.sleep(random.uniform(1, 5))

    def logged_in(self) -> bool:
        page = self.client.get("/login/", name="login: the form")
        if page.status_code != 200:
            return False
        sent = Form(page.text or "").values | {"username": random.choice(self.names()), "password": KNOWN["password"]}
        answer = self.sent("/login/", sent, name="login")
        return answer.status_code == 302 and "/login" not in dict(answer.headers or {}).get("location", "")

    def names(self) -> list[str]:
        names: list[str] = KNOWN["users"]
        return names

    def sent(self, path: str, form: dict[str, str], name: str) -> FastResponse:
        headers = {"Referer": f"{self.host}{path}"}
        with self.client.post(
            path, data=form, headers=headers, name=name, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code == 200:
                answer.failure(f"not accepted: {' '.join(REFUSED.findall(answer.text or ''))}")
        return answer

    def saved(self, path: str, name: str, values: dict[str, str], mark: str) -> None:
        """The form is opened, filled as people do it, and sent."""
        page = self.client.get(path, name=f"{name}: the form")
        if page.status_code != 200:
            return
        gevent.sleep(random.uniform(*TYPING))
        write_down(FACTS.parent / "sent.txt", mark)
        if self.sent(path, Form(page.text or "").values | values, name=f"{name}: saving").status_code == 302:
            write_down(FACTS.parent / "saved.txt", mark)

    def listed(self, path: str, name: str) -> None:
        page = self.client.get(path, name=name)
        if page.status_code == 200:
            self.cards = (
                re.findall(r'"(/(?:counterparties|orders|contacts|persons)/show/\d+)"', page.text or "") or self.cards
            )


class Employee(Visitor):
    """One of many: looks, searches, opens cards, fills forms in, thinks 10 to 60 seconds in between."""

    wait_time = between(10, 60)
    clients: list[str]

    def on_start(self) -> None:
        super().on_start()
        page = self.client.get("/counterparties/list/", name="list of clients")
        self.clients = re.findall(r"/counterparties/show/(\d+)", page.text or "")
        gevent.spawn_later(random.uniform(0, POLL), self.listen)

    def listen(self) -> None:
        """The bell of the page that is open."""
        while True:
            self.client.get("/bell/", name="bell", headers={"Accept": "application/json"})
            gevent.sleep(POLL)

    @task(12)
    def looks_at_clients(self) -> None:
        self.listed(f"/counterparties/list/?page_CounterpartyView={random.randint(0, 5)}", "list of clients")

    @task(8)
    def looks_at_contacts(self) -> None:
        self.listed("/contacts/list/", "list of contacts")

    @task(8)
    def looks_at_orders(self) -> None:
        self.listed("/orders/list/", "list of orders")

    @task(8)
    def narrows_a_list(self) -> None:
        self.listed(f"/counterparties/list/?_flt_0_words={random.choice(KNOWN['words'])}", "list by a word")

    @task(10)
    def searches(self) -> None:
        word = random.choice(KNOWN["words"])
        for end in range(3, len(word) + 1):
            self.client.get(f"/search/typed?q={word[:end]}", name="search while typing")
            gevent.sleep(0.3)

    @task(3)
    def is_called(self) -> None:
        self.client.get(f"/call?phone={random.choice(KNOWN['phones'])}", name="who is calling")

    @task(25)
    def opens_a_card(self) -> None:
        if self.cards:
            path = random.choice(self.cards)
            self.client.get(path, name=f"card: {path.split('/')[1]}")

    @task(10)
    def writes_a_contact(self) -> None:
        if self.clients:
            mark = MARK + uuid4().hex
            at = datetime.now().replace(hour=10) - timedelta(days=random.randint(1, 300))  # noqa: DTZ005 - as people type
            values = {
                "counterparty": random.choice(self.clients),
                "subject": mark,
                "state": "done",
                "starts_at": at.isoformat()[:16],
                "ends_at": (at + timedelta(minutes=10)).isoformat()[:16],
            }
            self.saved("/contacts/add", "contact", values, mark)

    @task(5)
    def takes_an_order(self) -> None:
        if self.clients:
            mark = MARK + uuid4().hex
            values = {"counterparty": random.choice(self.clients), "comment": mark}
            for line, item in enumerate(random.sample(KNOWN["items"], 5)):
                values |= {
                    f"lines-{line}-item": str(item),
                    f"lines-{line}-quantity": str(random.randint(1, 20)),
                    f"lines-{line}-price": f"{random.randint(100, 900000) / 100:.2f}",
                }
            self.saved("/orders/add", "order", values, mark)

    @task(8)
    def looks_at_the_calendar(self) -> None:
        view = random.choice(("list", "day", "week", "month"))
        self.client.get(f"/calendar/?view={view}", name=f"calendar: {view}")

    @task(6)
    def begins_anew(self) -> None:
        self.client.get("/", name="home")

    @task(2)
    def looks_at_a_report(self) -> None:
        self.client.get("/reports/call-these/", name="report: call these")


class ReportReader(Visitor):
    """Always has a long report on the way."""

    fixed_count = 1
    wait_time = constant(2)

    def names(self) -> list[str]:
        return [KNOWN["director"]]

    @task
    def reads_a_long_report(self) -> None:
        self.client.get("/reports/abc-buyers/?period=this-year", name="long report: ABC of a year")
