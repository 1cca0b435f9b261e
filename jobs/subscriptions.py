"""Reports that are due go by letter."""

from __future__ import annotations

from app import clock, nudge
from app.services import subscriptions
from app.services.mail import outbox
from app.views.report_letters import make
from jobs import runtime


def run() -> int:
    """Each letter in a transaction of its own with the mark that it was made; returns how many steps were made."""
    steps = runtime.repeat(lambda session: subscriptions.carry(session, make, now=clock.now()))
    if steps:
        with runtime.app().app_context():
            nudge.soon(outbox.TASK, nudge.MAIL)
    return steps
