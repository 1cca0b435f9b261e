"""Ports for servers of the tests."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

OUTGOING = 32_768  # the first port that Linux gives to an outgoing connection


def free_port() -> int:
    """Where nobody listens, and nobody will be by chance before a server of the tests does, or comes again."""
    while True:
        port = random.randrange(10_000, OUTGOING)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
