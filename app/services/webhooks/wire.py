"""Posting to an address that somebody typed: to no private network, never for longer than a while, nowhere else."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
LIMIT = 10.0  # seconds that one post may take in all
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # a way into IPv4
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The post was not taken; the text is for the administrator."""


@dataclass(frozen=True)
class HookAddress:
    """Where a URL leads; `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> HookAddress:
    """ValueError for what is no plain address of the web."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        raise ValueError(url)
    if any(not sign.isprintable() or sign == " " for sign in url):
        raise ValueError(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HookAddress(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], path)


def is_public(address: Address) -> bool:
    """Whether it lies in the internet, and does not lead back by a way through IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None or address in NAT64:
            return False
    return address.is_global and not address.is_multicast


def addresses_of(target: HookAddress, *, private: bool) -> list[str]:
    """Where the host is now; one private address of it is enough to refuse, unless they are allowed."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{target.host}: {error}") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not private and not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in addresses):
        raise Unreachable("private address")
    return addresses


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool, limit: float = LIMIT) -> int:
    """The status of the answer; the address that was looked at is the one that is connected to. Redirects are not."""
    target = target_of(url)
    address = addresses_of(target, private=private)[0]
    connection = http.client.HTTPConnection(target.host, target.port, timeout=limit)
    try:
        plain = socket.create_connection((address, target.port), timeout=limit)
    except OSError as error:
        raise Unreachable(str(error)) from None
    # A server that drips would hold us for ever. Another handle: TLS takes the socket into an object of its own.
    handle = plain.dup()
    end = Timer(limit, _cut, [handle])
    end.start()
    try:
        if target.scheme == "https":
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
        connection.sock = plain
        connection.request("POST", target.path, body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(str(error) or type(error).__name__) from None
    finally:
        end.cancel()
        handle.close()
        connection.close()


def _cut(plain: socket.socket) -> None:
    with suppress(OSError):
        plain.shutdown(socket.SHUT_RDWR)
