"""Mailboxes are asked for new letters, one after another."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from flask_babel import force_locale
from sqlalchemy.exc import OperationalError

from app import clock, nudge
from app.extensions import db
from app.services.mail.incoming import fetching
from app.web.mail import company_incoming, seal, tokens
from jobs import runtime

SHIFT = 30.0  # seconds of one piece of work: letters that go out wait for no longer
PAUSE = 1.0  # seconds for a base that was lost to come back
log = logging.getLogger(__name__)


def run_now() -> int:
    """Somebody looks at his letters: those mailboxes too that were asked a minute ago."""
    return run(fetching.AT_ONCE)


def run(after: timedelta = fetching.EVERY) -> int:
    """Ask every mailbox that is due; returns how many letters were looked at."""
    end = time.monotonic() + SHIFT
    many = 0
    with runtime.app().app_context(), force_locale(runtime.app().config["BABEL_DEFAULT_LOCALE"]):
        company = company_incoming()
        asking = fetching.Fetching(
            runtime.once, clock.now, clock.zone(), lambda: time.monotonic() > end, tokens(), company
        )
        try:
            due = runtime.once(lambda session: fetching.due(session, company, now=clock.now(), after=after))
            for mailbox_id in due:
                with (
                    db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch,
                    fetching.alone(watch, mailbox_id) as is_ours,
                ):
                    if is_ours:
                        many += _ask(asking, mailbox_id)
                if asking.is_over():
                    nudge.soon(fetching.TASK, nudge.MAIL)
                    break
        except OperationalError as error:
            log.warning("PostgreSQL is lost: %s", type(error).__name__)
            time.sleep(PAUSE)
            nudge.soon(fetching.TASK, nudge.MAIL)
    return many


def _ask(asking: fetching.Fetching, mailbox_id: int) -> int:
    """What cannot be done for one mailbox must not keep the others from being asked."""
    try:
        return fetching.fetch(asking, mailbox_id, seal())
    except OperationalError:
        raise  # the base went away
    except Exception:
        log.exception("Mailbox %s could not be asked", mailbox_id)
        runtime.once(lambda session: fetching.ask_later(session, mailbox_id, clock.now()))
        return 0
