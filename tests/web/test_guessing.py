"""Guessing is slow by login and by address, whichever way is tried, and a colleague next door is not shut out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from app import clock
from app.domain.guessing import ADDRESS, ONE
from app.models.access import Guess
from app.models.users import User
from app.services.access import guessing
from tests.conftest import user_named

pytestmark = pytest.mark.usefixtures("later")

PASSWORD = "корова-дает-молоко"
OFFICE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def cast(session: Session) -> dict[str, User]:
    people = {name: user_named(session, name) for name in ("anna", "boris")}
    for user in people.values():
        user.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return people


def form(app: Flask, password: str, *, login: str = "anna", address: str = OFFICE) -> TestResponse:
    sent = {"username": login, "password": password}
    return app.test_client().post("/login/", data=sent, environ_base={"REMOTE_ADDR": address})


def program(app: Flask, password: str, *, login: str = "anna", address: str = OFFICE) -> TestResponse:
    sent = {"username": login, "password": password, "provider": "db"}
    return app.test_client().post("/api/v1/security/login", json=sent, environ_base={"REMOTE_ADDR": address})


def came_in(answer: TestResponse) -> bool:
    return answer.status_code == 200 or answer.location == "/"


def test_the_form_and_programs_share_one_count(app: Flask, sql: list[str]) -> None:
    ways = [form, program] * ONE.free
    codes = [way(app, "не тот").status_code for way in ways]
    assert codes[: ONE.free] == [302, 401] * 2 + [302]
    assert set(codes[ONE.free :]) == {429}
    assert any("FROM guess" in each and "FOR UPDATE" in each for each in sql)  # tries at once are counted one by one


def test_whoever_waits_comes_in_with_the_right_password_and_not_before(
    app: Flask, later: Callable[[timedelta], None]
) -> None:
    for _ in range(ONE.free):
        form(app, "не тот")
    refused = form(app, PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    later(timedelta(seconds=2))
    assert came_in(form(app, PASSWORD))
    assert form(app, "не тот").status_code == 302  # what was wrong before is forgotten


def test_a_colleague_behind_the_same_address_comes_in(app: Flask, later: Callable[[timedelta], None]) -> None:
    assert came_in(form(app, PASSWORD, login="boris"))
    for number in range(ADDRESS.free + 5):
        form(app, "не тот", login=f"nobody-{number}")
    assert form(app, "не тот", login="one-more").status_code == 429  # the address is known for guessing
    assert came_in(form(app, PASSWORD, login="boris"))
    assert form(app, PASSWORD).status_code == 429  # Anna never came in from here: she waits a little
    later(timedelta(minutes=1, seconds=1))
    assert came_in(form(app, PASSWORD))


def test_many_addresses_that_guess_at_one_login_are_slowed_down_and_its_owner_is_not(app: Flask) -> None:
    assert came_in(form(app, PASSWORD))
    codes = [form(app, "не тот", address=f"198.51.100.{number}").status_code for number in range(40)]
    assert codes[:20] == [302] * 20
    assert 429 in codes[20:25]
    assert came_in(form(app, PASSWORD))


def test_neighbours_in_one_network_of_ipv6_are_one_address() -> None:
    assert guessing.network("2001:db8:1:2:3::4") == guessing.network("2001:db8:1:2:ffff::1")
    assert guessing.network("2001:db8:1:2::4") != guessing.network("2001:db8:1:3::4")
    assert guessing.network(OFFICE) == OFFICE


def test_the_base_and_the_log_do_not_tell_who_was_guessed_at_or_from_where(
    app: Flask, session: Session, cast: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        form(app, "не тот")
        program(app, "не тот", login="somebody@firma.example")
    said = [record.getMessage() for record in caplog.records if record.name == "app.web.access.logins"]
    assert len(said) == 2
    assert said[0].startswith(f"Wrong password: user {cast['anna'].id}, address ")
    assert said[1].startswith("Wrong password: unknown login ")
    kept = " ".join(session.scalars(select(Guess.key))) + caplog.text
    assert [name for name in ("anna", "somebody", "firma", OFFICE) if name in kept] == []


def test_a_missing_right_is_written_down(
    login: Callable[..., FlaskClient], cast: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    client = login("anna")
    with caplog.at_level(logging.WARNING):
        assert client.get("/users/list/").status_code == 403
    assert f"Refused to user {cast['anna'].id}: GET UserView.list" in caplog.messages


def test_old_tries_are_forgotten(app: Flask, session: Session, later: Callable[[timedelta], None]) -> None:
    for _time in range(2):
        assert {form(app, "не тот").status_code for _ in range(ONE.free)} == {302}
        assert guessing.tidy(session, now=clock.now()) == 0
        later(timedelta(days=2))
    assert guessing.tidy(session, now=clock.now()) == 3
    assert came_in(form(app, PASSWORD))
    for days, forgotten in ((2, 2), (87, 0), (2, 1)):  # that he came in from there is known for long
        later(timedelta(days=days))
        assert guessing.tidy(session, now=clock.now()) == forgotten


def test_a_new_password_asks_for_the_present_one_and_guessing_it_is_slow(
    login: Callable[..., FlaskClient], session: Session, cast: dict[str, User]
) -> None:
    client, new = login("anna"), "лошадь-ест-сено"
    before = session.scalars(select(User.password).where(User.id == cast["anna"].id)).one()

    def change(present: str, new: str = new) -> TestResponse:
        typed = {"present": present, "password": new, "conf_password": new}
        return client.post("/resetmypassword/form", data=typed)

    assert [change("не тот").status_code for _ in range(ONE.free + 1)] == [200] * ONE.free + [429]
    session.expire_all()
    assert session.scalars(select(User.password).where(User.id == cast["anna"].id)).one() == before


@pytest.mark.parametrize("new", ["qwertyuiop", "анна-петрова", "vizavi2026", "АннаПетрова"])
def test_a_new_password_that_is_easy_to_guess_is_refused_at_its_field(
    login: Callable[..., FlaskClient], new: str
) -> None:
    client = login("anna")
    page = client.post("/resetmypassword/form", data={"present": PASSWORD, "password": new, "conf_password": new})
    assert page.status_code == 200
    assert "легко угадать" in page.text


def test_pages_and_files_with_data_are_kept_by_no_cache(login: Callable[..., FlaskClient]) -> None:
    client = login("admin")
    addresses = ("/counterparties/list/", "/export/counterparties.csv", "/nowhere/", "/reports/", "/")
    assert {address: client.get(address).headers["Cache-Control"] for address in addresses} == dict.fromkeys(
        addresses, "no-store"
    )
