"""Mailboxes: set up from their address, tried out, started again."""

from __future__ import annotations

import smtplib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, attributes

from app.domain.letters.addresses import BadAddress, WrongRecipient, recipient
from app.domain.letters.providers import provider_of
from app.domain.words import FolderRole, MailboxState
from app.errors import OutOfReach, Refused
from app.models.mailboxes import Mailbox
from app.services.mail import outbox
from app.services.mail.consent import Tokens, forget
from app.services.mail.incoming import fetching, imap
from app.services.mail.outbox import trouble_told
from app.services.mail.sealing import Seal
from app.services.mail.wire import MailboxTrouble, Server, Wire

Reached = TypeVar("Reached", Server, imap.ImapServer)
PATIENCE = 15.0  # seconds that one who tries a mailbox out waits for its server
LET_OUT = ("login", "own_certificate", "smtp_host", "smtp_port", "smtp_security")
LET_IN = ("login", "own_certificate", "imap_host", "imap_port", "imap_security")
EARLIEST = date(1980, 1, 1)  # no letter is older


@dataclass(frozen=True)
class OnServer:
    """How many letters lie in the folders of a mailbox, and how many of them would be taken from each day on."""

    all: dict[FolderRole, int]
    since: dict[date, dict[FolderRole, int]]


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
    if _changed(mailbox, LET_OUT):
        mailbox.sending_works = False
    if _changed(mailbox, LET_IN):
        mailbox.fetching_works = False


def _changed(mailbox: Mailbox, names: Collection[str]) -> bool:
    return any(attributes.get_history(mailbox, name).has_changes() for name in names)


def new_password(mailbox: Mailbox, password: str, seal: Seal) -> None:
    """It is reached by this one from here on, and nobody knows yet whether it is right."""
    seal.close(mailbox, password)
    mailbox.sending_works = mailbox.fetching_works = False
    forget(mailbox)


def sending_state(mailbox: Mailbox, company: Server | None) -> MailboxState:
    """How letters go out; `company`: the server that a setting names for the company's own mailbox."""
    if mailbox.stopped:
        return MailboxState.STOPPED
    if not mailbox.smtp_host and not (mailbox.is_company and company):
        return MailboxState.LOCAL
    return MailboxState.WORKS if mailbox.sending_works else MailboxState.UNTESTED


def is_fetchable(mailbox: Mailbox, company: imap.ImapServer | None) -> bool:
    """Whether its letters lie on a server; `company`: that which a setting names for the company's own mailbox."""
    return bool(mailbox.imap_host or (mailbox.is_company and company))


def fetching_state(mailbox: Mailbox, company: imap.ImapServer | None) -> MailboxState:
    """How letters come in."""
    if mailbox.fetching_stopped:
        return MailboxState.STOPPED
    if not is_fetchable(mailbox, company):
        return MailboxState.LOCAL
    return MailboxState.WORKS if mailbox.fetching_works else MailboxState.UNTESTED


def state(mailbox: Mailbox, outgoing: Server | None, incoming: imap.ImapServer | None) -> MailboxState:
    """What whoever looks after it should know: the worse of both ways, of those that it is to have."""
    ways = {sending_state(mailbox, outgoing)}
    if mailbox.fetch_from is not None:
        ways.add(fetching_state(mailbox, incoming))
    worst = (MailboxState.STOPPED, MailboxState.LOCAL, MailboxState.UNTESTED)
    return next((each for each in worst if each in ways), MailboxState.WORKS)


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
        by_token=mailbox.sealed_refresh is not None,
    )


@dataclass(frozen=True)
class MailboxTrial:
    """How a mailbox is set up when it is tried out: what is found out is of these settings alone."""

    mailbox_id: int
    version: int
    outgoing: Server | None
    incoming: imap.ImapServer | None


@dataclass(frozen=True)
class TrialOutcome:
    """Which ways the servers let in; `wrong`: why not, in a server's own words, "" where all is well."""

    sends: bool = False
    fetches: bool = False
    wrong: str = ""


