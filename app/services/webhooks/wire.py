"""Posting to an address that somebody typed: to no private network, never for longer than a while, nowhere else."""

from __future__ import annotations

import http.client
import ipaddress
import time
from collections.abc import Mapping

from app.domain.letters.headers import one_line
from app.outbound import WebAddress, places_of, posted, web_address

LIMIT = 10.0  # seconds that one post may take in all
# Ways into IPv4: NAT64, of the internet and of one's own network, and the oldest one.
INTO_IPV4 = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The post was not taken; the text is for the administrator."""


def is_public(address: Address) -> bool:
    """Whether it lies in the internet, and does not lead back by a way through IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None or any(address in each for each in INTO_IPV4):
            return False
    return address.is_global and not address.is_multicast


def addresses_of(to: WebAddress, *, private: bool, limit: float) -> list[str]:
    """Where the host is now; one private address of it is enough to refuse, unless they are allowed."""
    try:
        found = places_of(to.host, to.port, limit=limit)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{to.host}: {error}") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not private and not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in addresses):
        raise Unreachable("private address")
    return addresses


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool, limit: float = LIMIT) -> int:
    """The status of the answer; the address that was looked at is the one that is connected to. Redirects are not."""
    to = web_address(url)
    end = time.monotonic() + limit
    address = addresses_of(to, private=private, limit=limit)[0]
    try:
        with posted(to, body, headers, limit=end - time.monotonic(), address=address) as answer:
            return answer.status
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(one_line(str(error)) or type(error).__name__) from None
