"""One view object serves all threads: what one person asks must never reach another."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy import func, select

from app.domain.guessing import ONE
from app.models.counterparties import ContactPerson, Counterparty
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from tests.clients import Clients
from tests.conftest import user_named
from tests.web.conftest import working_in

THREADS = 8
ROUNDS = 12


@pytest.fixture(autouse=True)
def _impatient_threads() -> Iterator[None]:
    """Threads that take turns often, so that a shared value is caught."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture
def firms(committed: Flask) -> dict[int, str]:
    with working_in(committed) as session:
        clients = Clients(session)
        made = [clients.company(f"Фирма{n}", "anna") for n in range(THREADS)]
        return {firm.id: firm.name for firm in made}


def at_once(work: Callable[[int], Any]) -> list[Any]:
    gate = threading.Barrier(THREADS)

    def one(number: int) -> Any:
        gate.wait()
        return [work(number) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for results in pool.map(one, range(THREADS)) for result in results]


def test_a_new_row_goes_to_the_counterparty_that_its_own_form_names(
    committed: Flask, enter: Callable[[str], FlaskClient], firms: dict[int, str]
) -> None:
    people = [enter("admin") for _ in range(THREADS)]
    numbers = list(firms)

    def add(n: int) -> int:
        address = f"/persons/add?_flt_0_counterparty={numbers[n]}"
        return people[n].post(address, data={"last_name": f"Из {numbers[n]}"}).status_code

    assert set(at_once(add)) == {302}
    with working_in(committed) as session:
        saved = session.execute(select(ContactPerson.last_name, ContactPerson.counterparty_id)).all()
    assert len(saved) == THREADS * ROUNDS
    assert [(name, owner) for name, owner in saved if name != f"Из {owner}"] == []


def test_a_list_shows_its_own_search(
    committed: Flask, enter: Callable[[str], FlaskClient], firms: dict[int, str]
) -> None:
    people = [enter("admin") for _ in range(THREADS)]

    def search(n: int) -> list[str]:
        page = people[n].get(f"/counterparties/list/?_flt_0_words=фирма{n}").text
        return [name for name in firms.values() if name in page] + [f"фирма{n}" if f"фирма{n}" in page else "lost"]

    found = at_once(search)
    assert found == [[f"Фирма{n}", f"фирма{n}"] for n in range(THREADS) for _ in range(ROUNDS)]


def test_rest_narrows_by_its_own_filter(committed: Flask, firms: dict[int, str]) -> None:
    with working_in(committed) as session:
        for number in firms:
            session.get_one(Counterparty, number).inn = f"77{number:08}"
        token = token_of(committed)
    headers = {"Authorization": f"Bearer {token}"}
    numbers = list(firms)

    def ask(n: int) -> list[int]:
        # Said many times, so that other requests come in between.
        asked = ",".join([f"(col:inn,opr:ct,value:'77{numbers[n]:08}')"] * 60)
        address = f"/api/v1/counterparty/?q=(filters:!({asked}))"
        return committed.test_client().get(address, headers=headers).json["ids"]

    assert at_once(ask) == [[numbers[n]] for n in range(THREADS) for _ in range(ROUNDS)]


def test_passwords_tried_at_once_are_counted_one_after_another(committed: Flask) -> None:
    wrong = {"username": "nobody", "password": "не тот", "provider": "db"}
    began = time.monotonic()
    codes = at_once(lambda _n: committed.test_client().post("/api/v1/security/login", json=wrong).status_code)
    let_in = [n for n in range(20) if ONE.wait(n).total_seconds() <= time.monotonic() - began]
    assert ONE.free <= codes.count(401) <= len(let_in) + 1
    assert set(codes) == {401, 429}


def test_a_kept_draft_that_is_sent_by_several_presses_is_one_letter(
    committed: Flask, enter: Callable[[str], FlaskClient], firms: dict[int, str]
) -> None:
    with working_in(committed) as session:
        mailbox = Mailbox(address="anna@firm.ru", owner_id=user_named(session, "anna").id)
        session.add(mailbox)
        session.flush()
        typed = {"mailbox": mailbox.id, "to": "ivan@client.ru", "subject": "Счет", "text": "Добрый день!"}
    people = [enter("anna") for _ in range(THREADS)]
    drafts = [people[0].post("/letters/keep", data=typed).json["draft"] for _ in range(ROUNDS)]
    left = [iter(drafts) for _ in range(THREADS)]

    def send(n: int) -> int:
        draft = next(left[n])
        return (
            people[n].post("/letters/write", data={**typed, "press": "send", "draft": draft, "once": draft}).status_code
        )

    assert set(at_once(send)) == {302}
    with working_in(committed) as session:
        assert session.scalar(select(func.count(Letter.id))) == ROUNDS


def token_of(app: Flask, username: str = "admin") -> str:
    return create_access_token(identity=str(app.appbuilder.sm.find_user(username).id), fresh=True)