def trial_of(mailbox: Mailbox, outgoing: Server | None, seal: Seal, company: imap.ImapServer | None) -> MailboxTrial:
    """OutOfReach where its password cannot be opened."""
    incoming = fetching.server_of(mailbox, seal, company) if is_fetchable(mailbox, company) else None
    return MailboxTrial(mailbox.id, mailbox.version, outgoing, incoming)


def try_out(trial: MailboxTrial, tokens: Tokens) -> TrialOutcome:
    """Connect and log in, both ways; the base is not asked meanwhile."""
    outcome = TrialOutcome()
    try:
        if trial.outgoing is not None:
            Wire(_with_token(trial.outgoing, trial.mailbox_id, tokens), limit=PATIENCE, timeout=PATIENCE).try_out()
            outcome = replace(outcome, sends=True)
        if trial.incoming is not None:
            with imap.connected(_with_token(trial.incoming, trial.mailbox_id, tokens), PATIENCE):
                pass
            outcome = replace(outcome, fetches=True)
    except MailboxTrouble as trouble:
        return replace(outcome, wrong=trouble_told(trouble.trouble, trouble.words))
    except OutOfReach as trouble:
        return replace(outcome, wrong=trouble.sentence)
    except (OSError, smtplib.SMTPException) as error:
        words = str(error) or type(error).__name__
        return replace(outcome, wrong=str(_("The server does not answer: %(words)s", words=words[:300])))
    return outcome


def keep_outcome(session: Session, trial: MailboxTrial, outcome: TrialOutcome) -> bool:
    """Letters go on where a way works; False where the mailbox was set up anew meanwhile: nothing is known of it."""
    same = select(Mailbox).where(Mailbox.id == trial.mailbox_id, Mailbox.version == trial.version)
    mailbox = session.scalar(same.with_for_update(of=Mailbox), execution_options={"populate_existing": True})
    if mailbox is None:
        return False
    if outcome.sends:
        outbox.go_on(session, mailbox)
        mailbox.sending_works = True
    if outcome.fetches:
        mailbox.fetching_stopped, mailbox.fetched_at, mailbox.fetching_works = "", None, True
    session.flush()
    return True


def incoming_server(mailbox: Mailbox, seal: Seal, tokens: Tokens, company: imap.ImapServer | None) -> imap.ImapServer:
    """How letters come in, with a token where one is wanted; OutOfReach where it cannot be said."""
    return _with_token(fetching.server_of(mailbox, seal, company), mailbox.id, tokens)


def _with_token(server: Reached, mailbox_id: int, tokens: Tokens) -> Reached:
    return replace(server, token=tokens.of(mailbox_id)) if server.by_token else server


def on_server(
    server: imap.ImapServer, read_up_to: Mapping[str, tuple[int | None, int]], days: Iterable[date]
) -> OnServer:
    """What a first reading would take; OutOfReach has a sentence for who waits.

    `read_up_to`: by the name of a folder, its `uidvalidity` and the greatest number that was taken; of such a one the
    rest is taken, unless its numbers are new.
    """
    everything = dict[FolderRole, int]()
    since: dict[date, dict[FolderRole, int]] = {day: {} for day in days}
    with imap.connected(server, PATIENCE) as reader:
        for role, name in reader.folders().items():
            mark = reader.mark(name)
            everything[role] = mark.letters
            uidvalidity, last = read_up_to.get(name, (None, 0))
            last = last if uidvalidity == mark.uidvalidity else 0
            for day, letters in since.items():
                letters[role] = len(reader.uids(name, last, None if last else day))
    return OnServer(everything, since)


def start_fetching(mailbox: Mailbox, since: date) -> None:
    """Letters of that day and later are taken; a day that was chosen before stays."""
    if mailbox.fetch_from is None:
        mailbox.fetch_from, mailbox.fetched_at = since, None
