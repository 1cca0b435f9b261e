"""Mailboxes are asked one after another, whatever is wrong with one of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.extensions import db
from app.models.mailboxes import Mailbox
from app.services.mail.incoming import fetching as services
from jobs import fetching

pytestmark = pytest.mark.slow


def test_what_fails_for_one_mailbox_keeps_no_other_from_being_asked(
    here: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()

    def fetch(_asking: Any, mailbox_id: int, _seal: Any) -> int:
        asked.append(mailbox_id)
        raise KeyError

    monkeypatch.setattr(services, "fetch", fetch)
    with here.app_context(), Session(db.engine) as session:
        reached = {"imap_host": "127.0.0.1", "fetch_from": date(2026, 1, 1)}
        mailboxes = [Mailbox(address=f"{name}@vizavi.test", **reached) for name in ("first", "second")]
        session.add_all(mailboxes)
        session.commit()
        fetching.run()
        assert asked == [each.id for each in mailboxes]
        assert list(services.due(session, None, now=clock.now())) == []
