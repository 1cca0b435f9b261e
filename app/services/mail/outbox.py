"""Letters on their way out: nothing is lost, and twice goes only what a server took without being marked.

That is where it did not say so, or the process was killed before the mark: of the last letter and of the one before.
Claim, send, mark, in short transactions: no lock is held while a server is waited for. Small letters are claimed
some at once, each is marked as soon as it went, while the next one goes; a mark and the next claim are one
transaction, since a commit costs as much as a letter.
The clock is the base's own here, everywhere: a lease must mean the same to all who look at it.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import Connection, Engine, TextClause, exists, func, literal_column, select, text, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.domain.letters.sending import (
    GIVEN_UP,
    LEASE,
    LEASE_OF_BYTES,
    MOST_INTERRUPTED,
    Delivery,
    Fate,
    Reply,
    Trouble,
    pause,
)
from app.domain.words import LetterState, RecipientState, WhyNoLetter, WireSecurity
from app.errors import Refused
from app.models.letters import WAITS_SINCE, Letter, LetterParty, Outgoing
from app.models.mailboxes import Mailbox
from app.models.mailings import MailingRecipient, StopAddress
from app.queries.sql import longest_due
from app.services.mail.consent import NoToken, Tokens
from app.services.mail.sealing import Seal
from app.services.mail.wire import Server, Wire

TASK = "jobs.mail.run"  # what the edges ask a worker for after the commit
MARKED_FOR = 3 * LEASE.total_seconds()  # seconds in which a mark is tried again
BETWEEN_MARKS = 0.2
TOKEN_CACHED = 60.0  # seconds: one that is given is good for some minutes
TOGETHER = 5  # letters that are claimed at once
Mark = tuple[TextClause, dict[str, Any]]
log = logging.getLogger(__name__)

# A letter whose try was broken off goes alone: perhaps it ends its workers, which would break off the others too.
CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT id, letter_id, next_try_at, lease_by IS NOT NULL AS is_broken_off FROM outgoing
        WHERE sent_at IS NULL AND dead_at IS NULL AND next_try_at <= clock_timestamp()
            AND mailbox_id NOT IN (SELECT id FROM mailbox WHERE stopped <> '')
        ORDER BY next_try_at, id LIMIT :together FOR UPDATE SKIP LOCKED
    ), first AS (
        SELECT * FROM due ORDER BY next_try_at, id LIMIT 1
    ), taken AS (
        UPDATE outgoing SET attempts = attempts + 1, interrupted = interrupted + due.is_broken_off::int,
            lease_by = :token, first_try_at = coalesce(first_try_at, clock_timestamp()),
            next_try_at = clock_timestamp()
                + make_interval(secs => CAST(:lease AS float8) + letter.size / CAST(:bytes AS float8))
        FROM due JOIN letter ON letter.id = due.letter_id CROSS JOIN first
        WHERE outgoing.id = due.id AND (due.id = first.id
            OR NOT first.is_broken_off AND NOT due.is_broken_off AND letter.size < :bytes)
        RETURNING outgoing.*, due.next_try_at AS was_due
    )
    SELECT taken.id, taken.letter_id, taken.mailbox_id, taken.sender, taken.attempts, taken.interrupted,
        clock_timestamp() - taken.first_try_at AS tried_for, source.raw,
        (SELECT array_agg(DISTINCT party.address) FROM letter_party party
         WHERE party.letter_id = taken.letter_id AND party.state = 'waiting') AS recipients,
        mailbox.version, mailbox.sending_works, mailbox.is_company,
        mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security, mailbox.login,
        mailbox.sealed_password, mailbox.own_certificate, mailbox.sealed_refresh IS NOT NULL AS by_token
    FROM taken JOIN letter_source source ON source.letter_id = taken.letter_id
        JOIN mailbox ON mailbox.id = taken.mailbox_id
    ORDER BY taken.was_due, taken.id""")
RELEASE = text("""
    UPDATE outgoing SET lease_by = NULL, attempts = attempts - 1, next_try_at = clock_timestamp()
    WHERE id = :id AND lease_by = :token AND sent_at IS NULL""")
