"""What every piece of background work runs in: one application a process, one transaction a step."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from app import embedded
from app.domain.words import Road
from app.extensions import db
from app.factory import create_app
from app.models import authorship
from config import Settings

Step = Callable[[Session], bool]
T = TypeVar("T")


@cache
def app() -> Flask:
    """The application of this process; made before the workers fork, so that it is loaded once."""
    return create_app(embedded.filled(Settings.from_env()))


def repeat(step: Step) -> int:
    """Do the step, each time in a transaction of its own, until it says that nothing is left; returns how often."""
    times = 0
    with app().app_context():
        while once(step):
            times += 1
    return times


def once(step: Callable[[Session], T]) -> T:
    """Do the step in a transaction of its own, in the application's context."""
    try:
        session = db.session()
        authorship.by(session, Road.JOB, step.__name__)
        done = step(session)
        session.commit()
        return done
    finally:
        db.session.remove()
