"""Copies of the base by the clock."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.extensions import db
from app.models.settings import Policy
from app.services import backups
from app.services.privacy import erasures
from config import Settings
from jobs import runtime

EVERY = timedelta(hours=20)
log = logging.getLogger(__name__)


def nightly() -> None:
    """A copy, unless there is a fresh one; a product that is stopped at night makes it when it runs again."""
    app = runtime.app()
    settings: Settings = app.config["CRM"]
    if settings.backup_dir is None:
        return
    with app.app_context():
        now, key = clock.now(), settings.secret_key
        erasures.keep(db.session(), settings.backup_dir)
        weeks = db.session.scalars(select(Policy.backup_weeks)).one()
        db.session.remove()
        if backups.by_the_clock(db.engine, settings.backup_dir, now=now, secret_key=key, every=EVERY, weeks=weeks):
            log.info("A copy of the base is made")