# What each recipient was answered is always written: an accepted one must not get it again.
# The journal does not keep such states: it need not look for changes.
MARK = text("""
    WITH silent AS MATERIALIZED (
        SELECT set_config('vizavi.verb', 'filling', true)
    ), answered AS (
        SELECT * FROM unnest(
            CAST(:addresses AS text[]), CAST(:states AS text[]), CAST(:answers AS text[])
        ) AS x (address, state, answer)
    ), parties AS (
        UPDATE letter_party party SET state = answered.state, answer = answered.answer FROM answered
        WHERE party.letter_id = :letter AND party.address = answered.address
            AND (party.state = 'waiting' OR party.state = 'refused' AND answered.state = 'sent')
    ), outcome AS (
        SELECT silent.*, CASE WHEN NOT :finished THEN 'waiting' WHEN :accepted OR EXISTS (
            SELECT FROM letter_party WHERE letter_id = :letter AND state = 'sent') THEN 'sent' ELSE 'dead' END AS state
        FROM silent
    ), way AS (
        UPDATE outgoing SET lease_by = NULL, interrupted = 0, error = :error,
            may_have_arrived = may_have_arrived OR :may_have_arrived,
            sent_at = CASE WHEN outcome.state = 'sent' THEN clock_timestamp() END,
            dead_at = CASE WHEN outcome.state = 'dead' THEN clock_timestamp() END,
            next_try_at = clock_timestamp() + make_interval(secs => CAST(:pause AS float8))
        FROM outcome
        WHERE id = :id AND sent_at IS NULL AND (lease_by = :token OR :finished AND :accepted)
        RETURNING letter_id, outcome.state
    )
    UPDATE letter SET state = way.state FROM way WHERE letter.id = way.letter_id AND letter.state <> way.state""")
# Of the settings that were tried: whoever has changed them meanwhile is told nothing of the new ones.
PROVED = text("UPDATE mailbox SET sending_works = true WHERE id = :mailbox AND version = :version")
STOP = text("""
    WITH stopped AS (UPDATE mailbox SET stopped = :sentence WHERE id = :mailbox AND version = :version AND stopped = '')
    UPDATE outgoing SET lease_by = NULL, attempts = attempts - 1, next_try_at = clock_timestamp(), error = :error
    WHERE id = :id AND lease_by = :token AND sent_at IS NULL""")
# Of a server that is away: what waits for it no longer than a letter may. Some of its recipients may have it by now.
GIVE_UP = text("""
    WITH silent AS MATERIALIZED (
        SELECT set_config('vizavi.verb', 'filling', true)
    ), late AS MATERIALIZED (
        SELECT id, letter_id, CASE WHEN EXISTS (
            SELECT FROM letter_party party WHERE party.letter_id = outgoing.letter_id AND party.state = 'sent'
        ) THEN 'sent' ELSE 'dead' END AS state
        FROM outgoing CROSS JOIN silent
        WHERE mailbox_id = :mailbox AND sent_at IS NULL AND dead_at IS NULL AND lease_by IS NULL
            AND next_try_at <= clock_timestamp() AND first_try_at <= clock_timestamp() - CAST(:given_up AS interval)
        FOR UPDATE OF outgoing SKIP LOCKED
    ), parties AS (
        UPDATE letter_party party SET state = 'refused', answer = :error FROM late
        WHERE party.letter_id = late.letter_id AND party.state = 'waiting'
    ), ways AS (
        UPDATE outgoing SET error = :error,
            sent_at = CASE WHEN late.state = 'sent' THEN clock_timestamp() END,
            dead_at = CASE WHEN late.state = 'dead' THEN clock_timestamp() END
        FROM late WHERE outgoing.id = late.id
    )
    UPDATE letter SET state = late.state FROM late WHERE letter.id = late.letter_id""")
# A server that is away takes the time of one letter a minute, not of all that are due there: others wait behind them.
PUT_OFF = text("""
    UPDATE outgoing SET first_try_at = coalesce(first_try_at, clock_timestamp()), error = :error,
        next_try_at = clock_timestamp() + make_interval(secs => CAST(:pause AS float8))
    WHERE id IN (
        SELECT id FROM outgoing WHERE mailbox_id = :mailbox AND sent_at IS NULL AND dead_at IS NULL
            AND lease_by IS NULL AND next_try_at <= clock_timestamp() FOR UPDATE SKIP LOCKED)""")


@dataclass(frozen=True)
class Claimed:
    """A letter that this process alone has until its lease is over."""

    id: int
    letter_id: int
    mailbox_id: int
    version: int  # of the mailbox
    sender: str
    recipients: Sequence[str]
    raw: bytes
    attempts: int
    interrupted: int
    tried_for: timedelta
    server: Server | None  # None: it stays in the built-in mailbox
    unsealed: bool
    is_proved: bool  # its server has let us in before
    token: UUID
    until: float  # by time.monotonic: whoever has begun before is through before the lease is over


