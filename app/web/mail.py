"""What mail needs of the settings."""

from __future__ import annotations

from flask import current_app

from app.services.mail.sealing import Seal
from app.services.mail.wire import Server, server_of


def seal() -> Seal:
    """What passwords of mailboxes are sealed by."""
    settings = current_app.config["CRM"]
    return Seal(str(current_app.secret_key), settings.old_secret_keys)


def company_server() -> Server | None:
    """How letters of the company's own mailbox go out; None: they stay in the built-in one, or its row says how."""
    url: str = current_app.config["CRM"].smtp_url
    return server_of(url) if url else None
