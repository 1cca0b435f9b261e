"""Programs are told of events."""

from __future__ import annotations

from flask import current_app

from app import clock
from app.extensions import db
from app.services.webhooks import webhooks
from app.web.mail import seal
from jobs import runtime

SHIFT = 300.0  # seconds of one piece of work


def run() -> int:
    """Tell what is due; returns how many tries were made."""
    with runtime.app().app_context(), runtime.Shift(SHIFT) as shift:
        private = current_app.config["CRM"].webhooks_private
        return webhooks.WebhookDrain(db.engine, seal(), private).run(until=shift.is_over)


def tidy() -> None:
    with runtime.app().app_context():
        runtime.once(lambda session: webhooks.tidy(session, now=clock.now()))
