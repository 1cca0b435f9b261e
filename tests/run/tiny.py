"""A small application behind the front: what it was asked, a page that takes a while, a long answer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from typing import Any

MEGABYTE = 1024 * 1024


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/work" or path.startswith("/reports/"):
        time.sleep(0.02)
    elif path.startswith("/export/"):
        time.sleep(0.5)
    elif path == "/big":
        start_response("200 OK", [("Content-Type", "text/csv")])
        return (b"x" * MEGABYTE for _ in range(20))
    elif path == "/nothing":
        start_response("204 No Content", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return []
    body = environ["wsgi.input"].read()
    told = {
        "method": environ["REQUEST_METHOD"],
        "uri": environ["RAW_URI"],
        "began": time.time(),
        "size": len(body),
        "sum": hashlib.sha256(body).hexdigest(),
        **{name: value for name, value in environ.items() if name.startswith("HTTP_")},
    }
    answer = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
