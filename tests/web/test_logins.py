"""Logins one by one, kept users whose rights end at once, and the second factor."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from app import clock
from app.models.access import LoginSession, RecoveryCode, SecondFactor
from app.models.jobs import Job
from app.models.settings import Policy
from app.models.users import Role, User
from app.services.access import second_factor
from jobs import long_work
from tests.clients import Clients
from tests.conftest import user_named

PASSWORD = "корова-дает-молоко"


@pytest.fixture
def anna(session: Session) -> User:
    user = user_named(session, "anna")
    user.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return user


def enter(client: FlaskClient, *, agent: str = "Firefox") -> TestResponse:
    sent = {"username": "anna", "password": PASSWORD}
    return client.post("/login/?next=/orders/list/", data=sent, headers={"User-Agent": agent})


def entered(app: Flask, *, agent: str = "Firefox") -> FlaskClient:
    client = app.test_client()
    assert enter(client, agent=agent).location == "/orders/list/"
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/counterparties/list/").status_code == 200


def token(app: Flask, **headers: str) -> TestResponse:
    sent = {"username": "anna", "password": PASSWORD, "provider": "db", "refresh": True}
    return app.test_client().post("/api/v1/security/login", json=sent, headers=headers)


def asks(app: Flask, key: str) -> int:
    return app.test_client().get("/api/v1/counterparty/", headers={"Authorization": f"Bearer {key}"}).status_code


# -- logins one by one ------------------------------------------------------------------------------


def test_one_sees_the_own_logins_and_ends_one_of_them(app: Flask, session: Session, anna: User) -> None:
    here, there = entered(app), entered(app, agent="Chrome in the shop")
    page = here.get("/profile/").text
    assert "Firefox" in page
    assert "Chrome in the shop" in page
    other = session.scalars(select(LoginSession.id).where(LoginSession.agent == "Chrome in the shop")).one()
    assert here.post(f"/profile/logins/{other}/end").status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert "Chrome in the shop" not in here.get("/profile/").text


def test_the_language_that_one_chose_is_his_at_the_next_login_too_and_workers_speak_it(
    app: Flask, session: Session, anna: User
) -> None:
    entered(app).get("/lang/en")
    page = entered(app).get("/profile/").text
    assert '<html lang="en"' in page
    assert "Change password" in page
    session.refresh(anna)
    assert long_work.locale_of(Job(user=anna)) == "en"


def test_a_language_chosen_at_the_door_is_kept_with_whoever_has_none_yet(
    app: Flask, session: Session, anna: User
) -> None:
    client = app.test_client()
    client.get("/lang/en")
    assert enter(client).status_code == 302
    assert anna.profile.locale == "en"
    client = app.test_client()
    client.get("/lang/ru")
    enter(client)
    assert '<html lang="en"' in client.get("/profile/").text


def test_nobody_ends_the_login_of_another(app: Flask, session: Session, anna: User, login: Any) -> None:
    client = entered(app)
    number = session.scalars(select(LoginSession.id).where(LoginSession.user_id == anna.id)).one()
    assert login("boris").post(f"/profile/logins/{number}/end").status_code == 404
    assert is_in(client)


def test_leaving_ends_this_login_and_no_other(app: Flask, anna: User) -> None:
    here, there = entered(app), entered(app)
    here.post("/logout/")
    assert not is_in(here)
    assert is_in(there)


def test_a_program_is_a_login_too(app: Flask, session: Session, anna: User) -> None:
    keys = token(app).json
    assert keys is not None
    assert asks(app, keys["access_token"]) == 200
    refreshed = app.test_client().post(
        "/api/v1/security/refresh", headers={"Authorization": f"Bearer {keys['refresh_token']}"}
    )
    mine = session.scalars(select(LoginSession).where(LoginSession.user_id == anna.id)).all()
    assert [login.is_program for login in mine] == [True]
    entered(app).post(f"/profile/logins/{mine[0].id}/end")
    assert refreshed.json is not None
    assert asks(app, keys["access_token"]) == asks(app, refreshed.json["access_token"]) == 401


def test_a_login_that_nobody_uses_ends_and_one_that_is_used_does_not(
    app: Flask, anna: User, later: Callable[[timedelta], None]
) -> None:
    used, left = entered(app), entered(app)
    for _ in range(2):
        later(timedelta(hours=7))
        assert is_in(used)
    assert not is_in(left)
    for _ in range(70):
        later(timedelta(hours=11))
        is_in(used)
    assert not is_in(used)  # older than a month


# -- kept users -------------------------------------------------------------------------------------


def test_a_user_is_read_once_and_then_kept(login: Callable[..., FlaskClient], sql: list[str]) -> None:
    client = login("anna")
    client.get("/counterparties/list/")
    sql.clear()
    assert client.get("/counterparties/list/").status_code == 200
    assert [
        statement for statement in sql if "ab_permission_view_role" in statement or "FROM ab_user " in statement
    ] == []
    assert len([statement for statement in sql if "rights_stamp" in statement]) == 1


TAKEN = {
    "a right of the role": text(
        "DELETE FROM ab_permission_view_role WHERE role_id IN (SELECT id FROM ab_role WHERE name = 'Sales manager')"
    ),
    "the role": delete(assoc_user_role),
    "the account": text("UPDATE ab_user SET active = false WHERE username = 'anna'"),
    "the user": text("UPDATE user_profile SET session_version = session_version + 1"),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_away_is_gone_with_the_next_request(
    login: Callable[..., FlaskClient], session: Session, what: str
) -> None:
    """Whoever takes it, another process or somebody at the base itself."""
    session.execute(
        text("INSERT INTO user_profile (user_id) SELECT id FROM ab_user WHERE username = 'anna' ON CONFLICT DO NOTHING")
    )
    session.commit()
    client = login("anna")
    assert is_in(client)
    assert is_in(client)
    session.execute(TAKEN[what])
    session.commit()
    assert not is_in(client)


def test_what_managers_see_changes_with_the_next_request(login: Callable[..., FlaskClient], session: Session) -> None:
    Clients(session).company("Фирма Бориса", "boris")
    session.commit()
    client = login("anna")
    assert "Фирма Бориса" not in client.get("/counterparties/list/").text
    session.execute(select(Policy)).scalar_one().managers_see_all = True
    session.commit()
    assert "Фирма Бориса" in client.get("/counterparties/list/").text


def test_a_login_changes_nobodys_rights(app: Flask, session: Session, anna: User) -> None:
    """Or everybody would be read anew after each."""
    entered(app)
    before = session.scalar(text("SELECT value FROM rights_stamp"))
    entered(app)
    session.rollback()
    assert session.scalar(text("SELECT value FROM rights_stamp")) == before


# -- the second factor ------------------------------------------------------------------------------


@pytest.fixture
def telephone(app: Flask, session: Session, anna: User) -> tuple[pyotp.TOTP, list[str]]:
    """Anna's, switched on in the browser; and her written codes."""
    client = entered(app)
    secret = re.findall(r"\b[A-Z2-7]{32}\b", client.get("/profile/second-factor/").text)[0]
    made = pyotp.TOTP(secret)
    assert client.post("/profile/second-factor/", data={"code": "000000"}).status_code == 200
    assert second_factor.of_user(session, anna.id) is None
    page = client.post("/profile/second-factor/", data={"code": made.at(clock.now())}).text
    codes = re.findall(r"<code>([a-z0-9-]+)</code>", page)
    assert len(set(codes)) == second_factor.CODES
    assert not set(codes) & set(re.findall(r"<code>([a-z0-9-]+)</code>", client.get("/profile/second-factor/").text))
    return made, codes


