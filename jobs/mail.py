"""Letters that are due go out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import force_locale

from app import nudge
from app.extensions import db
from app.services.mail import outbox
from app.web.mail import company_server, seal, tokens
from jobs import runtime

AHEAD = 60.0  # seconds: what is due within them is waited for, the clock asks no earlier
LOOK_EVERY = 1.0
SHIFT = 30.0  # seconds of one piece of work: letters that come in wait for no longer


def run() -> int:
    """Carry what is due, and what soon will be, unless others wait; returns how many tries were made."""
    tries = 0
    with _at_work() as shift:
        drain = outbox.Drain(db.engine, seal(), company_server(), tokens())
        while True:
            tries += drain.run(until=shift.is_over)
            due_in = outbox.next_due_in(db.engine)
            if due_in is None or due_in > AHEAD:
                break
            if shift.is_over() or nudge.is_asked(nudge.MAIL):
                nudge.soon(outbox.TASK, nudge.MAIL)
                break
            time.sleep(max(min(due_in, LOOK_EVERY), 0.05))
    return tries


def run_what_is_due() -> int:
    """The same without waiting, for a process that has other things to do."""
    with _at_work() as shift:
        return outbox.Drain(db.engine, seal(), company_server(), tokens()).run(until=shift.is_over)


@contextmanager
def _at_work() -> Iterator[runtime.Shift]:
    app = runtime.app()
    with app.app_context(), force_locale(app.config["BABEL_DEFAULT_LOCALE"]), runtime.Shift(SHIFT) as shift:
        yield shift
