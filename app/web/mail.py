"""What mail needs of the settings."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from app import clock, nudge
from app.domain.letters.consent import App
from app.extensions import db
from app.services.mail.consent import Tokens
from app.services.mail.incoming import fetching, imap
from app.services.mail.sealing import Seal
from app.services.mail.wire import Server, server_of


def seal() -> Seal:
    """What passwords of mailboxes are sealed by."""
    settings = current_app.config["CRM"]
    return Seal(str(current_app.secret_key), settings.old_secret_keys)


def tokens() -> Tokens:
    """Tokens of mailboxes whose providers gave access, by our applications there."""
    apps = {name: App(*app) for name, app in current_app.config["CRM"].oauth_apps.items()}
    return Tokens(db.engine, seal(), apps, clock.now)


def company_server() -> Server | None:
    """How letters of the company's own mailbox go out; None: they stay in the built-in one, or its row says how."""
    url: str = current_app.config["CRM"].smtp_url
    return server_of(url) if url else None


def company_incoming() -> imap.ImapServer | None:
    """Where letters to the company's own mailbox come in; None: its row says where, if they do."""
    url: str = current_app.config["CRM"].imap_url
    return imap.server_of(url) if url else None


def write_url(simply: str = "", **about: Any) -> str:
    """Where a letter is written: here, or in the user's own program when he chose it; `simply` for who may not here."""
    if not current_app.appbuilder.sm.has_access("can_write", "Letters"):  # type: ignore[attr-defined]
        return simply
    profile = getattr(current_user, "profile", None)
    here = "LetterView.program" if profile and profile.own_mail_program else "LetterView.write"
    return url_for(here, **about)


def fetch_soon(session: Session) -> None:
    """Somebody looks at his letters: mailboxes that were not asked a moment ago are asked now."""
    if fetching.due(session, company_incoming(), now=clock.now(), after=fetching.AT_ONCE):
        nudge.soon(fetching.TASK_NOW, nudge.MAIL)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["write_url"] = write_url  # a global: imported macros have no context
