"""Connections to servers of others: none of them holds us for longer than it was given, whatever the server does."""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

PORTS = {"http": 80, "https": 443}
WRITTEN = "!#$%&'()*+,/:;=?@[]~"  # signs that stand in an address as they are, and that of what is encoded already
LATE = "the server took too long"
Place = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


class Deadline:
    """Cuts a connection when what is done over it takes too long in all: a dripping server passes every timeout.

    One thread waits for that: a timer for each letter costs as much as the letter.
    """

    def __init__(self, silence: float) -> None:
        """`silence`: seconds that one read or write may wait."""
        self._silence = silence
        self._changed = threading.Condition()
        self._end, self._wakes = math.inf, math.inf  # by time.monotonic; when the thread looks next
        self._was_cut = self._is_closed = False
        self._thread: threading.Thread | None = None
        # TLS takes the socket into an object of its own: this is another handle of the same connection.
        self._handle: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def connect(self, host: str, port: int) -> socket.socket:
        """A socket in place of the one before; OSError where no address of the host takes it in time."""
        lost = OSError()
        found = places_of(host, port, limit=min(self._silence, self._end - time.monotonic()))
        for family, kind, protocol, _name, address in found:
            rest = self._end - time.monotonic()
            if rest <= 0 or self._was_cut:  # of what was cut no end is kept
                raise TimeoutError(LATE)
            plain = socket.socket(family, kind, protocol)
            try:
                plain.settimeout(min(self._silence, rest))
                plain.connect(address)
                self._hold(plain.dup())
            except OSError as error:
                plain.close()
                lost = error
            else:
                plain.settimeout(self._silence)
                return plain
        raise lost

    @contextmanager
    def within(self, limit: float) -> Iterator[None]:
        """What is done here takes so many seconds at most, and ends with what it is a part of; else TimeoutError."""
        before = self._begin(limit)
        try:
            yield
        finally:
            if self._ended(before):  # half an answer is none, and what it looks like is not what is wrong
                raise TimeoutError(LATE)

    def let_go(self) -> None:
        """Of the connection, that it ends when its socket is closed."""
        with self._changed:
            handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def close(self) -> None:
        """Whoever made the socket closes it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self.let_go()

    def _begin(self, limit: float) -> tuple[float, bool]:
        """What was before."""
        end = time.monotonic() + limit
        with self._changed:
            before = self._end, self._was_cut
            self._set(min(self._end, end), was_cut=False)
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return before

    def _ended(self, before: tuple[float, bool]) -> bool:
        """Whether it was cut."""
        with self._changed:
            was_cut = self._was_cut
            self._set(before[0], was_cut=before[1])
            return was_cut

    def _set(self, end: float, *, was_cut: bool) -> None:
        self._end, self._was_cut = end, was_cut
        if end < self._wakes:
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_closed:
                rest = self._end - time.monotonic()
                if rest <= 0:
                    self._end, self._was_cut = math.inf, True
                    self._cut()
                else:
                    self._wakes = self._end
                    self._changed.wait(None if rest == math.inf else rest)

    def _hold(self, handle: socket.socket) -> None:
        self.let_go()
        with self._changed:
            self._handle = handle
            if self._was_cut:
                self._cut()

    def _cut(self) -> None:
        if self._handle is not None:
            with suppress(OSError):  # it was over by itself
                self._handle.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class WebAddress:
    """Where a URL leads; `path` with its query, as servers are asked for it: letters of other alphabets encoded."""

    scheme: str
    host: str
    port: int
    path: str


def web_address(url: str) -> WebAddress:
    """ValueError for what is no plain address of the web."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        raise ValueError(url)
    if any(not sign.isprintable() or sign == " " for sign in url):
        raise ValueError(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], quote(path, safe=WRITTEN))


def places_of(host: str, port: int, *, limit: float) -> Sequence[Place]:
    """Where the host is now, as `socket.getaddrinfo` tells; TimeoutError when no name server says so in time (seconds).

    The system waits for one as long as it likes and cannot be told to stop: a thread waits in our place.
    """
    answers: SimpleQueue[Sequence[Place] | OSError | UnicodeError] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:  # the latter of what can be no name
            answers.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=max(limit, 0))
    except Empty:
        raise TimeoutError(LATE) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextmanager
def posted(
    to: WebAddress, body: bytes, headers: Mapping[str, str], *, limit: float, address: str = ""
) -> Iterator[http.client.HTTPResponse]:
    """The answer, to be read within the same limit; OSError or HTTPException where there is none. Redirects are not.

    `limit`: seconds in all; `address`: what the host is known to be, else it is asked for.
    """
    connection = http.client.HTTPConnection(to.host, to.port)
    connection.default_port = PORTS[to.scheme]  # is not said with the host: some servers know no name with a port
    with closing(connection), Deadline(limit) as deadline, deadline.within(limit):
        connection.sock = deadline.connect(address or to.host, to.port)
        if to.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=to.host)
        connection.request("POST", to.path, body, {"Connection": "close", **headers})
        yield connection.getresponse()
