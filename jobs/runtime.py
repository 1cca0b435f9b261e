"""What every piece of background work runs in: one application a process, one transaction a step."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from flask import Flask
from sqlalchemy.orm import Session

from app import embedded
from app.domain.words import Road
from app.extensions import db
from app.factory import create_app
from app.models import authorship
from config import Settings

Step = Callable[[Session], bool]


@cache
def app() -> Flask:
    """The application of this process; made before the workers fork, so that it is loaded once."""
    return create_app(embedded.filled(Settings.from_env()))


def repeat(step: Step) -> int:
    """Do the step, each time in a transaction of its own, until it says that nothing is left; returns how often."""
    times = 0
    with app().app_context():
        while True:
            try:
                session = db.session()
                authorship.by(session, Road.JOB, step.__name__)
                more = step(session)
                session.commit()
            finally:
                db.session.remove()
            if not more:
                return times
            times += 1
