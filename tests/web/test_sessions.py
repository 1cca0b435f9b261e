"""A session ends when it is ended; a given password is changed first."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.models.users import User, UserProfile
from tests.conftest import user_named

Login = Callable[..., FlaskClient]
PASSWORD = "корова-дает-молоко"


@pytest.fixture
def anna(session: Session) -> User:
    user = user_named(session, "anna")
    user.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return user


def entered(app: Flask, password: str = PASSWORD) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/login/", data={"username": "anna", "password": password})
    assert answer.location == "/", answer.text
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/counterparties/list/").status_code == 200


def copy_of(client: FlaskClient, app: Flask) -> FlaskClient:
    """Somebody who has stolen the cookie."""
    cookie = client.get_cookie("vizavi")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("vizavi", cookie.value)
    return thief


def test_a_copied_cookie_is_worth_nothing_after_the_logout(app: Flask, anna: User) -> None:
    client = entered(app)
    thief = copy_of(client, app)
    assert is_in(thief)
    client.post("/logout/")
    assert not is_in(thief)
    assert is_in(entered(app))  # one may come back


@pytest.mark.parametrize(
    ("behind", "stays"), [(timedelta(seconds=2), True), (timedelta(hours=1), True), (timedelta(days=2), False)]
)
def test_whoever_is_in_stays_in_where_the_clock_is_behind(
    app: Flask, anna: User, monkeypatch: pytest.MonkeyPatch, behind: timedelta, stays: bool
) -> None:
    """As on another web host, or on this one after its clock was set back."""
    client = entered(app)
    now = int(time.time())
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: now - int(behind.total_seconds()))
    assert is_in(client) is stays


def test_a_cookie_does_not_grow_by_messages_that_nobody_looks_at(app: Flask, anna: User) -> None:
    client = entered(app)
    for number in range(40):
        with client.session_transaction() as cookie:
            cookie["_flashes"] = [
                *cookie.get("_flashes", ()),
                (f"success undo:{number}", f"Запись {number} сохранена."),
            ]
    kept = client.get_cookie("vizavi")
    assert kept is not None
    assert len(kept.value) < 1_000
    page = client.get("/profile/").text
    assert "Запись 39 сохранена." in page
    assert page.count("сохранена.") == 10


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(app: Flask, anna: User) -> None:
    here, there = entered(app), entered(app)
    new = "лошадь-ест-сено"
    answer = here.post("/resetmypassword/form", data={"present": PASSWORD, "password": new, "conf_password": new})
    assert answer.status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert is_in(entered(app, new))


def test_a_short_password_is_refused_and_a_long_one_needs_no_signs(app: Flask, session: Session, anna: User) -> None:
    client = entered(app)
    before = session.scalars(select(User.password).where(User.id == anna.id)).one()
    typed = {"present": PASSWORD, "password": "короткий", "conf_password": "короткий"}
    page = client.post("/resetmypassword/form", data=typed)
    assert page.status_code == 200
    session.expire_all()
    assert session.scalars(select(User.password).where(User.id == anna.id)).one() == before


def test_whoever_was_given_a_password_changes_it_before_anything_else(app: Flask, session: Session, anna: User) -> None:
    anna.profile = UserProfile(must_change_password=True)
    session.commit()
    client = entered(app)
    assert client.get("/counterparties/list/").location == "/resetmypassword/form"
    assert client.get("/lookup/User").location == "/resetmypassword/form"
    assert "придумайте свой" in client.get("/resetmypassword/form").text  # why, in its words
    new = "лошадь-ест-сено"
    client.post("/resetmypassword/form", data={"present": PASSWORD, "password": new, "conf_password": new})
    assert is_in(client)


def test_a_password_given_by_the_administrator_ends_sessions_and_must_be_changed(
    app: Flask, session: Session, anna: User, login: Login
) -> None:
    client = entered(app)
    admin = login("admin")
    fields = {"first_name": "Анна", "last_name": "Петрова", "username": "anna", "email": anna.email, "active": "y"}
    roles = [role.id for role in anna.roles]
    answer = admin.post(f"/users/edit/{anna.id}", data={**fields, "roles": roles, "password": "данный-пароль"})
    assert answer.status_code == 302
    assert not is_in(client)
    assert entered(app, "данный-пароль").get("/counterparties/list/").location == "/resetmypassword/form"


def test_whoever_is_switched_off_is_out_at_once(app: Flask, session: Session, anna: User) -> None:
    client = entered(app)
    anna.active = False
    session.commit()
    assert not is_in(client)


def test_the_hash_of_a_password_is_nowhere_shown(login: Login, anna: User) -> None:
    client = login("admin")
    pages = [
        client.get(address).text for address in ("/users/list/", f"/users/show/{anna.id}", f"/users/edit/{anna.id}")
    ]
    assert [page for page in pages if "pbkdf2" in page or "scrypt" in page] == []


def test_an_administrator_does_not_lock_himself_out(login: Login, session: Session) -> None:
    admin = user_named(session, "admin")
    fields = {"first_name": "А", "last_name": "Г", "username": "admin", "email": admin.email}
    roles = [role.id for role in admin.roles]
    page = login("admin").post(f"/users/edit/{admin.id}", data={**fields, "roles": roles})
    assert page.status_code == 200
    session.refresh(admin)
    assert admin.active


@pytest.mark.parametrize(
    "target", ["http://evil.example/", "//evil.example", "https:evil.example", "\t//evil.example", "///evil.example"]
)
def test_the_login_sends_nobody_to_a_foreign_site(app: Flask, anna: User, target: str) -> None:
    answer = app.test_client().post(
        "/login/", query_string={"next": target}, data={"username": "anna", "password": PASSWORD}
    )
    assert answer.location == "/"


def test_a_forged_host_is_refused(app: Flask) -> None:
    assert app.test_client().get("/login/", headers={"Host": "evil.example"}).status_code == 400
