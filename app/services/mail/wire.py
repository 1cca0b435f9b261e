"""One connection to a server that takes letters, kept while there are more of them."""

from __future__ import annotations

import errno
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from app.domain.letters.consent import xoauth2
from app.domain.letters.sending import HARD_LIMIT, Delivery, Reply, Trouble
from app.domain.words import WireSecurity
from app.outbound import Deadline

MOST_LETTERS = 50  # of one connection
MOST_IDLE = 45.0  # seconds
LEAVING = 2.0  # seconds that a server has to say good-bye
READ_LIMIT = 30.0  # seconds for one answer
WORDS = 500  # letters kept of what a server says
USUAL_PORTS = {WireSecurity.TLS: 465, WireSecurity.START: 587, WireSecurity.NONE: 25}
DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Server:
    """Where letters go out, and as whom. `token` stands in place of the password where the provider gave one.

    `by_token`: the provider gives it for this very server; what a setting names is never told it.
    """

    host: str
    port: int
    security: WireSecurity
    login: str = ""
    password: str = field(default="", repr=False)
    own_certificate: bool = False
    token: str = field(default="", repr=False)
    by_token: bool = False


def server_of(url: str, usual_ports: Mapping[WireSecurity, int] = USUAL_PORTS) -> Server:
    """`smtp://user:password@host:587?tls=start`, `smtps://…`; `&certificate=own` for one that nobody vouches for."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    security = WireSecurity.TLS if parts.scheme.endswith("s") else WireSecurity(asked.get("tls", WireSecurity.NONE))
    return Server(
        parts.hostname or "",
        parts.port or usual_ports[security],
        security,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        asked.get("certificate") == "own",
    )


class MailboxTrouble(Exception):  # noqa: N818 - it is about the mailbox
    """The mailbox cannot send at all; its letters wait."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        super().__init__(words)
        self.trouble, self.words = trouble, words


class _Refusal(smtplib.SMTPException):
    """The server answers that it does not serve us now: it is there, perhaps for another connection of ours."""


class _Client(smtplib.SMTP):
    """smtplib's, by a socket that is cut when it takes too long."""

    def __init__(self, server: Server, deadline: Deadline) -> None:
        super().__init__(local_hostname=socket.gethostname() if socket.gethostname().isascii() else None)
        self.server, self.deadline = server, deadline

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self.deadline.connect(host, port)
        # The end of a letter is a write of its own: it must not wait until the server confirms the one before.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.security is not WireSecurity.TLS:
            return plain
        return encryption(self.server.own_certificate).wrap_socket(plain, server_hostname=host)


def encryption(own_certificate: bool) -> ssl.SSLContext:
    """Certificates are checked, unless somebody said that the server has one of its own."""
    context = ssl.create_default_context()
    if own_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Wire:
    """Letters of one mailbox, one after another."""

    def __init__(self, server: Server, *, limit: float = HARD_LIMIT, timeout: float = READ_LIMIT) -> None:
        self.server, self.limit = server, limit
        self._client: _Client | None = None
        self._sent = 0
        self._used = 0.0
        self._deadline = Deadline(timeout)

    def send(self, sender: str, recipients: Sequence[str], raw: bytes) -> Delivery:
        """One try; whatever happens is told, nothing is raised."""
        given, is_away = False, True
        answers: dict[str, Reply] = {}
        try:
            with self._deadline.within(self.limit):
                client = self._connected()
                is_away = False
                _expect(client.mail(sender, _options(client, raw, sender, recipients)))
                for each in recipients:
                    answers[each] = _answer(client.rcpt(each))
                taken = [each for each, answer in answers.items() if 200 <= answer.code < 300]
                if taken:
                    _expect(client.docmd("DATA"), 354)
                    client.send(DOT.sub(b"..", raw) if raw.endswith(b"\r\n") else DOT.sub(b"..", raw) + b"\r\n")
                    given = True
                    client.send(b".\r\n")
                    answers |= dict.fromkeys(taken, _answer(client.getreply()))
                else:
                    client.rset()
        except MailboxTrouble as trouble:
            self._drop()
            return Delivery(trouble=(trouble.trouble, trouble.words))
        except smtplib.SMTPResponseException as refusal:
            is_away = False
            answer = _answer((refusal.smtp_code, refusal.smtp_error))
            answers |= {each: answer for each in recipients if not _refused(answers.get(each))}
            self._drop()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            is_away = is_away and not isinstance(error, _Refusal)
            words = _words(str(error)) or type(error).__name__
            answers |= {each: Reply(0, words) for each in recipients if not _refused(answers.get(each))}
            self._drop()
        else:
            given = False
            self._count(answers)
        return Delivery(answers, may_have_arrived=given, is_away=is_away)

    def try_out(self) -> None:
        """Connect and log in, nothing more; raises what a user is told: MailboxTrouble, OSError or SMTPException."""
        try:
            with self._deadline.within(self.limit):
                self._connected()
        finally:
            self.close()

    def close(self) -> None:
        self._drop()
        self._deadline.close()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                if client.sock is not None:
                    with self._deadline.within(LEAVING):
                        client.quit()
            except (OSError, smtplib.SMTPException):
                pass  # what was accepted is marked by now
            finally:
                client.close()
                self._deadline.let_go()

    def _count(self, answers: dict[str, Reply]) -> None:
        self._sent += 1
        self._used = time.monotonic()
        if self._sent >= MOST_LETTERS or any(answer.code == 421 for answer in answers.values()):
            self._drop()

    def _connected(self) -> _Client:
        if self._client is not None and time.monotonic() - self._used > MOST_IDLE:
            self._drop()
        if self._client is None:
            self._sent = 0
            self._client = _Client(self.server, self._deadline)
            _log_in(self._client, self.server)
        return self._client


