"""Names of servers that are nowhere, on a machine with a resolver and on one without."""

from __future__ import annotations

import socket
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """`nowhere.invalid` is the name of no server, and nobody can say yet whose `later.invalid` is."""
    known = {"nowhere.invalid": socket.EAI_NONAME, "later.invalid": socket.EAI_AGAIN}
    real = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        if host in known:
            raise socket.gaierror(known[host], "as the resolver says")
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
