"""Reports that are due go by letter."""

from __future__ import annotations

from app import clock, nudge
from app.services import subscriptions
from app.services.mail import outbox
from app.views.report_letters import make
from jobs import runtime


def run() -> int:
    """Each letter in a transaction of its own with the mark that it was made; returns how many steps were made."""
    steps = 0
    with runtime.app().app_context():
        while number := runtime.once(lambda session: subscriptions.begin(session, now=clock.now())):
            runtime.once(lambda session: subscriptions.carry(session, number, make, now=clock.now()))
            steps += 1
        if steps:
            nudge.soon(outbox.TASK, nudge.MAIL)
    return steps
