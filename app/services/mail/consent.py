"""Tokens of mailboxes whose owners gave access at their providers: taken, kept sealed, renewed before they are over."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from app.domain.letters.consent import AUTHORITIES, App, authority_of
from app.domain.letters.headers import one_line
from app.errors import OutOfReach
from app.models.mailboxes import Mailbox
from app.outbound import posted, web_address
from app.services.mail.sealing import Seal

LOCK = 0x6F617574  # the class of advisory locks: "oaut"
LIMIT = 15.0  # seconds that a provider has to answer
LONGEST = 1 << 20  # bytes of an answer
AHEAD = timedelta(minutes=5)  # a token is renewed so long before it is over
HEADERS = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
USUAL = 3600  # seconds of a token that does not say how long it is good


class NoToken(OutOfReach):
    """There is no access; `is_lasting`: there will be none until the mailbox is connected again."""


@dataclass(frozen=True)
class Given:
    """What a provider answered; `refresh` is "" where the one before stays."""

    token: str
    refresh: str
    seconds: int


@dataclass(frozen=True)
class Tokens:
    """The tokens of all mailboxes, by our applications at the providers."""

    engine: Engine
    seal: Seal
    apps: Mapping[str, App]
    now: Callable[[], datetime]

    def of(self, mailbox_id: int) -> str:
        """One that is good for some minutes; of processes that find it old one renews it, the others wait."""
        with Session(self.engine) as session:
            session.execute(select(func.pg_advisory_xact_lock(LOCK, mailbox_id)))
            box = Mailbox.__table__.c
            row = session.execute(
                select(box.smtp_host, box.imap_host, box.sealed_refresh, box.sealed_token, box.token_until).where(
                    box.id == mailbox_id
                )
            ).one()
            if row.token_until is not None and row.token_until > self.now() + AHEAD:
                known = self.seal.opened_at(_place(mailbox_id, "token"), row.sealed_token)
                if known:
                    return known
            refresh = self.seal.opened_at(_place(mailbox_id, "refresh"), row.sealed_refresh)
            name = authority_of(row.smtp_host, row.imap_host)
            if not refresh or name not in self.apps:
                told = _("The access to this mailbox cannot be used any more: connect it again.")
                raise NoToken(told, is_lasting=True)
            given = ask(name, self.apps[name], grant_type="refresh_token", refresh_token=refresh)
            renewed = update(Mailbox).where(Mailbox.id == mailbox_id).values(**self._kept(mailbox_id, given))
            session.execute(renewed.execution_options(synchronize_session=False))
            session.commit()
            return given.token

    def keep(self, session: Session, mailbox: Mailbox, given: Given) -> None:
        """The mailbox is reached by these from here on, not by a password."""
        for name, value in self._kept(mailbox.id, given).items():
            setattr(mailbox, name, value)
        mailbox.sealed_password = None
        mailbox.stopped = mailbox.fetching_stopped = ""
        mailbox.sending_works = mailbox.fetching_works = False
        session.flush()

    def _kept(self, mailbox_id: int, given: Given) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "sealed_token": self.seal.closed(_place(mailbox_id, "token"), given.token),
            "token_until": self.now() + timedelta(seconds=given.seconds),
        }
        if given.refresh:
            kept["sealed_refresh"] = self.seal.closed(_place(mailbox_id, "refresh"), given.refresh)
        return kept


def forget(mailbox: Mailbox) -> None:
    """It is reached by a password again."""
    mailbox.sealed_refresh = mailbox.sealed_token = mailbox.token_until = None


def ask(name: str, app: App, **what: str) -> Given:
    """The provider's tokens for a code, or for a token that renews; NoToken with its own words where it refuses."""
    authority = AUTHORITIES[name]
    form = urlencode({"client_id": app.client_id, "client_secret": app.secret, **what}).encode()
    try:
        with posted(web_address(authority.gives), form, HEADERS, limit=LIMIT) as answer:
            status, body = answer.status, answer.read(LONGEST)
        if 400 <= status < 500 and status != 429:
            words = _refusal(status, body)
            told = _("The access to this mailbox was taken back, or is over: connect it again. %(who)s says: %(words)s")
            raise NoToken(told % {"who": authority.name, "words": words}, is_lasting=True)
        given = json.loads(body)
        return Given(str(given["access_token"]), str(given.get("refresh_token") or ""), _seconds(given))
    except (OSError, HTTPException, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise NoToken(_("%(who)s does not answer.", who=authority.name), is_lasting=False) from None


def _refusal(status: int, body: bytes) -> str:
    """The provider's own words."""
    try:
        told = json.loads(body)
        words = told.get("error_description") or told.get("error")
    except (ValueError, AttributeError, RecursionError):
        words = None
    return one_line(str(words or status))[:200]


def _seconds(told: Mapping[str, Any]) -> int:
    """At most a year, whatever is said."""
    return min(max(int(told.get("expires_in") or USUAL), 0), 366 * 86400)


def _place(mailbox_id: int, what: str) -> bytes:
    return b"mailbox:%d:%s" % (mailbox_id, what.encode())
