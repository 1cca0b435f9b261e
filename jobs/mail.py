"""Letters that are due go out."""

from __future__ import annotations

import time

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
    end = time.monotonic() + SHIFT
    tries = 0
    with runtime.app().app_context(), force_locale(runtime.app().config["BABEL_DEFAULT_LOCALE"]):
        drain = outbox.Drain(db.engine, seal(), company_server(), tokens())
        while True:
            tries += drain.run(until=lambda: time.monotonic() > end)
            due_in = outbox.next_due_in(db.engine)
            if due_in is None or due_in > AHEAD:
                break
            if time.monotonic() > end or nudge.is_asked(nudge.MAIL):
                nudge.soon(outbox.TASK, nudge.MAIL)
                break
            time.sleep(max(min(due_in, LOOK_EVERY), 0.05))
    return tries


def run_what_is_due() -> int:
    """The same without waiting, for a process that has other things to do."""
    with runtime.app().app_context(), force_locale(runtime.app().config["BABEL_DEFAULT_LOCALE"]):
        return outbox.Drain(db.engine, seal(), company_server(), tokens()).run()
