"""Mailboxes: set up from their address, tried out, started again."""

from __future__ import annotations

import smtplib
from dataclasses import replace
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.letters.addresses import BadAddress, WrongRecipient, recipient
from app.domain.letters.providers import provider_of
from app.errors import OutOfReach, Refused
from app.models.mailboxes import Mailbox
from app.services.mail import outbox
from app.services.mail.consent import Tokens
from app.services.mail.incoming import fetching, imap
from app.services.mail.outbox import trouble_told
from app.services.mail.sealing import Seal
from app.services.mail.wire import MailboxTrouble, Server, Wire

FETCHED_BACK = timedelta(days=30)  # of a new mailbox, unless another day is asked for
PATIENCE = 15.0  # seconds that one who tries a mailbox out waits for its server


def set_up(mailbox: Mailbox) -> None:
    """Fill in what the address tells; refuse an address that is none."""
    try:
        mailbox.address = recipient(mailbox.address).email
    except WrongRecipient as wrong:
        if wrong.why is not BadAddress.NOT_ONE or not mailbox.is_company:
            raise Refused(_("“%(text)s” is no e-mail address.", text=wrong.text[:80]), field="address") from None
    known = provider_of(mailbox.address)
    if known is not None and not mailbox.smtp_host:
        mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security = known.smtp
    if known is not None and not mailbox.imap_host:
        mailbox.imap_host, mailbox.imap_port, mailbox.imap_security = known.imap
    for name in ("smtp_host", "imap_host"):
        host = (getattr(mailbox, name) or "").strip()
        if any(sign.isspace() or sign in "/@:" for sign in host):
            raise Refused(_("A server is a name, as in smtp.example.ru."), field=name)
        setattr(mailbox, name, host)
    if mailbox.smtp_host and not mailbox.login:
        mailbox.login = mailbox.address


def server_of_row(mailbox: Mailbox, seal: Seal) -> Server | None:
    """How it sends, as its row says; None for one whose letters stay in the product."""
    if not mailbox.smtp_host:
        return None
    return Server(
        mailbox.smtp_host,
        mailbox.smtp_port,
        mailbox.smtp_security,
        mailbox.login,
        seal.opened(mailbox.id, mailbox.sealed_password) or "",
        mailbox.own_certificate,
    )


def try_out(session: Session, mailbox: Mailbox, server: Server | None, seal: Seal, tokens: Tokens) -> str:
    """Connect and log in, both ways; what is wrong is told in the server's own words.

    "": all is well, and letters go on.
    """
    try:
        token = tokens.of(mailbox.id) if mailbox.sealed_refresh else ""
        if server is not None:
            Wire(replace(server, token=token), limit=PATIENCE, timeout=PATIENCE).try_out()
            outbox.go_on(session, mailbox)
        if mailbox.imap_host and mailbox.fetch_from is not None:
            with imap.connected(replace(fetching.server_of(mailbox, seal), token=token)):
                mailbox.fetching_stopped, mailbox.fetched_at = "", None
                session.flush()
    except MailboxTrouble as trouble:
        return trouble_told(trouble.trouble, trouble.words)
    except OutOfReach as trouble:
        return trouble.sentence
    except (OSError, smtplib.SMTPException) as error:
        words = str(error) or type(error).__name__
        return str(_("The server does not answer: %(words)s", words=words[:300]))
    return ""