def coded(client: FlaskClient, code: str) -> TestResponse:
    return client.post("/login/code?next=/orders/list/", data={"code": code})


def test_with_a_second_factor_the_password_alone_lets_nobody_in(
    app: Flask, telephone: tuple[pyotp.TOTP, list[str]], later: Callable[[timedelta], None]
) -> None:
    made, _codes = telephone
    later(timedelta(minutes=5))
    client = app.test_client()
    assert enter(client).location == "/login/code?next=/orders/list/"
    assert not is_in(client)
    assert coded(client, "123").status_code == 200
    assert not is_in(client)
    code = made.at(clock.now())
    assert coded(client, code).location == "/orders/list/"
    assert is_in(client)
    again = app.test_client()
    enter(again)
    assert coded(again, code).status_code == 200  # a code is good once
    assert not is_in(again)


def test_a_written_code_lets_in_once(app: Flask, telephone: tuple[pyotp.TOTP, list[str]], session: Session) -> None:
    _made, codes = telephone
    for code, lets_in in ((codes[0], True), (codes[0], False), (f" {codes[1].upper()} ", True)):
        client = app.test_client()
        enter(client)
        coded(client, code)
        assert is_in(client) is lets_in
    kept = " ".join(session.scalars(select(RecoveryCode.hash)))
    assert not any(code in kept for code in codes)