def _log_in(client: _Client, server: Server) -> None:
    """Raise MailboxTrouble for what will not be better at the next try.

    A refusal before any letter is named, such as of our address for a while, is no answer to the letter: it waits.
    """
    try:
        _expect(client.connect(server.host, server.port))
        client.ehlo_or_helo_if_needed()
        if server.security is WireSecurity.START:
            client.starttls(context=encryption(server.own_certificate))
            client.ehlo_or_helo_if_needed()
    except ssl.SSLCertVerificationError as error:
        raise MailboxTrouble(Trouble.CERTIFICATE, error.verify_message) from None
    except ssl.SSLError as error:
        raise MailboxTrouble(Trouble.ENCRYPTION, error.reason or str(error)) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailboxTrouble(Trouble.ENCRYPTION, str(error)) from None
    except smtplib.SMTPResponseException as refusal:
        raise _Refusal(str(_answer((refusal.smtp_code, refusal.smtp_error)))) from None
    except (socket.gaierror, UnicodeError) as error:
        if getattr(error, "errno", None) == socket.EAI_AGAIN:
            raise
        raise MailboxTrouble(Trouble.NAME, f"{server.host}: {getattr(error, 'strerror', error)}") from None
    except OSError as error:
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            raise MailboxTrouble(Trouble.NAME, f"{server.host}: {error.strerror}") from None
        raise
    if not server.login:
        return
    try:
        if server.token:
            # A server that refuses says why first, and is to be answered before it says so: with nothing.
            client.auth("XOAUTH2", lambda challenge=None: "" if challenge else xoauth2(server.login, server.token))
        else:
            client.login(server.login, server.password)
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < 500:
            raise
        trouble = Trouble.CONSENT if server.token else Trouble.LOGIN
        raise MailboxTrouble(trouble, str(_answer((error.smtp_code, error.smtp_error)))) from None
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise MailboxTrouble(Trouble.LOGIN, str(error)) from None


def _options(client: smtplib.SMTP, raw: bytes, sender: str, recipients: Sequence[str]) -> list[str]:
    options = []
    if client.has_extn("size"):
        options.append(f"SIZE={len(raw)}")
    if not all(each.isascii() for each in (sender, *recipients)) and client.has_extn("smtputf8"):
        options.append("SMTPUTF8")
        client.command_encoding = "utf-8"
    return options


def _expect(said: tuple[int, bytes], code: int = 0) -> None:
    if said[0] != code if code else not 200 <= said[0] < 300:
        if said[0] == 530:
            raise MailboxTrouble(Trouble.LOGIN, str(_answer(said)))
        raise smtplib.SMTPResponseException(*said)


def _refused(answer: Reply | None) -> bool:
    """This recipient was refused by himself: what happens to the letter later changes nothing."""
    return answer is not None and not 200 <= answer.code < 300


def _answer(said: tuple[int, bytes | str]) -> Reply:
    code, words = said
    if code == -1:
        raise smtplib.SMTPServerDisconnected(_words(words) or "no answer")
    return Reply(code, _words(words))


def _words(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.replace("\0", "").split())[:WORDS]
