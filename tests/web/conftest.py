"""Clients in the base for one request after another, and for threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.extensions import db
from tests.clients import Clients
from tests.conftest import user_named


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def login(login: Callable[..., FlaskClient], request: pytest.FixtureRequest) -> Callable[..., FlaskClient]:
    """As everywhere; in English for a module that says so: what it reads does not hang on the catalogue."""

    def as_user(username: str = "admin") -> FlaskClient:
        client = login(username)
        if getattr(request.module, "ENGLISH", False):
            with client.session_transaction() as cookie:
                cookie["locale"] = "en"
        return client

    return as_user


@contextmanager
def working_in(app: Flask) -> Iterator[Session]:
    """A session of its own in a base with real commits; never open while a client asks."""
    with app.app_context():
        yield db.session()
        db.session.commit()


@pytest.fixture
def enter(committed: Flask) -> Callable[[str], FlaskClient]:
    """`enter("anna")` gives a client of the committed application with Anna logged in."""

    def as_user(username: str) -> FlaskClient:
        with working_in(committed) as session:
            number = user_named(session, username).id
        client = committed.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = str(number), True
        return client

    return as_user
