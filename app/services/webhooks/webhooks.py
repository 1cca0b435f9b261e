"""Webhooks on their way out: claimed by a lease, signed, posted, marked; tried again with the same id until taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import Engine, delete, literal_column, select, text, update
from sqlalchemy.orm import Session

from app.domain.letters.sending import pause
from app.errors import Refused
from app.models.webhooks import UNTOLD_SINCE, Webhook, WebhookDelivery
from app.outbound import web_address
from app.queries.sql import longest_due
from app.services.mail.sealing import Seal
from app.services.webhooks.wire import Unreachable, post

LEASE = 120.0  # seconds; longer than a post may take
MOST_TRIES = 50  # some two days
GIVEN_UP = timedelta(days=2)
RETENTION = timedelta(days=30)
SIGNATURE, EVENT, KEY = "X-Vizavi-Signature", "X-Vizavi-Event", "X-Vizavi-Delivery"

CLAIM = text("""
    UPDATE webhook_delivery SET attempts = attempts + 1, lease_by = :token,
        next_try_at = clock_timestamp() + make_interval(secs => :lease)
    FROM webhook
    WHERE webhook.id = webhook_delivery.webhook_id AND webhook_delivery.id = (
        SELECT due.id FROM webhook_delivery due JOIN webhook ON webhook.id = due.webhook_id AND webhook.is_on
        WHERE due.sent_at IS NULL AND due.dead_at IS NULL AND due.next_try_at <= clock_timestamp()
        ORDER BY due.next_try_at, due.id LIMIT 1 FOR UPDATE OF due SKIP LOCKED)
    RETURNING webhook_delivery.id, webhook_delivery.key, webhook_delivery.event, webhook_delivery.payload,
        webhook_delivery.made_at, webhook_delivery.attempts, webhook.id AS webhook_id, webhook.url,
        webhook.sealed_secret, clock_timestamp() AS now""")
MARK = text("""
    UPDATE webhook_delivery SET lease_by = NULL, answer = :answer,
        sent_at = CASE WHEN :taken THEN clock_timestamp() END,
        dead_at = CASE WHEN NOT :taken AND attempts >= :most THEN clock_timestamp() END,
        next_try_at = clock_timestamp() + make_interval(secs => :pause)
    WHERE id = :id AND sent_at IS NULL AND (lease_by = :token OR :taken)""")
# A server that is away takes the time of one event a minute, not of all that are due there: others wait behind them.
# Their tries are not counted, so they are given up by their age.
PUT_OFF = text("""
    UPDATE webhook_delivery SET answer = :answer, next_try_at = clock_timestamp() + make_interval(secs => :pause),
        dead_at = CASE WHEN made_at <= clock_timestamp() - CAST(:given_up AS interval) THEN clock_timestamp() END
    WHERE id IN (
        SELECT id FROM webhook_delivery WHERE webhook_id = :webhook AND sent_at IS NULL AND dead_at IS NULL
            AND lease_by IS NULL AND next_try_at <= clock_timestamp() FOR UPDATE SKIP LOCKED)""")


def complete(webhook: Webhook) -> None:
    """Refuse an address that could never be posted to; that there is one, and events to tell, its form asks for."""
    try:
        web_address(webhook.url)
    except ValueError:
        raise Refused(_("An address of the web is expected: https://…"), field="url") from None


def new_secret(webhook: Webhook, seal: Seal) -> None:
    """Make the secret that its messages are signed with; the row must have its number by now."""
    webhook.sealed_secret = seal.closed(place(webhook.id), secrets.token_urlsafe(32))


def secret_of(webhook_id: int, sealed: bytes | None, seal: Seal) -> str:
    return seal.opened_at(place(webhook_id), sealed) or ""


def place(webhook_id: int) -> bytes:
    return b"webhook:%d" % webhook_id


def signature(secret: str, at: datetime, body: bytes) -> str:
    """`t=…,v1=…`: HMAC SHA-256 of the second, a dot and the body."""
    second = int(at.timestamp())
    signed = hmac.new(secret.encode(), b"%d." % second + body, hashlib.sha256).hexdigest()
    return f"t={second},v1={signed}"


def again(session: Session, delivery: WebhookDelivery, *, now: datetime) -> None:
    """Tell it once more, under the same id."""
    anew = {"sent_at": None, "dead_at": None, "lease_by": None, "next_try_at": now, "attempts": 0, "answer": ""}
    session.execute(update(WebhookDelivery).where(WebhookDelivery.id == delivery.id).values(anew))


def oldest_due(session: Session) -> timedelta | None:
    """How long the event that waits longest has been due, of one that was tried in vain since it was made."""
    untold = WebhookDelivery.sent_at.is_(None), WebhookDelivery.dead_at.is_(None)
    on = select(Webhook.id).where(Webhook.is_on)
    return longest_due(session, literal_column(UNTOLD_SINCE), *untold, of=WebhookDelivery.webhook_id, owners=on)


def tidy(session: Session, *, now: datetime) -> None:
    """What was told, or given up, long ago goes."""
    over = WebhookDelivery.sent_at.is_not(None) | WebhookDelivery.dead_at.is_not(None)
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.made_at < now - RETENTION, over))


@dataclass(frozen=True)
class WebhookDrain:
    """Tells what is due, each in short transactions: nothing is locked while an address is waited for."""

    engine: Engine
    seal: Seal
    private: bool
    post: Callable[..., int] = post

    def run(self, *, until: Callable[[], bool] = lambda: False) -> int:
        tries = 0
        while not until() and self.one():
            tries += 1
        return tries

    def one(self) -> bool:
        token = uuid4()
        with self.engine.begin() as connection:
            row = connection.execute(CLAIM, {"token": token, "lease": LEASE}).one_or_none()
        if row is None:
            return False
        status, answer = self._told(row)
        taken = status is not None and 200 <= status < 300
        with self.engine.begin() as connection:
            connection.execute(MARK, self._mark(row, token, taken=taken, answer=answer))
            if status is None:
                others = {"webhook": row.webhook_id, "answer": answer[:300], "given_up": GIVEN_UP}
                connection.execute(PUT_OFF, others | {"pause": pause(1, random.random()).total_seconds()})
        return True

    def _told(self, row: Any) -> tuple[int | None, str]:
        """The status of the answer, None where none came; and what is kept of it."""
        said = {"id": str(row.key), "event": row.event, "at": row.made_at.isoformat(), "data": row.payload}
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Vizavi",
            EVENT: row.event,
            KEY: str(row.key),
            SIGNATURE: signature(secret_of(row.webhook_id, row.sealed_secret, self.seal), row.now, body),
        }
        try:
            status = self.post(row.url, body, headers, private=self.private)
        except Unreachable as why:
            return None, str(why)
        return status, str(status)

    @staticmethod
    def _mark(row: Any, token: UUID, *, taken: bool, answer: str) -> dict[str, Any]:
        wait = pause(row.attempts, random.random()).total_seconds()
        told = {"taken": taken, "answer": answer[:300], "pause": wait, "most": MOST_TRIES}
        return {"id": row.id, "token": token, **told}