@dataclass
class Drain:
    """Carries what is due. `wire` makes a connection; tests give one with shorter limits."""

    engine: Engine
    seal: Seal
    company: Server | None  # how the company's own mailbox sends, when a setting says so
    tokens: Tokens | None = None  # of mailboxes whose providers gave access
    wire: Callable[[Server], Wire] = Wire
    _wires: dict[int, tuple[Server, Wire]] = field(default_factory=dict)
    _tokens: dict[int, tuple[str, float]] = field(default_factory=dict)  # and until when they are not asked for anew
    _held: Connection | None = None

    def run(self, *, until: Callable[[], bool] = lambda: False) -> int:
        """Everything that is due now, unless it is time to go; returns how many tries were made."""
        if until():
            return 0
        tries = 0
        ahead: deque[Claimed] = deque()
        # While the base writes down what became of a letter, the next one goes: no disk is waited for.
        with closing(self), ThreadPoolExecutor(1) as base:
            writing = base.submit(self._write, [], ahead, claims=True)
            while True:
                if not ahead:
                    writing.result()
                if not ahead:
                    return tries
                claimed = ahead.popleft()
                marks = _marks(claimed, self._carried(claimed))
                tries += 1
                writing.result()
                go_on = not until()
                is_over = marks[-1][0] in (STOP, PUT_OFF) or not go_on
                if ahead and (is_over or time.monotonic() > ahead[0].until):
                    marks[1:1] = [(RELEASE, {"token": each.token, "id": each.id}) for each in ahead]
                    ahead.clear()
                writing = base.submit(self._write, marks, ahead, claims=go_on and len(ahead) < 2)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """On a connection that is held while it works."""
        if self._held is None:
            self._held = self.engine.connect()
        try:
            with self._held.begin():
                yield self._held
        except DBAPIError:
            self._let_go()
            raise

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with suppress(DBAPIError):
                held.close()

    def close(self) -> None:
        self._let_go()
        for _server, wire in self._wires.values():
            wire.close()
        self._wires.clear()

    def _claimed(self) -> list[Claimed]:
        with self._transaction() as connection:
            return self._claim(connection)

    def _claim(self, connection: Connection) -> list[Claimed]:
        token, seconds = uuid4(), LEASE.total_seconds()
        until = time.monotonic() + seconds / 3
        lease = {"token": token, "lease": seconds, "bytes": LEASE_OF_BYTES, "together": TOGETHER}
        return [self._known(row, token, until) for row in connection.execute(CLAIM, lease)]

    def _known(self, row: Any, token: UUID, until: float) -> Claimed:
        password = "" if row.is_company and self.company else self.seal.opened(row.mailbox_id, row.sealed_password)
        server = self._server(row, password or "")
        return Claimed(
            row.id, row.letter_id, row.mailbox_id, row.version, row.sender, row.recipients or [], row.raw,
            row.attempts, row.interrupted, row.tried_for, server, password is not None, row.sending_works,
            token, until,
        )  # fmt: skip

    def _write(self, marks: Sequence[Mark], ahead: deque[Claimed], *, claims: bool) -> None:
        """What became of letters, and more of them into `ahead`; whatever happens, the marks are written."""
        try:
            with self._transaction() as connection:
                for each in marks:
                    connection.execute(*each)
                more = self._claim(connection) if claims else []
        except DBAPIError:
            for each in marks:
                self._mark(each)
            more = self._claimed() if claims else []
        ahead.extend(more)

    def _mark(self, mark: Mark) -> None:
        """Repeated until the base answers: what was sent and not marked would be sent again."""
        end = time.monotonic() + MARKED_FOR
        while True:
            try:
                with self._transaction() as connection:
                    connection.execute(*mark)
                return
            except (OperationalError, InterfaceError):
                if time.monotonic() > end:
                    raise
                log.warning("PostgreSQL does not answer: what became of a letter is told again")
                time.sleep(BETWEEN_MARKS)

    def _server(self, row: Any, password: str) -> Server | None:
        if row.is_company and self.company:
            return self.company
        if not row.smtp_host:
            return None
        security = WireSecurity(row.smtp_security)
        return Server(
            row.smtp_host, row.smtp_port, security, row.login, password, row.own_certificate, by_token=row.by_token
        )

    def _carried(self, claimed: Claimed) -> Delivery:
        """One try; a letter that ends its workers is not tried again."""
        if claimed.interrupted >= MOST_INTERRUPTED:
            words = _("Sending was interrupted too many times.")
            return Delivery(dict.fromkeys(claimed.recipients, Reply(599, words)), may_have_arrived=True)
        if not claimed.unsealed:
            return Delivery(trouble=(Trouble.PASSWORD, ""))
        return self._sent(claimed)

    def _sent(self, claimed: Claimed) -> Delivery:
        if claimed.server is None:
            return Delivery(dict.fromkeys(claimed.recipients, Reply(250, "")))
        if not claimed.recipients:
            return Delivery()
        server = claimed.server
        if server.by_token and self.tokens is not None:
            try:
                server = replace(server, token=self._token(self.tokens, claimed.mailbox_id))
            except NoToken as why:
                if why.is_lasting:
                    return Delivery(trouble=(Trouble.CONSENT, why.sentence))
                return Delivery(dict.fromkeys(claimed.recipients, Reply(0, why.sentence)), is_away=True)
        known = self._wires.get(claimed.mailbox_id)
        if known is None or known[0] != server:
            if known is not None:
                known[1].close()
            self._wires[claimed.mailbox_id] = known = (server, self.wire(server))
        return known[1].send(claimed.sender, claimed.recipients, claimed.raw)

    def _token(self, tokens: Tokens, mailbox_id: int) -> str:
        """The mailbox's, asked for once a minute and not once a letter."""
        token, until = self._tokens.get(mailbox_id, ("", 0.0))
        if time.monotonic() > until:
            token = tokens.of(mailbox_id)
            self._tokens[mailbox_id] = token, time.monotonic() + TOKEN_CACHED
        return token