@pytest.mark.usefixtures("later")
def test_codes_cannot_be_guessed(app: Flask, telephone: tuple[pyotp.TOTP, list[str]]) -> None:
    """Also not by typing the right password anew before each guess."""
    codes = []
    for number in range(20):
        client = app.test_client()
        codes.append(enter(client).status_code)
        codes.append(coded(client, f"{number:06}").status_code)
    assert codes.count(429) > 10
    assert not is_in(client)


def test_without_the_password_nobody_is_asked_for_a_code(app: Flask, telephone: tuple[pyotp.TOTP, list[str]]) -> None:
    client = app.test_client()
    assert coded(client, telephone[0].at(clock.now())).location == "/login/"
    assert not is_in(client)


def test_a_program_sends_the_code_in_a_header(
    app: Flask, telephone: tuple[pyotp.TOTP, list[str]], later: Callable[[timedelta], None]
) -> None:
    later(timedelta(minutes=5))
    assert token(app).status_code == 401
    assert token(app, **{"X-One-Time-Code": "123456"}).status_code == 401
    assert token(app, **{"X-One-Time-Code": telephone[0].at(clock.now())}).status_code == 200


def test_the_second_factor_is_switched_off_with_the_password(
    app: Flask, telephone: tuple[pyotp.TOTP, list[str]], session: Session
) -> None:
    client = app.test_client()
    enter(client)
    coded(client, telephone[1][0])
    client.post("/profile/second-factor/off", data={"password": "не тот"})
    assert session.scalars(select(SecondFactor)).all() != []
    client.post("/profile/second-factor/off", data={"password": PASSWORD})
    session.expire_all()
    assert session.scalars(select(SecondFactor)).all() == []
    assert session.scalars(select(RecoveryCode)).all() == []


def test_a_role_demands_a_second_factor(
    app: Flask, session: Session, anna: User, login: Callable[..., FlaskClient]
) -> None:
    keys = token(app).json
    assert keys is not None
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    rights = [right.id for right in role.permissions]
    form = {"name": role.name, "permissions": rights, "second_factor": "y"}
    assert login("admin").post(f"/roles/edit/{role.id}", data=form).status_code == 302
    client = entered(app)
    assert client.get("/counterparties/list/").location == "/profile/second-factor/"
    assert asks(app, keys["access_token"]) == 401
    assert 'name="second_factor" type="checkbox" value="y" checked' in re.sub(
        r"<input checked ([^>]*)>", r"<input \1 checked>", login("admin").get(f"/roles/edit/{role.id}").text
    )
    secret = re.findall(r"\b[A-Z2-7]{32}\b", client.get("/profile/second-factor/").text)[0]
    client.post("/profile/second-factor/", data={"code": pyotp.TOTP(secret).at(clock.now())})
    assert is_in(client)


def test_a_program_need_not_say_where_accounts_are_kept(app: Flask, session: Session) -> None:
    wrong = {"username": "anna", "password": "не тот"}
    assert app.test_client().post("/api/v1/security/login", json=wrong).status_code == 401
    assert app.test_client().post("/api/v1/security/login", json=wrong | {"provider": "nobody"}).status_code == 400
