"""Whether a web server that starts answers by now."""

from __future__ import annotations

import http.client
import select
from http import HTTPStatus

MOMENT = 0.2  # seconds for what the kernel does at once: a connection to a listening socket, an answer that has come


class Probe:
    """Asks once and waits for the answer without holding who looks: on a busy machine the first one takes seconds."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._host, self._port, self._path = host, port, path
        self._asked: http.client.HTTPConnection | None = None

    def __call__(self) -> bool:
        """Whether the answer has come, and is 200; after any other one, and after none, it is asked again."""
        try:
            if self._asked is None:
                self._asked = http.client.HTTPConnection(self._host, self._port, timeout=MOMENT)
                self._asked.request("GET", self._path)
            if not select.select([self._asked.sock], [], [], 0)[0]:
                return False
            is_well = self._asked.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            is_well = False
        if self._asked is not None:
            self._asked.close()
            self._asked = None
        return is_well