def _marks(claimed: Claimed, delivery: Delivery) -> list[Mark]:
    """What became of the letter, of its mailbox where this is its first one, and of the others where it is away."""
    marks = [_marking(claimed, delivery)]
    if delivery.is_away and delivery.trouble is None:
        others = {"mailbox": claimed.mailbox_id, "error": marks[0][1]["error"]}
        marks.append((GIVE_UP, others | {"given_up": GIVEN_UP}))
        marks.append((PUT_OFF, others | {"pause": pause(1, random.random()).total_seconds()}))
    took = any(answer.fate is Fate.SENT for answer in delivery.recipients.values())
    if took and claimed.server is not None and not claimed.is_proved:
        marks.append((PROVED, {"mailbox": claimed.mailbox_id, "version": claimed.version}))
    return marks


def _marking(claimed: Claimed, delivery: Delivery) -> Mark:
    own = {"id": claimed.id, "token": claimed.token}
    if delivery.trouble is not None:
        sentence = trouble_told(*delivery.trouble)
        return STOP, own | {
            "mailbox": claimed.mailbox_id,
            "version": claimed.version,
            "sentence": sentence[:500],
            "error": sentence,
        }
    given_up = claimed.tried_for >= GIVEN_UP
    fates = {address: answer.fate for address, answer in delivery.recipients.items()}
    waiting = [address for address, fate in fates.items() if fate is Fate.LATER and not given_up]
    states = {
        Fate.SENT: RecipientState.SENT,
        Fate.NEVER: RecipientState.REFUSED,
        Fate.LATER: RecipientState.REFUSED if given_up else RecipientState.WAITING,
    }
    refusals = [str(answer) for answer in delivery.recipients.values() if answer.fate is not Fate.SENT]
    return MARK, own | {
        "letter": claimed.letter_id,
        "addresses": list(delivery.recipients),
        "states": [states[fate].value for fate in fates.values()],
        "answers": [str(answer) for answer in delivery.recipients.values()],
        "error": next(iter(refusals), ""),
        "may_have_arrived": delivery.may_have_arrived,
        "finished": not waiting,
        "accepted": Fate.SENT in fates.values(),
        "pause": pause(claimed.attempts, random.random()).total_seconds(),
    }


