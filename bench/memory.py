"""`python -m bench.memory`: what one web process has in memory while it answers a hundred thousand requests.

It is never replaced, as one in use would be. People with different rights, in two languages, look at other rows each
time, search, fill forms in and save; contacts that they have saved are deleted at the end.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

import psutil

from app.services.demo import SIZES
from bench import place
from bench.client import Answer, Browser, Form

ALONE = ("--workers", "1", "--max-requests", "0")
PEOPLE = {  # with the language of each
    place.USER: ("Commercial director", "ru"),
    "bench-admin": ("Admin", "en"),
    "bench-marketing": ("Marketing director", "ru"),
    "bench-buyer": ("Purchasing specialist", "en"),
}
LOOKED_AT = (100, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000, 75_000, 100_000)
FOUND = {
    "clients": "SELECT id FROM counterparty ORDER BY id LIMIT 20000",
    "orders": "SELECT id FROM buyer_order ORDER BY id DESC LIMIT 5000",
    "persons": "SELECT id FROM contact_person ORDER BY id LIMIT 20000",
    "contacts": "SELECT id FROM contact ORDER BY id DESC LIMIT 20000",
    "users": "SELECT username FROM ab_user WHERE active ORDER BY id LIMIT 50",
    "words": "SELECT DISTINCT lower(left(split_part(name_sort, ' ', 1), 6)) FROM counterparty ORDER BY 1 LIMIT 2000",
    "phones": "SELECT phone_tail FROM contact_info WHERE length(phone_tail) >= 7 ORDER BY id LIMIT 5000",
}
CLEAN = "DELETE FROM contact WHERE subject = 'bench'"


@dataclass
class AtWork(Browser):
    """Somebody at work, who takes what he may not do for an answer; `told` counts the answers by their status."""

    told: Counter[int] = field(default_factory=Counter)

    def request(self, method: str, path: str, data: dict[str, str] | None = None) -> Answer:
        answer = super().request(method, path, data)
        self.told[answer.status] += 1
        if answer.status >= 500:
            raise SystemExit(f"{method} {path}: {answer.status}")
        return answer

    def looks(self, path: str, **query: Any) -> None:
        self.request("GET", f"{path}?{urlencode(query)}" if query else path)

    def saves(self, path: str, **values: Any) -> None:
        """The form is opened, changed and sent; then the page that it leads to is looked at."""
        form = self.request("GET", path)
        if form.status == 200:
            saved = self.request("POST", path, Form(form.body.decode()).values | values)
            if saved.status == 302:
                self.looks(saved.location)


def main() -> None:
    asked = arguments()
    with place.ready(asked.size, *ALONE) as here, here.connect() as connection:
        people = [at_work(here, name, *about) for name, about in PEOPLE.items()]
        deeds = mix({name: [row[0] for row in connection.execute(query)] for name, query in FOUND.items()})
        web, random, began, sent = psutil.Process(here.web).children()[0], Random(asked.seed), time.monotonic(), 0
        print("| requests | own memory, MB | resident, MB | s |\n|---|---|---|---|", flush=True)
        for goal in (each for each in LOOKED_AT if each <= asked.requests):
            while sent < goal:
                (deed,) = random.choices([*deeds], [*deeds.values()])
                deed(random.choice(people), random.choice)
                sent = sum(person.told.total() for person in people)
            memory = web.memory_full_info()
            figures = f"{memory.uss / 2**20:.0f} | {memory.rss / 2**20:.0f} | {time.monotonic() - began:.0f}"
            print(f"| {sent:,} | {figures} |", flush=True)
        print(dict(sum((person.told for person in people), Counter())))
        connection.execute(CLEAN)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.memory", description="The memory of one web process.")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--requests", type=int, default=LOOKED_AT[-1])
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def at_work(here: place.Grounds, name: str, role: str, language: str) -> AtWork:
    person = AtWork(here.port)
    person.log_in(name, place.password_of(here.folder, name, role))
    person.looks(f"/lang/{language}")
    return person


def mix(known: dict[str, list[Any]]) -> dict[Callable[[AtWork, Callable[[list[Any]], Any]], None], int]:
    """What people do, and how often beside one another; the second argument chooses one of many."""
    lists = ["counterparties", "contacts", "persons", "orders", "items", "shipments", "payments", "tasks"]
    return {
        lambda who, one: who.looks(f"/{one(lists)}/list/"): 8,
        lambda who, one: who.looks("/counterparties/list/", page_CounterpartyView=one([*range(50)])): 8,
        lambda who, one: who.looks("/counterparties/list/", _flt_0_words=one(known["words"])): 7,
        lambda who, one: who.looks("/counterparties/list/", _flt_0_phone=one(known["phones"])): 3,
        lambda who, one: who.looks("/search/typed", q=one(known["words"])): 8,
        lambda who, one: who.looks("/search", q=one(known["words"])): 2,
        lambda who, one: who.looks("/call", phone=one(known["phones"])): 3,
        lambda who, one: who.looks("/lookup/Client", q=one(known["words"])): 4,
        lambda who, one: who.looks(f"/counterparties/show/{one(known['clients'])}"): 14,
        lambda who, one: who.looks(f"/orders/show/{one(known['orders'])}"): 5,
        lambda who, one: who.looks(f"/persons/show/{one(known['persons'])}"): 3,
        lambda who, one: who.looks(f"/contacts/show/{one(known['contacts'])}"): 4,
        lambda who, one: who.looks("/calendar/", responsible=one(known["users"])): 5,
        lambda who, one: who.looks("/calendar/", view=one(["day", "week", "month"])): 3,
        lambda who, one: who.looks("/"): 4,
        lambda who, one: who.looks("/bell/"): 60,
        lambda who, one: who.saves(
            "/contacts/add", counterparty=one(known["clients"]), subject="bench", state="done"
        ): 5,
        lambda who, one: who.saves(f"/orders/edit/{one(known['orders'])}"): 2,
        lambda who, one: who.saves(f"/counterparties/edit/{one(known['clients'])}"): 2,
    }


if __name__ == "__main__":
    main()