def trouble_told(trouble: Trouble, words: str) -> str:
    """A sentence for whoever looks after the mailbox, with the server's own words."""
    match trouble:
        case Trouble.LOGIN:
            return str(_("The server does not let in with this login and password: %(words)s", words=words))
        case Trouble.CONSENT:
            return str(_("The access to this mailbox is refused, connect it again: %(words)s", words=words))
        case Trouble.PASSWORD:
            return str(_("The password cannot be read any more: enter it again."))
        case Trouble.CERTIFICATE:
            return str(_("The server's certificate is not to be trusted: %(words)s", words=words))
        case Trouble.NAME:
            return str(_("There is no such server: %(words)s", words=words))
        case Trouble.ENCRYPTION:
            return str(_("The server does not encrypt as the mailbox says: %(words)s", words=words))


def next_due_in(engine: Engine) -> float | None:
    """Seconds until a letter is due; None when nothing waits, less than nothing when one is overdue."""
    waits = func.extract("epoch", func.min(Outgoing.next_try_at) - func.clock_timestamp())
    with engine.connect() as connection:
        found = connection.scalar(select(waits).where(*_going()))
    return None if found is None else float(found)


def oldest_due(session: Session) -> timedelta | None:
    """How long the letter that waits longest has been due, of one that no server has answered since its first try."""
    waits = Outgoing.sent_at.is_(None), Outgoing.dead_at.is_(None)
    going = select(Mailbox.id).where(Mailbox.stopped == "")
    return longest_due(session, literal_column(WAITS_SINCE), *waits, of=Outgoing.mailbox_id, owners=going)


def _going() -> tuple[Any, ...]:
    stopped = select(Mailbox.id).where(Mailbox.stopped != "")
    return Outgoing.sent_at.is_(None), Outgoing.dead_at.is_(None), Outgoing.mailbox_id.not_in(stopped)


def send_again(session: Session, letter: Letter) -> None:
    """Try a dead letter anew: the same bytes, to those who have not got it."""
    if letter.state is not LetterState.DEAD or letter.outgoing is None:
        raise Refused(_("This letter is not one that was given up."))
    _refuse_stopped(session, letter)
    way = letter.outgoing
    way.dead_at, way.attempts, way.interrupted, way.first_try_at, way.error = None, 0, 0, None, ""
    session.execute(
        update(LetterParty)
        .where(LetterParty.letter_id == letter.id, LetterParty.state == RecipientState.REFUSED)
        .values(state=RecipientState.WAITING, answer="")
    )
    session.execute(
        update(Outgoing).where(Outgoing.id == way.id).values(next_try_at=func.clock_timestamp(), lease_by=None)
    )
    letter.state = LetterState.WAITING
    session.flush()


def _refuse_stopped(session: Session, letter: Letter) -> None:
    """What a mailing wrote goes to nobody whom it was stopped for, nor to who wants no mailings."""
    row = MailingRecipient
    is_unwanted = exists().where(func.lower(StopAddress.address) == func.lower(row.address))
    asked = select(row.left_out, is_unwanted).where(row.letter_id == letter.id).execution_options(unscoped=True)
    left_out, unwanted = session.execute(asked).one_or_none() or (None, False)
    if left_out is WhyNoLetter.HALTED:
        raise Refused(_("The mailing was stopped."))
    if unwanted:
        raise Refused(_("The recipient is in the stop list."))


def hold_due(session: Session) -> int:
    """After the base was brought back: what was due then may have gone out since, so people say it again.

    So may what waited for a mailbox that was stopped then.
    """
    unsent = (Outgoing.sent_at.is_(None), Outgoing.dead_at.is_(None))
    held = session.scalars(
        select(Outgoing.letter_id).where(*unsent, Outgoing.next_try_at <= func.clock_timestamp())
    ).all()
    words = _("The base was brought back from a copy: the letter may have been sent already.")
    session.execute(
        update(Outgoing)
        .where(Outgoing.letter_id.in_(held))
        .values(dead_at=func.clock_timestamp(), may_have_arrived=True, error=words)
    )
    session.execute(update(Letter).where(Letter.id.in_(held)).values(state=LetterState.DEAD))
    return len(held)


def go_on(session: Session, mailbox: Mailbox) -> None:
    """Its trouble is over: what waits for it is due at once."""
    mailbox.stopped = ""
    session.flush()
    waiting = (Outgoing.mailbox_id == mailbox.id, Outgoing.sent_at.is_(None), Outgoing.dead_at.is_(None))
    tried = update(Outgoing).where(*waiting, Outgoing.attempts > 0, Outgoing.lease_by.is_(None))
    session.execute(tried.values(next_try_at=func.clock_timestamp()))
